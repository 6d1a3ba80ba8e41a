//! The worker's side of burn-repro: what a pipeline is, what it records, and serving a run's questions on an opened
//! device.

mod host_float;
mod names;
mod panics;
mod perturbation;
mod pipeline;
mod probe;
mod recording;
mod registry;
mod scope;
mod serve;
mod service;

pub use host_float::HostFloat;
pub use panics::take as taken_panics;
pub use pipeline::{BoxError, Case, CaseFault, Pipeline};
pub use probe::{Probe, ProbeError, step_name, step_scope};
pub use recording::{Recording, Replay};
pub use registry::{AnyPipeline, CASE_FAULTS, PreparedCase, Registry};
pub use scope::{Scope, scope, within};
pub use serve::serve;
pub use service::{Opened, RUN_SERVICE, Service, question};
