//! What burn-repro can run on.
//!
//! Here lives everything that differs between backends: finding out what this machine can run without ever
//! crashing or hanging ([`discover`]), opening one target with the settings that hold it still ([`open`]), and the
//! [`Fingerprint`] that says what computed a result. It is the only crate that names wgpu, CUDA, ndarray or flex.
//!
//! Scenarios, comparisons and reports do not live here; neither does any model.

#![deny(unsafe_code)]
#![deny(missing_docs)]

mod adapters;
mod build_facts;
mod caught;
pub mod child;
mod class;
mod cpu;
mod cuda;
mod discovery;
mod executor;
mod fingerprint;
mod float;
mod foreign;
mod guarantees;
mod health;
mod host;
mod memory;
mod missing;
mod open;
mod probe;
mod product;
mod settings;
mod slug;
mod steady;
mod stream;
mod target;
mod variables;

/// Operations as burn's intermediate representation describes them.
pub use burn_ir as ir;

pub use class::{Class, UnknownClass};
pub use discovery::{Discovery, discover, probe_child};
pub use executor::Executor;
pub use fingerprint::Fingerprint;
pub use float::{Float, UnknownFloat};
pub use foreign::leave;
pub use guarantees::{Guarantee, guarantees};
pub use health::{STALE, canary, first_stale, poison};
pub use memory::default_limit as default_memory_limit;
pub use missing::Missing;
pub use open::{OpenError, open};
pub use probe::{ProbeReport, print_probe, probe};
pub use product::{linear, matmul};
pub use settings::{Determinism, Settings};
pub use stream::{Place, Stream, StreamDevice, Streamed, stream_id};
pub use target::{Adapter, Locator, Target};
pub use variables::{OPENGL, VariableError, path_variable, switch, variable};

/// The backend that every cell runs on; which hardware that is, the [`Device`] says.
pub type Backend = burn::Dispatch;

/// An opened target: what tensors of the [`Backend`] are placed on.
pub type Device = burn::DispatchDevice;
