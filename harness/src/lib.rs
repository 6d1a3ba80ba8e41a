//! The harness of burn-repro: runs scenarios on every Burn target of a machine and says whether
//! each result is the one it should be.
#![warn(missing_docs)]

pub mod agreement;
mod blame;
mod calibrate;
mod cli;
mod clock;
pub mod compare;
pub mod defect;
mod diagnose;
mod doctor;
mod emit;
mod escape;
pub mod evaluate;
pub mod exit;
mod fault;
pub mod folder;
mod gate;
pub mod golden;
pub mod hash;
pub mod history;
mod host_float;
mod interrupt;
pub mod lfs;
mod lockstep;
pub mod matrix;
mod nearest;
mod number;
mod operation;
pub mod outliers;
mod perturbation;
pub mod pipeline;
pub mod plan;
mod power;
pub mod probe;
mod project;
pub mod reason;
pub mod record;
pub mod reference;
pub mod registry;
pub mod repeat;
pub mod report;
pub mod run;
pub mod saved;
mod say;
pub mod scenario;
mod scope;
mod splitmix;
pub mod tensor_file;
pub mod trace;
mod variables;
pub mod verdict;
pub mod worker;
pub mod write;

/// What can run here, for tests of pipelines outside of the harness.
pub mod backends {
    pub use burn_repro_device::*;
    pub use burn_repro_target::*;
}
/// PyTorch's host generator, for pipelines that draw noise or weights from a seed.
pub use burn_repro_torch as torch;
/// JSON Schemas, for pipelines that describe their parameters.
pub use schemars;

/// The matrix product and the linear layer in the tensors' own type, on CUDA, too.
pub use burn_repro_device::{linear, matmul};

pub use doctor::{Precision, Product};
pub use host_float::HostFloat;
pub use nearest::nearest;
pub use pipeline::{BoxError, Case, CaseFault, Pipeline, RelativePath, Requirements};
pub use probe::{Probe, ProbeError, step_name, step_scope};
pub use project::{NoiseSource, Project};
pub use registry::Registry;
pub use scope::{Scope, scope, within};
pub use trace::Dtype;
