//! Devices: finding out what this machine can run without ever crashing or hanging ([`discover`]), opening one target
//! with the settings that hold it still ([`open`]), its health, recording operations and executing them one by one. It is
//! the only crate that names wgpu, CUDA, CubeCL's CPU backend, ndarray or flex to Burn. The features `wgpu`, `cuda` and
//! `cubecl-cpu` can be left out; what they need is left out with them.
//!
//! Not here: what a target is, in words (`backends/target`); scenarios, comparisons, reports and models.

#![deny(unsafe_code)]
#![deny(missing_docs)]

#[cfg(feature = "wgpu")]
mod adapters;
mod build_facts;
mod capture;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod discovery;
mod executor;
mod foreign;
mod guarantees;
mod health;
mod host;
mod open;
mod probe;
mod product;
#[cfg(feature = "wgpu")]
mod slug;
#[cfg(feature = "cube")]
mod steady;

/// Operations as Burn's intermediate representation describes them.
pub use burn_ir as ir;

pub use build_facts::burn_version;
pub use burn::tensor::Device;
pub use capture::{Captured, Recordable, capture, next_id, tensor_id};
pub use discovery::{discover, probe_child};
pub use executor::Executor;
pub use foreign::leave;
pub use guarantees::{Guarantee, guarantees};
pub use health::{canary, check_f64, first_stale, poison};
pub use open::{OpenError, float_dtype, open};
pub use probe::{print_probe, probe};
pub use product::{linear, matmul};
