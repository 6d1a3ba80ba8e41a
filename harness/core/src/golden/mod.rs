//! Goldens: the reference result of each scenario, as insta snapshots under `golden/`.
//!
//! A golden is two snapshots: a text for people and a safetensors file for the elements. Cells
//! read goldens (`store`); a new one begins as a `draft` of what to `keep`, waits as a pending
//! snapshot that the gate's reference trial leaves through insta (`snapshot`), and takes its place by
//! `cargo insta review` or by `accept`, which looks at all targets first. `status` and `prune` are about
//! what lies in the folder.

mod accept;
mod comparator;
mod draft;
mod files;
mod keep;
mod recorded;
mod shape;
mod snapshot;
mod status;
mod steps;
mod store;
mod text;

pub use burn_repro_compare::sketch::{SKETCH_MARGIN, reduced, rmse_estimate, sketch};

pub use accept::{Evidence, Refusal, TargetEvidence, accept};
pub use draft::{Draft, DraftError};
pub use files::{FileError, GoldenFiles};
pub use keep::SIZE_LIMIT;
pub use recorded::{Recorded, commit};
pub use shape::Shape;
pub use snapshot::{ReferenceError, assert_reference};
pub use status::{GoldenState, GoldenStatus, status};
pub use steps::{KeptStep, Step};
pub use store::{Content, Golden, GoldenError, Store};
pub use text::{GoldenText, Kept, Summary, TextError};

use crate::tolerance::Bound;

/// The insta suffix of the snapshot that holds the elements.
const TENSORS_SUFFIX: &str = "tensors";

/// How far the reference may be from its own golden before insta calls it changed.
///
/// The reference is made in `f64` on flex, where one machine gives the same bits every time. What
/// may differ on another machine is its libm and the vector width of its kernels, some 1e-16 for
/// each operation. The bound leaves seven orders of magnitude for that to grow, and is still a
/// thousandth of what the strictest cell is allowed.
pub const REFERENCE_BOUND: Bound = Bound::new(1.0e-9, 1.0e-9);
