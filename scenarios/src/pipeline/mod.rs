//! The pipelines that scenarios name: `ddim`, `ddpm` and the weightless `sampler`.
//!
//! Glue only: parameters of a scenario, the host generator, the model and the sampler put together
//! as diffusers' pipelines do. No formula and no layer lives here.

mod ddim;
mod ddpm;
mod denoiser;
mod faults;
mod folder;
mod image;
mod noise;
mod sampler;

pub use ddim::{Ddim, DdimParams};
pub use ddpm::{Ddpm, DdpmParams};
pub use denoiser::{Denoiser, DenoiserError};
pub use folder::PipelineFolder;
pub use noise::seeded_noise;
pub use sampler::{Loop, Sampler, SamplerParams};
