//! The parent's side of a child: starts it, waits for its lines with a time limit, and says how it died.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::outcome::Line;
use crate::worker::{Member, hear_out};

/// How long a process that is done, or killed, is waited for.
const GRACE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(10);

/// A longer line is cut, so that no driver can fill the memory.
const LONGEST_LINE: u64 = 4 << 20;

/// Why no line came.
#[derive(Debug, thiserror::Error)]
pub(super) enum Silence {
    #[error("could not be started: {0}")]
    NotStarted(#[from] io::Error),
    #[error("gave no answer in {} s", .0.as_secs())]
    TimedOut(Duration),
    #[error("{0}")]
    Ended(String),
}

/// A child that asks a list of probes.
pub(super) struct Asking {
    child: Member,
    /// The child leaves when this ends: as long as somebody listens, it is open.
    _open: Option<ChildStdin>,
    lines: Receiver<Line>,
    last_words: Arc<Mutex<String>>,
}

impl Asking {
    /// Starts a child and tells it what to ask.
    pub fn start(mut command: Command, probes: &[usize]) -> Result<Self, Silence> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Member::start(command)?;
        let pipes = child.child();
        let (mut stdin, stdout, stderr) =
            (pipes.stdin.take(), pipes.stdout.take(), pipes.stderr.take());
        let (sender, lines) = channel();
        // Both readers end with the pipes, and are left behind if another process holds them open.
        thread::Builder::new().spawn(move || {
            for_each_line(stdout, |printed| {
                if let Some(line) = Line::decode(printed) {
                    // The parent that has given up no longer listens.
                    let _ = sender.send(line);
                }
            });
        })?;
        let last_words = Arc::new(Mutex::new(String::new()));
        let words = Arc::clone(&last_words);
        thread::Builder::new().spawn(move || {
            for_each_line(stderr, |said| {
                if !said.is_empty() {
                    *words.lock().unwrap_or_else(PoisonError::into_inner) =
                        said.chars().take(200).collect();
                }
            });
        })?;
        if let Some(stdin) = &mut stdin {
            // A child that died before it could read is noticed when its lines are waited for.
            let _ = writeln!(stdin, "{}", serde_json::json!(probes));
        }
        Ok(Self { child, _open: stdin, lines, last_words })
    }

    /// Waits for the next line.
    pub fn next(&mut self, limit: Duration) -> Result<Line, Silence> {
        self.lines.recv_timeout(limit).map_err(|error| match error {
            RecvTimeoutError::Timeout => Silence::TimedOut(limit),
            RecvTimeoutError::Disconnected => Silence::Ended(self.death()),
        })
    }

    fn death(&mut self) -> String {
        let how =
            ended_within(self.child.child(), GRACE).map_or("closed its pipe".into(), describe);
        hear_out(&self.last_words, GRACE);
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.is_empty() { how } else { format!("{how}; its last words: {words}") }
    }
}

fn for_each_line(pipe: Option<impl Read>, mut take: impl FnMut(&str)) {
    let Some(mut pipe) = pipe.map(BufReader::new) else { return };
    let mut line = Vec::new();
    while matches!((&mut pipe).take(LONGEST_LINE).read_until(b'\n', &mut line), Ok(1..)) {
        take(String::from_utf8_lossy(&line).trim());
        line.clear();
    }
}

fn ended_within(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < deadline => thread::sleep(PAUSE),
            Ok(status) => return status,
            Err(_) => return None,
        }
    }
}

#[cfg(unix)]
fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(signal) => format!("was killed by signal {signal}"),
        None => format!("ended with {status}"),
    }
}

#[cfg(not(unix))]
fn describe(status: ExitStatus) -> String {
    format!("ended with {status}")
}

#[cfg(all(test, unix))]
mod tests {
    use rstest::rstest;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn lines_are_found_among_what_a_driver_prints() {
        let script = r#"read list; printf 'MESA: x\377 warning\nburn-repro-doctor: "opened"\n'; echo "$list" >&2"#;
        let mut asking = Asking::start(shell(script), &[1, 2]).unwrap();
        assert!(matches!(asking.next(GRACE), Ok(Line::Opened)));
        let silence = asking.next(GRACE).unwrap_err().to_string();
        assert!(silence.contains("exit status: 0") && silence.contains("[1,2]"), "{silence}");
    }

    #[rstest]
    #[case("kill -SEGV $$", "was killed by signal 11")]
    #[case("echo lost >&2; exit 7", "exit status: 7; its last words: lost")]
    #[case("sleep 60", "gave no answer in 0 s")]
    fn a_child_that_does_not_answer_says_why(#[case] script: &str, #[case] why: &str) {
        let begun = Instant::now();
        let mut asking = Asking::start(shell(script), &[]).unwrap();
        let limit = if script.starts_with("sleep") { PAUSE } else { GRACE * 10 };
        let silence = asking.next(limit).err().unwrap().to_string();
        assert!(silence.contains(why), "{silence}");
        drop(asking);
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
