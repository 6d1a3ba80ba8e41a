//! One worker process: started, asked, watched while it works, and how it died.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use burn_repro_backends::{Settings, Target};

use super::family::{Member, hear_out};
use super::outcome::Outcome;
use super::protocol::{Answer, Notice, Request};
use super::{WorkerCommand, memory};
use crate::reason::{Reason, ReasonCode};

/// What a target may take to open; a driver that compiles on first use is slow, a hung one is not waited for forever.
const OPEN_LIMIT: Duration = Duration::from_secs(120);
/// How often a working process is looked at: memory can be taken at some gigabytes a second.
const PAUSE: Duration = Duration::from_millis(10);
/// Lines of a worker's standard error that are kept for its log, the last ones.
const KEPT_LINES: usize = 200;
/// How many of them stand in the reason of a crash.
const LAST_WORDS: usize = 8;
/// What a dead worker's last words may take to come through.
const LAST_WORDS_LIMIT: Duration = Duration::from_secs(1);
/// A longer line is cut, so that no worker can fill the memory of this program.
const LONGEST_LINE: u64 = 64 << 10;

/// What a request may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) time: Duration,
    /// In bytes.
    pub(super) memory: Option<u64>,
}

/// A request that got no answer.
pub(super) enum Refusal {
    /// The process had died before it read the request, of which it is no fault.
    DiedIdle(Outcome),
    /// The request ended it.
    Ended(Outcome),
}

/// A running worker process.
pub(super) struct Process {
    member: Member,
    requests: ChildStdin,
    answers: Receiver<io::Result<Option<Answer>>>,
    said: Arc<Mutex<VecDeque<String>>>,
}

impl Process {
    pub(super) fn start(
        command: &WorkerCommand,
        target: &Target,
        settings: &Settings,
    ) -> Result<Self, Outcome> {
        let crashed = |reason: String| Outcome::crashed(format!("start a worker: {reason}"));
        let mut command = command.command(target, settings);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut member = Member::start(&mut command).map_err(|error| crashed(error.to_string()))?;
        let child = member.child();
        let (Some(requests), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(crashed("it has no pipes".into()));
        };
        let (sender, answers) = channel();
        thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            loop {
                let answer = Answer::read(&mut reader);
                let last = !matches!(answer, Ok(Some(_)));
                if sender.send(answer).is_err() || last {
                    break;
                }
            }
        });
        let said = Arc::new(Mutex::new(VecDeque::new()));
        let lines = Arc::clone(&said);
        thread::spawn(move || keep_last_lines(BufReader::new(stderr), &lines));
        let mut process = Self { member, requests, answers, said };
        match process.wait(Limits { time: OPEN_LIMIT, memory: None })? {
            Answer::Notice(Notice::Ready) => Ok(process),
            answer => Err(Outcome::from(answer)),
        }
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&mut self, request: &Request, limits: Limits) -> Result<Answer, Refusal> {
        let line = serde_json::to_string(request).expect("a request has only plain values");
        if writeln!(self.requests, "{line}").and_then(|()| self.requests.flush()).is_err() {
            return Err(Refusal::DiedIdle(self.crashed(None)));
        }
        match self.wait(limits) {
            Ok(Answer::Notice(Notice::Began)) => self.wait(limits).map_err(Refusal::Ended),
            Ok(answer) => Ok(answer),
            Err(outcome @ Outcome::Crashed(_)) => Err(Refusal::DiedIdle(outcome)),
            Err(outcome) => Err(Refusal::Ended(outcome)),
        }
    }

    /// What it wrote to standard error since this was asked last.
    pub(super) fn take_said(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }

    fn wait(&mut self, limits: Limits) -> Result<Answer, Outcome> {
        let deadline = Instant::now() + limits.time;
        loop {
            match self.answers.recv_timeout(PAUSE) {
                Ok(Ok(Some(answer))) => return Ok(answer),
                Ok(Err(error)) => return Err(self.crashed(Some(error))),
                Ok(Ok(None)) | Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.crashed(None));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if Instant::now() >= deadline {
                return Err(Outcome::TimedOut(limits.time.as_secs()));
            }
            let held = limits.memory.and_then(|_| memory::held(self.member.child().id()));
            if let Some((limit, held)) = limits.memory.zip(held)
                && held > limit
            {
                return Err(Outcome::OutOfMemory { limit });
            }
        }
    }

    /// The pipe is closed or what came through is no answer: the process is dead, dying, or no longer of use.
    fn crashed(&mut self, damage: Option<io::Error>) -> Outcome {
        let how = ended(self.member.child()).map_or("closed its pipe".into(), describe);
        let crashed = |text| Reason::new(ReasonCode::Crashed, text);
        let mut reasons = vec![crashed(format!("the worker {how}"))];
        reasons.extend(damage.map(|damage| crashed(damage.to_string())));
        hear_out(&self.said, LAST_WORDS_LIMIT);
        let lines = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let older = lines.len().saturating_sub(LAST_WORDS);
        let said: Vec<&str> = lines.iter().skip(older).map(String::as_str).collect();
        if !said.is_empty() {
            let text = format!("it said: {}", said.join(" / "));
            reasons.push(Reason::new(ReasonCode::LastWords, text));
        }
        Outcome::Crashed(reasons)
    }
}

/// How the process ended, if it does within a second.
fn ended(child: &mut Child) -> Option<ExitStatus> {
    for _ in 0..50 {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(20));
    }
    None
}

fn keep_last_lines(mut reader: impl BufRead, lines: &Mutex<VecDeque<String>>) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(read) if read > 0 => {}
            _ => return,
        }
        let line = String::from_utf8_lossy(&line).trim().chars().take(300).collect::<String>();
        if line.is_empty() || line.starts_with("note: run with `RUST_BACKTRACE") {
            continue;
        }
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(line);
        if lines.len() > KEPT_LINES {
            lines.pop_front();
        }
    }
}

#[cfg(unix)]
fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => {
            let name = nix::sys::signal::Signal::try_from(signal).map(|signal| signal.as_str());
            format!("was killed by signal {signal} ({})", name.unwrap_or("unknown"))
        }
        (None, None) => "ended".into(),
    }
}

#[cfg(not(unix))]
fn describe(status: ExitStatus) -> String {
    status.code().map_or("ended".into(), |code| format!("ended with exit code {code}"))
}
