//! Where in a model the computation is: a stack of names for each thread, which [`scope`] extends. While operations are
//! recorded, each beginning and end of a scope is a [`Mark`] among them.
//!
//! Costs a few nanoseconds where nothing is recorded. A model without any is located by the names of its parameters.

use std::cell::RefCell;
use std::fmt::Write;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;

use burn_repro_device::ir::TensorId;
use burn_repro_device::{Device, next_id};

thread_local! {
    static PLACE: RefCell<Stack> = RefCell::new(Stack::default());
}

#[derive(Default)]
struct Stack {
    /// All names, each behind a slash but the first.
    path: String,
    /// Where each was opened.
    sources: Vec<&'static Location<'static>>,
    /// The device that records, and the marks so far.
    recording: Option<(Device, Vec<Mark>)>,
}

impl Stack {
    fn mark(&mut self) {
        if let Some((device, marks)) = &mut self.recording
            && let Some(id) = next_id(device)
        {
            let place = self.path.as_str().into();
            marks.push(Mark { id, place, source: self.sources.last().copied() });
        }
    }
}

/// The place of the operations that come next.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Larger than the id of every tensor before it.
    pub id: TensorId,
    /// The open scopes: `step.03/unet/mid_block`; empty outside of all.
    pub place: Arc<str>,
    /// Where the innermost was opened.
    pub source: Option<&'static Location<'static>>,
}

/// Names the part of a model that runs until the guard is dropped: `step.03`, `mid_block`, `conv1`.
///
/// Scopes nest; a diagnosis shows them as `step.03/unet/mid_block/resnets.0/conv1`, with the line that opened the
/// innermost.
#[must_use = "the scope ends when the guard is dropped"]
#[track_caller]
pub fn scope(name: impl std::fmt::Display) -> Scope {
    scope_at(name, Location::caller())
}

/// A scope that was opened at a line.
pub(crate) fn scope_at(name: impl std::fmt::Display, source: &'static Location<'static>) -> Scope {
    PLACE.with_borrow_mut(|stack| {
        let length = stack.path.len();
        let slash = if length == 0 { "" } else { "/" };
        // Writing into a string does not fail.
        let _ = write!(stack.path, "{slash}{name}");
        stack.sources.push(source);
        stack.mark();
        Scope { length, thread: PhantomData }
    })
}

/// The open scopes of this thread, and the line that opened the innermost: `encoder/norm1 (src/model.rs:12)`.
pub(crate) fn open_scope() -> Option<String> {
    // A panic may come from the middle of a change.
    let place = PLACE.try_with(|stack| {
        let stack = stack.try_borrow().ok()?;
        let source = stack.sources.last()?;
        Some(format!("{} ({}:{})", stack.path, source.file(), source.line()))
    });
    place.ok().flatten()
}

/// Runs a part of a model under a name.
#[track_caller]
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
            stack.sources.pop();
            // A recording that a panic ends takes no more marks.
            if !std::thread::panicking() {
                stack.mark();
            }
        });
    }
}

/// Runs a computation on a device that records, and gives the marks among its operations.
pub(crate) fn marking<T>(device: &Device, computation: impl FnOnce() -> T) -> (T, Vec<Mark>) {
    PLACE.with_borrow_mut(|stack| stack.recording = Some((device.clone(), Vec::new())));
    let result = computation();
    let marks = PLACE.with_borrow_mut(|stack| stack.recording.take());
    (result, marks.map(|(_, marks)| marks).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> String {
        PLACE.with_borrow(|stack| stack.path.clone())
    }

    #[test]
    fn scopes_nest_and_end() {
        assert_eq!(place(), "");
        let step = scope("step.03");
        let inner = within("unet", || within(format_args!("resnets.{}", 0), place));
        assert_eq!(inner, "step.03/unet/resnets.0");
        assert_eq!(place(), "step.03");
        drop(step);
        assert_eq!(place(), "");
    }

    #[test]
    fn a_panic_ends_them_too() {
        let _ = std::panic::catch_unwind(|| within("norm", || panic!("no")));
        assert_eq!(place(), "");
    }
}
