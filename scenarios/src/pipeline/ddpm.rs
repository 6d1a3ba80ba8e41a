//! The pipeline `ddpm`: diffusers' `DDPMPipeline`.

use burn::tensor::backend::Backend;
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe, Requirements};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::denoiser::{Denoiser, asked, denoise};
use super::faults;
use super::image;
use super::noise::Noise;
use crate::sampler::{DdpmConfig, Scheduler, ddpm};
use crate::schedule::Transition;

/// Noise from the seed, a UNet and DDPM: an image. The steps' noise comes from the same generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ddpm;

/// `params:` of the pipeline `ddpm`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DdpmParams {
    /// The model.
    pub unet: Denoiser,
    /// The keys of a `scheduler_config.json`; those that are left out have the values of the file in a pipeline's folder,
    /// or diffusers' defaults.
    #[serde(default)]
    pub scheduler: Scheduler<DdpmConfig>,
    /// The timesteps to visit, falling, as many as `steps`; spaced by the scheduler if left out.
    #[serde(default)]
    pub timesteps: Option<Vec<usize>>,
}

impl DdpmParams {
    fn transitions(&self, steps: usize) -> Result<Vec<Transition>, BoxError> {
        match &self.timesteps {
            None => Ok(self.scheduler.config.transitions(steps)?),
            Some(timesteps) if timesteps.len() == steps => {
                Ok(self.scheduler.config.custom_transitions(timesteps)?)
            }
            Some(timesteps) => Err(format!(
                "{} `timesteps` for {steps} steps; write `steps: {}`",
                timesteps.len(),
                timesteps.len()
            )
            .into()),
        }
    }
}

impl Pipeline for Ddpm {
    const NAME: &'static str = "ddpm";
    const TAKES_SEED_LIST: bool = true;
    type Params = DdpmParams;

    fn params_schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<DdpmParams>())
    }

    fn complete(&self, case: &mut Case<DdpmParams>) -> Result<Vec<String>, BoxError> {
        let DdpmParams { unet, scheduler, .. } = &mut case.params;
        unet.complete(&case.folder, scheduler)
    }

    fn asks(&self, case: &Case<DdpmParams>) -> Option<serde_json::Value> {
        asked(&case.params.scheduler)
    }

    fn examine(&self, case: &Case<DdpmParams>) -> Result<(), BoxError> {
        case.params.unet.examine()
    }

    fn validate(&self, case: &Case<DdpmParams>) -> Result<(), BoxError> {
        let params = &case.params;
        if params.unet.is_absent() {
            return Ok(());
        }
        let sampler = params.scheduler.config.sampler()?;
        params.transitions(case.steps)?;
        params.unet.validate(case, sampler.variance.is_learned())
    }

    fn faults() -> Vec<CaseFault<DdpmParams>> {
        [faults::of_schedule(), faults::of_model()].into_iter().flatten().collect()
    }

    fn requires(&self, case: &Case<DdpmParams>) -> Requirements {
        case.params.unet.requires(case)
    }

    fn run<B: Backend>(
        &self,
        case: &Case<DdpmParams>,
        device: &B::Device,
        probe: &mut Probe<B>,
    ) -> Result<(), BoxError> {
        let params = &case.params;
        let sampler = params.scheduler.config.sampler()?;
        let transitions = params.transitions(case.steps)?;
        let (model, shape) = params.unet.load(case, device, probe)?;
        let mut noise = Noise::of(case);
        let x = noise.draw(shape, probe);
        let mut noise = |shape, probe: &mut Probe<B>| noise.draw(shape, probe);
        let latents = ddpm(&sampler, &transitions, x, denoise(&model), &mut noise, probe)?;
        image::put_out(latents, probe);
        Ok(())
    }
}
