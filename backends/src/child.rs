//! Waiting for one line of a child process that may crash, hang or print anything. What the line means is not known
//! here.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How often the child is looked at.
const PAUSE: Duration = Duration::from_millis(10);
/// How long after its end, or after its answer, something is still waited for.
const GRACE: Duration = Duration::from_secs(1);
/// A longer line is cut, so that no child can fill the memory.
const LONGEST_LINE: u64 = 4 << 20;

/// Why a child gave no answer; continues a sentence that begins with its name.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Silence {
    #[error("could not be started or watched: {0}")]
    NotStarted(#[from] io::Error),
    #[error("did not answer within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
    #[error("was killed by signal {signal}{}", quoted(.words))]
    Killed { signal: i32, words: String },
    #[error("failed with {status}{}", quoted(.words))]
    Failed { status: String, words: String },
    #[error("ended without a report{}", quoted(.words))]
    Mute { words: String },
}

fn quoted(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!("; its last words: {words}") }
}

/// Runs the command until it prints a line with the prefix in it, and returns what follows the prefix.
///
/// It returns soon after the limit whatever the child does: threads that read from a pipe are left behind, because
/// a process that the child has started may hold it open for ever.
pub(crate) fn ask(
    mut command: Command,
    prefix: &'static str,
    limit: Duration,
) -> Result<String, Silence> {
    let deadline = Instant::now() + limit;
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let answer = listen(&mut child, prefix).inspect_err(|_| stop(&mut child))?;
    let words = last_words(&mut child).inspect_err(|_| stop(&mut child))?;
    loop {
        if let Ok(line) = answer.try_recv() {
            settle(&mut child);
            return Ok(line);
        }
        if let Some(status) = child.try_wait().inspect_err(|_| stop(&mut child))? {
            return answer.recv_timeout(GRACE).map_err(|_| {
                // The thread that reads them ends with the pipe, a moment after the child.
                let heard = Instant::now() + GRACE;
                while Arc::strong_count(&words) > 1 && Instant::now() < heard {
                    thread::sleep(Duration::from_millis(2));
                }
                silence_of(status, &words)
            });
        }
        if Instant::now() >= deadline {
            stop(&mut child);
            return Err(Silence::TimedOut(limit));
        }
        thread::sleep(PAUSE);
    }
}

fn silence_of(status: ExitStatus, words: &Mutex<Vec<String>>) -> Silence {
    // Its last line may still be on the way.
    thread::sleep(PAUSE);
    let words = words.lock().unwrap_or_else(PoisonError::into_inner).join(" / ");
    if let Some(signal) = signal_of(status) {
        Silence::Killed { signal, words }
    } else if status.success() {
        Silence::Mute { words }
    } else {
        Silence::Failed { status: status.to_string(), words }
    }
}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal_of(_: ExitStatus) -> Option<i32> {
    None
}

/// Sends the first line with the prefix, then reads on so that the child is not stopped by a full pipe.
fn listen(child: &mut Child, prefix: &'static str) -> io::Result<Receiver<String>> {
    let (sender, answer) = mpsc::channel();
    let stdout = child.stdout.take();
    thread::Builder::new().name("probe-stdout".to_owned()).spawn(move || {
        let Some(mut stdout) = stdout.map(BufReader::new) else {
            return;
        };
        while let Some(line) = next_line(&mut stdout) {
            if let Some((_, found)) = line.split_once(prefix) {
                let _ = sender.send(found.trim_end().to_owned());
                let _ = io::copy(&mut stdout, &mut io::sink());
            }
        }
    })?;
    Ok(answer)
}

/// Keeps the last two lines of stderr that say something.
fn last_words(child: &mut Child) -> io::Result<Arc<Mutex<Vec<String>>>> {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let stderr = child.stderr.take();
    let words = Arc::clone(&kept);
    thread::Builder::new().name("probe-stderr".to_owned()).spawn(move || {
        let Some(mut stderr) = stderr.map(BufReader::new) else {
            return;
        };
        while let Some(line) = next_line(&mut stderr) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with("note: run with `RUST_BACKTRACE") {
                let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
                words.push(line.chars().take(200).collect());
                let surplus = words.len().saturating_sub(2);
                words.drain(..surplus);
            }
        }
    })?;
    Ok(kept)
}

fn next_line(pipe: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    let read = pipe.take(LONGEST_LINE).read_until(b'\n', &mut line).ok()?;
    (read > 0).then(|| String::from_utf8_lossy(&line).into_owned())
}

/// Lets a child end that has answered; a driver that hangs while it is unloaded is killed.
fn settle(child: &mut Child) {
    if !ends_within(child, GRACE) {
        stop(child);
    }
}

/// Kills the child. One that hangs inside a driver cannot even be killed, so its end is not waited for.
fn stop(child: &mut Child) {
    let _ = child.kill();
    ends_within(child, GRACE);
}

fn ends_within(child: &mut Child, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < deadline => thread::sleep(PAUSE),
            Ok(None) => return false,
            Ok(Some(_)) | Err(_) => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_an_end_is_cut() {
        let mut endless = BufReader::new(io::repeat(b'x'));
        assert_eq!(next_line(&mut endless).unwrap().len() as u64, LONGEST_LINE);
        let mut short = BufReader::new("one\ntwo".as_bytes());
        let lines = [next_line(&mut short), next_line(&mut short), next_line(&mut short)];
        assert_eq!(lines, [Some("one\n".to_owned()), Some("two".to_owned()), None]);
    }
}
