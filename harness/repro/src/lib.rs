//! burn-repro: runs scenarios on every Burn target of a machine and says whether each result is the one it should be.
//!
//! A user's project names this crate alone. `tests/repro.rs`, with `harness = false` in its manifest, is the gate
//! (`cargo test --test repro`) and the command line (`cargo test --test repro -- run encoder`):
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use burn_repro::{Project, module};
//! # use burn::nn::{Linear, LinearConfig};
//! # use burn::tensor::{Device, Tensor};
//! # struct Encoder(Linear);
//! # impl Encoder {
//! #     fn load(device: &Device) -> Result<Self, std::io::Error> {
//! #         Ok(Self(LinearConfig::new(16, 4).init(device)))
//! #     }
//! #     fn forward(&self, x: Tensor<2>) -> Tensor<2> {
//! #         module("head", x, |x| self.0.forward(x))
//! #     }
//! # }
//!
//! fn main() -> ExitCode {
//!     Project::here(env!("CARGO_MANIFEST_DIR"))
//!         .model("encoder", |case, device, probe| {
//!             let (shape, images) = case.inputs.floats::<2>("images")?;
//!             let images = probe.input(shape, &images);
//!             let encoder = Encoder::load(device)?;
//!             probe.output("logits", &encoder.forward(images));
//!             Ok(())
//!         })
//!         .main()
//! }
//! ```
//!
//! A model with parameters, validation or files implements [`Pipeline`] and is registered in a [`Registry`].
//!
//! The features `cubecl-cpu`, `cuda` and `wgpu` are the targets beside `flex` and `ndarray`, and `flip` is the measure of
//! that name. All are on; without them nothing needs LLVM, a graphics API or a C++ compiler.

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
    BoxError, Case, CaseFault, HostFloat, InitialisationError, Inputs, Pipeline, Probe, Registry,
    in_default_type, initialise, scope, step_name, step_scope, within,
};
pub use project::{NoiseSource, Project};
/// JSON Schemas, for pipelines that describe their parameters.
pub use schemars;
