//! Where in a model the computation is: a stack of names for each thread, which [`scope`] extends and a diagnosis
//! reads.
//!
//! Costs a few nanoseconds where nobody reads it. A model without any is located by its source lines and the names of
//! its parameters.

use std::cell::RefCell;
use std::fmt::Write;
use std::marker::PhantomData;
use std::sync::Arc;

thread_local! {
    static PLACE: RefCell<Stack> = RefCell::new(Stack::default());
}

#[derive(Default)]
struct Stack {
    /// All names, each behind a slash but the first.
    path: String,
    /// The path as it was handed out, until it changes.
    shared: Option<Arc<str>>,
    /// The name of the tensor that a probe is reading.
    reading: Option<String>,
}

/// Names the part of a model that runs until the guard is dropped: `step.03`, `mid_block`, `conv1`.
///
/// Scopes nest; a diagnosis shows them as `step.03/unet/mid_block/resnets.0/conv1`.
#[must_use = "the scope ends when the guard is dropped"]
pub fn scope(name: impl std::fmt::Display) -> Scope {
    PLACE.with_borrow_mut(|stack| {
        let length = stack.path.len();
        let slash = if length == 0 { "" } else { "/" };
        // Writing into a string does not fail.
        let _ = write!(stack.path, "{slash}{name}");
        stack.shared = None;
        Scope { length, thread: PhantomData }
    })
}

/// Runs a part of a model under a name.
pub fn within<T>(name: impl std::fmt::Display, body: impl FnOnce() -> T) -> T {
    let _scope = scope(name);
    body()
}

/// Ends its scope when it is dropped.
#[derive(Debug)]
pub struct Scope {
    /// The length of the path around it.
    length: usize,
    /// A stack belongs to its thread.
    thread: PhantomData<*const ()>,
}

impl Drop for Scope {
    fn drop(&mut self) {
        PLACE.with_borrow_mut(|stack| {
            stack.path.truncate(self.length);
            stack.shared = None;
        });
    }
}

/// The path of the scopes that are open.
pub fn place() -> Arc<str> {
    PLACE.with_borrow_mut(|stack| {
        let shared = stack.shared.get_or_insert_with(|| stack.path.as_str().into());
        Arc::clone(shared)
    })
}

/// Runs the reading of a named tensor, so that whoever is asked for it knows its name.
pub fn reading<T>(name: &str, read: impl FnOnce() -> T) -> T {
    PLACE.with_borrow_mut(|stack| stack.reading = Some(name.to_owned()));
    let result = read();
    PLACE.with_borrow_mut(|stack| stack.reading = None);
    result
}

/// The name of the tensor that is being read, if a probe reads it.
pub fn read_name() -> Option<String> {
    PLACE.with_borrow(|stack| stack.reading.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_nest_and_end() {
        assert_eq!(&*place(), "");
        let step = scope("step.03");
        let inner = within("unet", || within(format_args!("resnets.{}", 0), place));
        assert_eq!(&*inner, "step.03/unet/resnets.0");
        assert_eq!(&*place(), "step.03");
        drop(step);
        assert_eq!(&*place(), "");
    }

    #[test]
    fn a_panic_ends_them_too() {
        let _ = std::panic::catch_unwind(|| within("norm", || panic!("no")));
        assert_eq!(&*place(), "");
    }
}
