//! The worker's side of burn-repro: what a pipeline is, what it records, and serving a run's questions on an opened
//! device.

mod default_type;
mod hooks;
mod host_float;
mod initialise;
mod inputs;
mod names;
mod panics;
mod parameters;
mod perturbation;
mod pipeline;
mod prepared;
mod probe;
mod read;
mod recording;
mod registry;
mod scope;
mod serve;
mod service;

/// How the crates that compute are optimised in this build, as Cargo has it: `0` for not at all.
pub const OPT_LEVEL: &str = env!("BURN_REPRO_OPT_LEVEL");

pub use default_type::in_default_type;
pub use host_float::HostFloat;
pub use initialise::{InitialisationError, initialise};
pub use inputs::{InputError, Inputs};
pub use panics::take as taken_panics;
pub use pipeline::{BoxError, Case, CaseFault, Pipeline};
pub use prepared::{CASE_FAULTS, PreparedCase};
pub use probe::{Probe, step_name, step_scope};
pub use read::ProbeError;
pub use recording::{BackwardPass, Recording, Replay};
pub use registry::{AnyPipeline, Registry};
pub use scope::{Scope, scope, within};
pub use serve::serve;
pub use service::{Opened, RUN_SERVICE, Service, question};
