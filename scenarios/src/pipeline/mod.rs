//! The pipelines that scenarios name: `ddim`, `ddpm` and any other sampler's, the weightless `sampler`, and
//! `training`.
//!
//! Glue only: parameters of a scenario, the host generator, the model and the sampler put together
//! as diffusers' pipelines do. No formula and no layer lives here, and nothing of a single sampler.

mod denoiser;
mod diffusion;
mod faults;
mod folder;
mod image;
mod noise;
mod sampler;
mod training;

pub use denoiser::{Denoiser, DenoiserError};
pub use diffusion::{Diffusion, DiffusionParams, ModelParams};
pub use folder::PipelineFolder;
pub use noise::seeded_noise;
pub use sampler::{Loop, SamplerAlone, SamplerParams};
pub use training::{Optimizer, TrainedModel, Training, TrainingParams};

use burn_repro::Registry;

use crate::sampler::samplers;

/// Every pipeline.
#[must_use]
pub fn registry() -> Registry {
    macro_rules! with_models {
        ($($module:ident::$Sampler:ident = $name:literal, $class:literal;)+) => {
            Registry::new()$(.with(Diffusion::<crate::sampler::$module::$Sampler>::default()))+
        };
    }
    samplers!(with_models).with(SamplerAlone).with(Training)
}
