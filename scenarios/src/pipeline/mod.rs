//! The pipelines that scenarios name: `ddim`, `ddpm` and any other sampler's, and the weightless
//! `sampler` and `schedule`; `training` trains a model; `unconditional` takes any sampler, and so do those with latents
//! (`ldm_uncond`,
//! `ldm_superresolution`, `dit`). `repaint` and `karras_ve` have a sampler of their own.
//!
//! Glue only: parameters of a scenario, the host generator, the model and the sampler put together
//! as diffusers' pipelines do. No formula and no layer lives here, and nothing of a single sampler.

mod closed_form;
mod denoiser;
mod diffusion;
mod dit;
mod faults;
mod folder;
mod guidance;
mod image;
mod karras_ve;
mod latent;
mod loader;
mod noise;
mod part;
mod repaint;
mod sampler;
mod schedule;
mod solver_faults;
mod superresolution;
mod training;
mod unconditional;

pub use denoiser::Denoiser;
pub use diffusion::{Diffusion, DiffusionParams, ModelParams};
pub use dit::{Dit, DitParams, DitParts};
pub use folder::PipelineFolder;
pub use karras_ve::{KarrasVe, KarrasVeParams};
pub use latent::{LatentDiffusion, LatentParams, LatentParts};
pub use noise::seeded_noise;
pub use part::{Part, PartError};
pub use repaint::{Inpainting, RepaintParams};
pub use sampler::{SamplerAlone, SamplerParams, StepArguments};
pub use schedule::{Between, ScheduleAlone, ScheduleParams};
pub use superresolution::SuperResolution;
pub use training::{Optimizer, TrainedModel, Training, TrainingParams};
pub use unconditional::{Unconditional, UnconditionalParams};

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
    samplers!(with_models)
        .with(SamplerAlone)
        .with(ScheduleAlone)
        .with(Unconditional)
        .with(LatentDiffusion)
        .with(SuperResolution)
        .with(Dit)
        .with(Inpainting)
        .with(KarrasVe)
        .with(Training)
}
