//! A worker whose answer is cut off: this process stands between the run and the real worker, and ends in the middle
//! of the tensors of the faulty scenario.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::pipeline::{FAULT, SCENARIO};

/// Bytes of the tensors that are let through.
const LET_THROUGH: usize = 10;

/// Stands in for the worker of flex if this process was started as one, and the fault is this.
pub fn proxy() -> Option<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_worker = arguments.first().is_some_and(|first| first == "__worker");
    let is_flex = arguments.get(1).is_some_and(|target| target.contains("\"name\":\"flex\""));
    let is_meant = std::env::var(FAULT).is_ok_and(|fault| fault == "truncated");
    (is_worker && is_flex && is_meant).then(|| match pass_through(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    })
}

fn pass_through(arguments: &[String]) -> io::Result<()> {
    let mut worker = Command::new(std::env::current_exe()?)
        .args(arguments)
        .env(FAULT, "none")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (Some(mut requests), Some(answers)) = (worker.stdin.take(), worker.stdout.take()) else {
        return Err(io::Error::other("the worker has no pipes"));
    };
    let faulty = Arc::new(AtomicBool::new(false));
    let is_faulty = Arc::clone(&faulty);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            is_faulty.store(line.contains(SCENARIO), Ordering::SeqCst);
            if writeln!(requests, "{line}").is_err() {
                return;
            }
        }
    });
    let (mut answers, mut stdout) = (BufReader::new(answers), io::stdout().lock());
    loop {
        let chunk = answers.fill_buf()?;
        let cut = faulty.load(Ordering::SeqCst).then(|| end_of_header(chunk)).flatten();
        let length = cut.map_or(chunk.len(), |header| header + LET_THROUGH);
        stdout.write_all(&chunk[..length])?;
        stdout.flush()?;
        answers.consume(length);
        if cut.is_some() {
            return worker.kill();
        }
        if length == 0 {
            return Ok(());
        }
    }
}

/// Where the line ends that announces tensors, if it is there; a worker writes it and small tensors at once.
fn end_of_header(chunk: &[u8]) -> Option<usize> {
    let word = b"\"Finished\"";
    let begin = chunk.windows(word.len()).position(|part| part == word)?;
    Some(begin + chunk[begin..].iter().position(|byte| *byte == b'\n')? + 1)
}
