//! A worker that ends by itself: this process stands between the run and the real worker, and ends in the middle of
//! the tensors of the faulty scenario (`truncated`), or after every result (`leaving`).

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::pipeline::{FAULT, SCENARIO};

/// Bytes of the tensors that are let through.
const LET_THROUGH: usize = 10;

/// Stands in for the worker of flex if this process was started as one, and the fault is one of these.
pub fn proxy() -> Option<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_worker = arguments.first().is_some_and(|first| first == "__worker");
    let is_flex = arguments.get(1).is_some_and(|target| target.contains("\"name\":\"flex\""));
    let fault = std::env::var(FAULT).unwrap_or_default();
    let is_meant = ["truncated", "leaving"].contains(&fault.as_str());
    (is_worker && is_flex && is_meant).then(|| match pass_through(&arguments, &fault) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    })
}

fn pass_through(arguments: &[String], fault: &str) -> io::Result<()> {
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
        let header = end_of_header(chunk);
        let is_last = match fault {
            "leaving" => header.is_some(),
            _ => header.is_some() && faulty.load(Ordering::SeqCst),
        };
        let length = match header {
            Some(header) if is_last && fault == "truncated" => header + LET_THROUGH,
            _ => chunk.len(),
        };
        stdout.write_all(&chunk[..length])?;
        stdout.flush()?;
        answers.consume(length);
        if is_last {
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
