//! What a Ctrl-C or a SIGTERM does: ends the children, lets a file that is being written be
//! finished or not begun, and leaves.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

#[cfg(unix)]
use burn_repro_target::child::end_all;

#[cfg(unix)]
use crate::say::tell;

/// What a shell reports for a program that a Ctrl-C ended.
#[cfg(unix)]
const INTERRUPTED: i32 = 130;

/// Held for reading while files are written, and for writing while the program leaves.
static FILES: RwLock<()> = RwLock::new(());

/// From now on a Ctrl-C or a SIGTERM leaves nothing behind. A closed terminal is left to `nohup`: without it this
/// program ends as any does, and its workers notice.
#[cfg(unix)]
pub fn leave_cleanly() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    // An error means that the system refuses handlers: then it ends as any program does.
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            leave();
        }
    });
}

/// The system ends this program as any other; its workers notice.
#[cfg(not(unix))]
pub fn leave_cleanly() {}

#[cfg(unix)]
fn leave() -> ! {
    let _children = end_all();
    let _files = leaving();
    tell("interrupted: every worker is ended, no file is half-written");
    std::process::exit(INTERRUPTED)
}

/// Waits for the files that are being written; as long as this lives, no other is begun.
#[cfg(any(unix, test))]
pub fn leaving() -> RwLockWriteGuard<'static, ()> {
    FILES.write().unwrap_or_else(PoisonError::into_inner)
}

/// As long as this lives, an interrupt waits.
pub fn writing() -> RwLockReadGuard<'static, ()> {
    FILES.read().unwrap_or_else(PoisonError::into_inner)
}
