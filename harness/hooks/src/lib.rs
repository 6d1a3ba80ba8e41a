//! Names the modules of a model: `let x = module("norm1", x, |x| self.norm1.forward(x));`.
//!
//! In production nothing listens, and [`module`] calls its function. Under burn-repro a [`Listener`] hears which module
//! runs, reads what goes in and comes out, and can put another tensor in. Names nest: `block.norm1`.

mod tensors;

use std::cell::RefCell;
use std::fmt::Display;
use std::panic::Location;

use burn_tensor::TensorData;

pub use tensors::{Seen, Tensors};

thread_local! {
    static LISTENER: RefCell<Option<Box<dyn Listener>>> = const { RefCell::new(None) };
}

/// Who hears of modules.
pub trait Listener {
    /// A module begins, inside of those that have begun and not ended. `source` is the line that names it.
    fn begin(&mut self, name: &str, source: &'static Location<'static>);

    /// A tensor goes into the module that began last; the first is number 0. Gives what is to go in instead, of the same
    /// shape, or nothing.
    fn input(&mut self, number: usize, tensor: &Seen<'_>) -> Option<TensorData>;

    /// A tensor comes out of the module that began last; the first is number 0. Gives what its parent is to take instead,
    /// of the same shape, or nothing.
    fn output(&mut self, number: usize, tensor: &Seen<'_>) -> Option<TensorData>;

    /// The module that began last ends.
    fn end(&mut self);
}

/// Runs a module of a model under the name it has in its parent: `norm1`, `layers.0`.
///
/// `input` and the result are a tensor of any rank and kind, or tuples, options and vectors of these.
#[track_caller]
pub fn module<I: Tensors, O: Tensors>(
    name: impl Display,
    input: I,
    forward: impl FnOnce(I) -> O,
) -> O {
    if LISTENER.with_borrow(Option::is_none) {
        return forward(input);
    }
    let _module = Running::begin(&name.to_string(), Location::caller());
    let mut number = 0;
    let input = input.map(&mut |tensor| {
        number += 1;
        told(|listener| listener.input(number - 1, tensor)).flatten()
    });
    let mut number = 0;
    forward(input).map(&mut |tensor| {
        number += 1;
        told(|listener| listener.output(number - 1, tensor)).flatten()
    })
}

/// Lets a listener hear of the modules of this thread until the guard is dropped.
#[must_use = "the listener hears nothing more when the guard is dropped"]
pub fn listen(listener: Box<dyn Listener>) -> Listening {
    Listening { before: LISTENER.replace(Some(listener)) }
}

/// Ends its listener when it is dropped.
pub struct Listening {
    before: Option<Box<dyn Listener>>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        LISTENER.replace(self.before.take());
    }
}

/// Ends its module when it is dropped: after a panic, too.
struct Running;

impl Running {
    fn begin(name: &str, source: &'static Location<'static>) -> Self {
        told(|listener| listener.begin(name, source));
        Self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        told(|listener| listener.end());
    }
}

/// Tells the listener; it is taken out meanwhile, so that what it calls is not heard.
fn told<T>(tell: impl FnOnce(&mut dyn Listener) -> T) -> Option<T> {
    let mut listener = LISTENER.take()?;
    let answer = tell(listener.as_mut());
    LISTENER.replace(Some(listener));
    Some(answer)
}
