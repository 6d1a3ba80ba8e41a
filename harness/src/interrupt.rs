//! What a Ctrl-C, a SIGTERM or a closed terminal does: ends the workers, lets a file that is being written be
//! finished or not begun, and leaves.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use crate::worker::end_all;

/// What a shell reports for a program that a Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Held for reading while files are written, and for writing while the program leaves.
static FILES: RwLock<()> = RwLock::new(());

/// From now on an interrupt leaves nothing behind. A second call changes nothing.
pub(crate) fn leave_cleanly() {
    // An error means that a handler is there already, or that the system has none: then it ends as any program does.
    let _ = ctrlc::try_set_handler(|| {
        let _workers = end_all();
        let _files = FILES.write().unwrap_or_else(PoisonError::into_inner);
        eprintln!("interrupted: every worker is ended, nothing is written");
        std::process::exit(INTERRUPTED);
    });
}

/// As long as this lives, an interrupt waits.
pub(crate) fn writing() -> RwLockReadGuard<'static, ()> {
    FILES.read().unwrap_or_else(PoisonError::into_inner)
}
