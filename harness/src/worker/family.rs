//! Every worker that runs, each with whatever it has started: so that all can be ended at once, and nothing is left
//! behind when this program is interrupted.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The process groups of running workers, by the process that leads them.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// A child that is ended, with everything it has started, when this is dropped.
pub(crate) struct Member(Child);

impl Member {
    /// Starts a child in a process group of its own. A Ctrl-C reaches this program alone, which then ends its
    /// workers.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut running = running();
        let child = command.spawn()?;
        running.insert(child.id());
        Ok(Self(child))
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // It holds nothing that must be saved, and one that hangs would not leave by itself.
        end_group(self.0.id());
        let _ = self.0.kill();
        let _ = self.0.wait();
        running().remove(&self.0.id());
    }
}

/// Waits until the thread that reads a process's last words has let go of them: it ends with the pipe, a moment after
/// the process.
pub(crate) fn hear_out<T>(words: &Arc<T>, limit: Duration) {
    let deadline = Instant::now() + limit;
    while Arc::strong_count(words) > 1 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(2));
    }
}

/// Ends all workers. None can be started as long as the guard lives.
pub(crate) fn end_all() -> impl Drop {
    let running = running();
    running.iter().copied().for_each(end_group);
    Ended(running)
}

/// Keeps workers from being started.
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

/// Only the worker itself is ended, by its handle.
#[cfg(not(unix))]
fn end_group(_leader: u32) {}
