//! Counts the panics of every thread of a worker. A backend computes on threads of its own: one that panics there is
//! only logged, and the next read returns what happens to lie in memory.

use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::scope::open_scope;

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The open scopes of the last panic, which end with it.
static SCOPE: Mutex<Option<String>> = Mutex::new(None);

/// Counts from now on; what panics say on standard error stays.
pub(super) fn count() {
    let print = take_hook();
    set_hook(Box::new(move |panic| {
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).push(in_words(panic));
        *SCOPE.lock().unwrap_or_else(PoisonError::into_inner) = open_scope();
        print(panic);
    }));
}

/// A panic of a pipeline, with the scopes around it, where there are any: a panic in Burn has no line of the model's.
pub(super) fn with_scope(text: String) -> String {
    match SCOPE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(scope) => format!("{text}; in {scope}"),
        None => text,
    }
}

/// The panics since the last call, and forgets them.
pub fn take() -> Vec<String> {
    std::mem::take(&mut *SEEN.lock().unwrap_or_else(PoisonError::into_inner))
}

/// `thread DSD-0-0 panicked: no device (src/lib.rs:3)`, on one line.
fn in_words(panic: &PanicHookInfo<'_>) -> String {
    let thread = thread::current();
    let name = thread.name().unwrap_or("without a name");
    let message = panic.payload_as_str().unwrap_or("without a message");
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let place = panic.location().map(|place| format!(" ({}:{})", place.file(), place.line()));
    format!("thread {name} panicked: {message}{}", place.unwrap_or_default())
}
