//! `repro doctor`: asks every target of the machine questions whose answers are known, because drivers and builds are
//! wrong in ways that no scenario shows.
//!
//! [`examine`] has workers ask the probes of `operations`; `judge` holds what comes back against the answers that
//! `oracle` gives in `f64`, and says what is a defect and why; [`report`] and [`DoctorRecord`] say what was found. Nothing here
//! knows a backend's name: what is wrong is found by what comes back.
//!
//! Errors are counted in units in the last place (ULP) of the answer's `f32`, where an answer that was rounded correctly
//! is off by half of one at most. Where an answer is a sum (matrix products, convolutions, norms, sums, additions and
//! subtractions, gelu's 1 + erf) the unit is that of the sum of its terms' absolute values, so that cancellation does
//! not count against the backend.

mod arithmetic;
mod examine;
mod expected;
mod finding;
mod grade;
mod inputs;
mod number;
mod operations;
mod oracle;
mod outcome;
mod precision;
mod probe;
mod record;
mod report;
mod service;

pub use examine::examine;
pub use precision::SERVICE;
pub use record::{DoctorRecord, TargetReport};
pub use report::report;
pub use service::EXAMINE;
