//! What burn-repro is without Burn: scenarios, plans, traces, comparison, goldens, verdicts, records, and the run's side of
//! worker processes. It knows pipelines by [`scenario::Catalog`] and devices by what workers answer.

pub use burn_repro_compare::{
    checked, compare, hash, json_float, lfs, npy, splitmix, tensor_file, tolerance, trace,
};

pub mod attribution;
pub mod clock;
pub mod diagnose;
pub mod escape;
pub mod evaluate;
pub mod exit;
#[doc(hidden)]
pub mod fixtures;
pub mod folder;
pub mod golden;
pub mod interrupt;
mod known_limits;
pub mod nearest;
pub mod outliers;
pub mod outside;
pub mod plan;
pub mod precision;
pub mod reason;
pub mod record;
pub mod reference;
pub mod repeat;
pub mod run;
pub mod saved_outputs;
pub mod say;
pub mod scenario;
pub mod session;
pub mod stability;
pub mod variables;
pub mod verdict;
pub mod worker;
pub mod write;
