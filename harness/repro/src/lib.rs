//! burn-repro: runs scenarios on every Burn target of a machine and says whether each result is the one it should be.
//!
//! A user's project names this crate alone: it implements [`Pipeline`], puts it into a [`Registry`] and hands a
//! [`Project`] to the command line and to the gate. What stands behind them is in crates of its own.

mod cli;
mod gate;
mod program;
mod project;

pub use burn_repro_core::hash::sha256_of_f32;
pub use burn_repro_core::lfs::is_pointer;
pub use burn_repro_core::nearest::nearest;
pub use burn_repro_core::scenario::{RelativePath, Requirements, Seed};
/// The matrix product and the linear layer in the tensors' own type, on CUDA, too.
pub use burn_repro_device::{linear, matmul};
/// Names the modules of a model, so that each is recorded and can be fed; see [`burn_repro_hooks`].
pub use burn_repro_hooks::module;
pub use burn_repro_target::Dtype;
/// PyTorch's host generator, for pipelines that draw noise or weights from a seed.
pub use burn_repro_torch as torch;
pub use burn_repro_worker::{
    BoxError, Case, CaseFault, HostFloat, Inputs, Pipeline, Probe, Registry, scope, step_name,
    step_scope, within,
};
pub use project::{NoiseSource, Project};
/// JSON Schemas, for pipelines that describe their parameters.
pub use schemars;
