//! Goldens: the reference result of each scenario, as insta snapshots under `golden/`.
//!
//! A golden is two snapshots: a text for people and a safetensors file for the elements. Cells
//! read goldens (`store`); only the gate's reference trial writes one, through insta (`snapshot`).

mod comparator;
mod snapshot;
mod store;
mod text;

pub use snapshot::assert_reference;
pub use store::{Golden, GoldenError, Store};
pub use text::GoldenText;

use crate::scenario::Bound;

/// The insta suffix of the snapshot that holds the elements.
const TENSORS_SUFFIX: &str = "tensors";

/// How far the reference may be from its own golden before insta calls it changed.
///
/// The reference is made in `f64` on flex, where one machine gives the same bits every time. What
/// may differ on another machine is its libm and the vector width of its kernels, some 1e-16 for
/// each operation. The bound leaves seven orders of magnitude for that to grow, and is still a
/// thousandth of what the strictest cell is allowed.
pub const REFERENCE_BOUND: Bound = Bound::new(1.0e-9, 1.0e-9);
