//! Every child that runs, each with whatever it has started: so that all can be ended at once, and nothing is left behind
//! when this program is interrupted.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The process groups of running children, by the process that leads them.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// How often an end is looked for.
const PAUSE: Duration = Duration::from_millis(1);
/// How long the end of a killed child is waited for: one that hangs inside a driver cannot even be killed.
const GRACE: Duration = Duration::from_secs(1);

/// A process and what it has started, ended when this is dropped.
pub(super) struct Member {
    process: Child,
    status: Option<ExitStatus>,
}

impl Member {
    /// Starts a process in a group of its own. A Ctrl-C reaches this program alone, which then ends its children.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut running = running();
        let process = command.spawn()?;
        running.insert(process.id());
        Ok(Self { process, status: None })
    }

    pub(super) fn process(&mut self) -> &mut Child {
        &mut self.process
    }

    /// Its exit status, once it has ended. What it has started ends with it, and with that lets go of its pipes.
    pub(super) fn status(&mut self) -> Option<ExitStatus> {
        if self.status.is_none()
            && let Ok(Some(status)) = self.process.try_wait()
        {
            self.status = Some(status);
            self.leave();
        }
        self.status
    }

    /// Its exit status, if it ends in time.
    pub(super) fn status_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        while self.status().is_none() && Instant::now() < deadline {
            thread::sleep(PAUSE);
        }
        self.status
    }

    fn leave(&self) {
        end_group(self.process.id());
        running().remove(&self.process.id());
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if self.status.is_none() {
            // It holds nothing that must be saved, and one that hangs would not leave by itself.
            self.leave();
            let _ = self.process.kill();
            self.status_within(GRACE);
        }
    }
}

/// Ends all children. None can be started as long as the guard lives.
#[must_use]
pub fn end_all() -> impl Drop {
    let running = running();
    running.iter().copied().for_each(end_group);
    Ended(running)
}

/// Keeps children from being started.
struct Ended(MutexGuard<'static, BTreeSet<u32>>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.clear();
    }
}

fn running() -> MutexGuard<'static, BTreeSet<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
fn end_group(leader: u32) {
    use nix::sys::signal::{Signal, killpg};
    if let Ok(leader) = i32::try_from(leader) {
        // It may have ended by itself.
        let _ = killpg(nix::unistd::Pid::from_raw(leader), Signal::SIGKILL);
    }
}

/// Only the process itself is ended, by its handle.
#[cfg(not(unix))]
fn end_group(_leader: u32) {}
