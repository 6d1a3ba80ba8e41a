//! A child process that may crash, hang, take all memory or print anything: started in a process group of its own, waited
//! for within limits, described when it ends, and ended with everything it has started. What its output means is not
//! known here.

mod family;

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use self::family::Member;
pub use self::family::end_all;
use crate::memory;

/// How often a child is looked at: memory can be taken at some gigabytes a second.
const PAUSE: Duration = Duration::from_millis(10);
/// How long the end of a child that has closed its pipe, was told to end or is done is waited for.
const GRACE: Duration = Duration::from_secs(1);
/// How long what a child has said is waited for after its end: a large message takes a moment to be read.
const READING: Duration = Duration::from_secs(5);
/// A longer line is cut, so that no child can fill the memory. A probe's report of many devices has some kilobytes.
const LONGEST_LINE: u64 = 4 << 20;
/// Lines of standard error that are kept, the last ones, each of so many characters.
const KEPT_LINES: usize = 200;
const KEPT_CHARACTERS: usize = 300;
/// How many of them an error tells.
const LAST_OUTPUT: usize = 8;

/// What a child may take until it says something.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time from now on.
    pub time: Duration,
    /// Memory that it holds, in bytes. Known on Linux only.
    pub memory: Option<u64>,
}

impl From<Duration> for Limits {
    /// Of time alone.
    fn from(time: Duration) -> Self {
        Self { time, memory: None }
    }
}

/// Why a child says nothing; continues a sentence that begins with its name.
#[derive(Debug, thiserror::Error)]
pub enum Silence {
    /// The time limit passed.
    #[error("did not answer within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
    /// It holds more memory than this, in bytes.
    #[error("took more than {} MiB", .0 >> 20)]
    OutOfMemory(u64),
    /// It ended, or closed its pipe.
    #[error("{0}")]
    Ended(End),
}

/// How a child ended; continues a sentence that begins with its name.
#[derive(Debug, Clone)]
pub struct End {
    /// Its exit status; nothing where it closed its pipe and did not end.
    pub status: Option<ExitStatus>,
    /// The last lines of its standard error.
    pub last_output: Vec<String>,
}

impl End {
    /// How, without its last output.
    #[must_use]
    pub fn how(&self) -> String {
        self.status.map_or("closed its pipe".into(), describe)
    }
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.how())?;
        match self.last_output.is_empty() {
            true => Ok(()),
            false => write!(formatter, "; its last output: {}", self.last_output.join(" / ")),
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

/// A running child, ended with everything it has started when this is dropped.
pub struct Child<T> {
    member: Member,
    requests: Option<ChildStdin>,
    messages: Receiver<T>,
    said: Arc<Mutex<VecDeque<String>>>,
}

impl<T: Send + 'static> Child<T> {
    /// Starts a child. `read` takes the next message from its standard output, until it gives none; what standard input
    /// is, the command says.
    ///
    /// # Errors
    /// If the system cannot start it.
    pub fn start(
        command: &mut Command,
        mut read: impl FnMut(&mut BufReader<ChildStdout>) -> Option<T> + Send + 'static,
    ) -> io::Result<Self> {
        let mut member = Member::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        let process = member.process();
        let requests = process.stdin.take();
        let (Some(stdout), Some(stderr)) = (process.stdout.take(), process.stderr.take()) else {
            return Err(io::Error::other("it has no pipes"));
        };
        let (sender, messages) = channel();
        // Both threads end with the pipes, and are left behind where another process holds them open.
        thread::Builder::new().spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Some(message) = read(&mut stdout) {
                // It must not be stopped by a full pipe: what nobody waits for is read all the same.
                let _ = sender.send(message);
            }
        })?;
        let said = Arc::new(Mutex::new(VecDeque::new()));
        let lines = Arc::clone(&said);
        thread::Builder::new().spawn(move || keep_last_lines(BufReader::new(stderr), &lines))?;
        Ok(Self { member, requests, messages, said })
    }

    /// Writes a line to its standard input.
    ///
    /// # Errors
    /// If nobody reads.
    pub fn tell(&mut self, line: &str) -> io::Result<()> {
        let requests = self.requests.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(requests, "{line}")?;
        requests.flush()
    }

    /// Waits for its next message.
    ///
    /// # Errors
    /// If the child ends or a limit is reached before.
    pub fn next(&mut self, limits: Limits) -> Result<T, Silence> {
        let deadline = Instant::now() + limits.time;
        loop {
            match self.messages.recv_timeout(PAUSE) {
                Ok(message) => return Ok(message),
                Err(RecvTimeoutError::Disconnected) => return Err(Silence::Ended(self.end())),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.member.status().is_some() {
                let message = self.messages.recv_timeout(READING);
                return message.map_err(|_| Silence::Ended(self.end()));
            }
            if Instant::now() >= deadline {
                return Err(Silence::TimedOut(limits.time));
            }
            if let Some(limit) = limits.memory
                && memory::held(self.member.process().id()).is_some_and(|held| held > limit)
            {
                return Err(Silence::OutOfMemory(limit));
            }
        }
    }

    /// How it ended: its messages did, or are of no use.
    pub fn end(&mut self) -> End {
        let status = self.member.status_within(GRACE);
        // The thread that reads its last output lets go of them with the pipe, a moment after the end.
        let deadline = Instant::now() + GRACE;
        while Arc::strong_count(&self.said) > 1 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(2));
        }
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let older = said.len().saturating_sub(LAST_OUTPUT);
        End { status, last_output: said.iter().skip(older).cloned().collect() }
    }

    /// Closes its standard input, at which it ends, and waits until all that it wrote has been read: a message may overtake
    /// what was written before it to standard error.
    pub fn finish(&mut self) {
        self.requests = None;
        self.end();
    }

    /// What it wrote to standard error since this was asked last, the last lines of it.
    pub fn take_said(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }

    /// Lets a child that is done end by itself; a driver that hangs while it is unloaded is ended.
    pub fn settle(mut self) {
        self.member.status_within(GRACE);
    }
}

/// Messages that are lines: reads on until a line is one.
pub fn lines<T>(
    decode: impl Fn(&str) -> Option<T>,
) -> impl FnMut(&mut BufReader<ChildStdout>) -> Option<T> {
    move |pipe| {
        loop {
            if let Some(message) = decode(&next_line(pipe)?) {
                return Some(message);
            }
        }
    }
}

fn next_line(pipe: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    let read = pipe.take(LONGEST_LINE).read_until(b'\n', &mut line).ok()?;
    (read > 0).then(|| String::from_utf8_lossy(&line).into_owned())
}

fn keep_last_lines(mut pipe: impl BufRead, said: &Mutex<VecDeque<String>>) {
    while let Some(line) = next_line(&mut pipe) {
        let line = line.trim();
        if line.is_empty() || line.starts_with("note: run with `RUST_BACKTRACE") {
            continue;
        }
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.push_back(line.chars().take(KEPT_CHARACTERS).collect());
        if said.len() > KEPT_LINES {
            said.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
