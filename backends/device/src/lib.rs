//! Devices: finding out what this machine can run without ever crashing or hanging ([`discover`]), opening one target
//! with the settings that hold it still ([`open`]), and its health. It is the only crate that names wgpu, CUDA, ndarray
//! or flex to Burn.
//!
//! Not here: what a target is, in words (`backends/target`); scenarios, comparisons, reports and models.

#![deny(unsafe_code)]
#![deny(missing_docs)]

mod adapters;
mod build_facts;
mod cpu;
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
mod slug;
mod steady;
mod stream;

/// Operations as burn's intermediate representation describes them.
pub use burn_ir as ir;

pub use discovery::{discover, probe_child};
pub use executor::Executor;
pub use foreign::leave;
pub use guarantees::{Guarantee, guarantees};
pub use health::{canary, first_stale, poison};
pub use open::{OpenError, float_dtype, open};
pub use probe::{print_probe, probe};
pub use product::{linear, matmul};
pub use stream::{Place, Stream, StreamDevice, Streamed, stream_id};

/// The backend that every cell runs on; which hardware that is, the [`Device`] says.
pub type Backend = burn::Dispatch;

/// An opened target: what tensors of the [`Backend`] are placed on.
pub type Device = burn::DispatchDevice;
