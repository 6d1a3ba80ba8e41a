//! The run's side of a worker process: starts it, sends scenarios, waits with a time limit, and
//! says how it died.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use burn_repro_backends::{Float, Target};

use super::WorkerCommand;
use super::protocol::{Answer, Request};
use crate::scenario::Scenario;
use crate::trace::Trace;

/// Seconds a target may take to open; a driver that compiles on first use is slow, a hung one is
/// not waited for forever.
const OPEN_LIMIT: Duration = Duration::from_secs(120);

/// Lines of a worker's standard error that are kept for the report of a crash.
const KEPT_LINES: usize = 8;

/// How a scenario ended on a worker.
#[derive(Debug)]
pub enum Outcome {
    /// It ran; what it recorded.
    Finished(Box<Trace>),
    /// The target cannot do what the scenario asks.
    Unsupported(String),
    /// The pipeline failed, or the device could not be opened.
    Failed(String),
    /// The process died.
    Crashed(String),
    /// The time limit passed, in seconds.
    TimedOut(u64),
}

/// A running worker process.
struct Process {
    child: Child,
    requests: ChildStdin,
    answers: Receiver<io::Result<Option<Answer>>>,
    last_lines: Arc<Mutex<VecDeque<String>>>,
}

/// A target with a float type, and the process that runs scenarios on it: started when first
/// needed, and again after a crash or a timeout.
pub struct Worker {
    command: WorkerCommand,
    target: Target,
    float: Float,
    process: Option<Process>,
}

impl Worker {
    /// A worker that is not started yet.
    #[must_use]
    pub fn new(command: WorkerCommand, target: Target, float: Float) -> Self {
        Self { command, target, float, process: None }
    }

    /// Runs a scenario and waits for its end.
    pub fn run(&mut self, scenario: &Scenario) -> Outcome {
        self.run_moved(scenario, None)
    }

    /// Runs a scenario, with the last bits of its inputs moved as a seed says.
    pub fn run_moved(&mut self, scenario: &Scenario, moves: Option<u64>) -> Outcome {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => match Process::start(&self.command, &self.target, self.float) {
                Ok(process) => process,
                Err(outcome) => return outcome,
            },
        };
        let outcome = process.run(scenario, moves);
        // After a failure the process may hold a broken device: the next scenario gets a new one.
        if matches!(outcome, Outcome::Finished(_)) {
            self.process = Some(process);
        }
        outcome
    }
}

impl Process {
    fn start(command: &WorkerCommand, target: &Target, float: Float) -> Result<Self, Outcome> {
        let crashed = |error: io::Error| Outcome::Crashed(format!("start a worker: {error}"));
        let mut child = command
            .command(target, float)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(crashed)?;
        let (Some(requests), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(Outcome::Crashed("start a worker: it has no pipes".into()));
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
        let last_lines = Arc::new(Mutex::new(VecDeque::new()));
        let lines = Arc::clone(&last_lines);
        thread::spawn(move || keep_last_lines(BufReader::new(stderr), &lines));
        let mut process = Self { child, requests, answers, last_lines };
        match process.wait(OPEN_LIMIT) {
            Ok(Answer::Ready) => Ok(process),
            Ok(answer) => Err(Outcome::from(answer)),
            Err(outcome) => Err(outcome),
        }
    }

    fn run(&mut self, scenario: &Scenario, moves: Option<u64>) -> Outcome {
        let (file, text) = (scenario.file.clone(), scenario.text.clone());
        let request = Request { file, text, moves };
        let line = serde_json::to_string(&request).expect("a request has only plain values");
        if writeln!(self.requests, "{line}").and_then(|()| self.requests.flush()).is_err() {
            return self.crashed();
        }
        match self.wait(Duration::from_secs(scenario.time_limit)) {
            Ok(answer) => Outcome::from(answer),
            Err(outcome) => outcome,
        }
    }

    fn wait(&mut self, limit: Duration) -> Result<Answer, Outcome> {
        match self.answers.recv_timeout(limit) {
            Ok(Ok(Some(answer))) => Ok(answer),
            Ok(Ok(None) | Err(_)) | Err(RecvTimeoutError::Disconnected) => Err(self.crashed()),
            Err(RecvTimeoutError::Timeout) => Err(Outcome::TimedOut(limit.as_secs())),
        }
    }

    fn crashed(&mut self) -> Outcome {
        // The pipe is closed or broken: the process is dead, dying, or no longer of use.
        let ended = |child: &mut Child| {
            for _ in 0..50 {
                if let Ok(Some(status)) = child.try_wait() {
                    return Some(status);
                }
                thread::sleep(Duration::from_millis(20));
            }
            None
        };
        let how = ended(&mut self.child).map_or("closed its pipe".into(), describe);
        let lines = self.last_lines.lock().unwrap_or_else(PoisonError::into_inner);
        let said: Vec<&str> = lines.iter().map(String::as_str).collect();
        Outcome::Crashed(match said.is_empty() {
            true => format!("the worker {how}"),
            false => format!("the worker {how}; it said: {}", said.join(" / ")),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A worker holds nothing that must be saved, and one that hangs would not leave by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Finished(trace) => Self::Finished(Box::new(trace)),
            Answer::Unsupported(reason) => Self::Unsupported(reason),
            Answer::Failed(reason) => Self::Failed(reason),
            Answer::Ready => Self::Crashed("the worker answered out of turn".into()),
        }
    }
}

fn keep_last_lines(reader: impl BufRead, lines: &Mutex<VecDeque<String>>) {
    for line in reader.split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).trim().to_owned();
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        if !line.is_empty() {
            lines.push_back(line);
        }
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
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "ended".into(),
    }
}

#[cfg(not(unix))]
fn describe(status: ExitStatus) -> String {
    status.code().map_or("ended".into(), |code| format!("ended with exit code {code}"))
}
