//! The pipeline `ddim`: diffusers' `DDIMPipeline`.

use burn::tensor::backend::Backend;
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe, Requirements};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::denoiser::{Denoiser, asked, denoise};
use super::faults;
use super::image;
use super::noise::Noise;
use crate::sampler::{DdimConfig, Scheduler, check_eta, ddim};

/// Noise from the seed, a UNet and DDIM: an image.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ddim;

/// `params:` of the pipeline `ddim`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DdimParams {
    /// The model.
    pub unet: Denoiser,
    /// The keys of a `scheduler_config.json`; those that are left out have the values of the file in a pipeline's folder,
    /// or diffusers' defaults.
    #[serde(default)]
    pub scheduler: Scheduler<DdimConfig>,
    /// The share of fresh noise in each step: 0 for none, 1 for as much as DDPM.
    #[serde(default)]
    pub eta: f64,
    /// Whether the noise is derived anew from the clipped sample.
    #[serde(default)]
    pub use_clipped_model_output: bool,
}

impl Pipeline for Ddim {
    const NAME: &'static str = "ddim";
    const TAKES_SEED_LIST: bool = true;
    type Params = DdimParams;

    fn params_schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<DdimParams>())
    }

    fn complete(&self, case: &mut Case<DdimParams>) -> Result<Vec<String>, BoxError> {
        let DdimParams { unet, scheduler, .. } = &mut case.params;
        unet.complete(&case.folder, scheduler)
    }

    fn asks(&self, case: &Case<DdimParams>) -> Option<serde_json::Value> {
        asked(&case.params.scheduler)
    }

    fn examine(&self, case: &Case<DdimParams>) -> Result<(), BoxError> {
        case.params.unet.examine()
    }

    fn validate(&self, case: &Case<DdimParams>) -> Result<(), BoxError> {
        let params = &case.params;
        check_eta(params.eta)?;
        if params.unet.is_absent() {
            return Ok(());
        }
        let scheduler = &params.scheduler.config;
        scheduler.sampler(params.eta, params.use_clipped_model_output)?;
        scheduler.transitions(case.steps)?;
        params.unet.validate(case, false)
    }

    fn faults() -> Vec<CaseFault<DdimParams>> {
        [faults::of_schedule(), faults::of_model()].into_iter().flatten().collect()
    }

    fn requires(&self, case: &Case<DdimParams>) -> Requirements {
        case.params.unet.requires(case)
    }

    fn run<B: Backend>(
        &self,
        case: &Case<DdimParams>,
        device: &B::Device,
        probe: &mut Probe<B>,
    ) -> Result<(), BoxError> {
        let params = &case.params;
        let scheduler = &params.scheduler.config;
        let sampler = scheduler.sampler(params.eta, params.use_clipped_model_output)?;
        let transitions = scheduler.transitions(case.steps)?;
        let (model, shape) = params.unet.load(case, device, probe)?;
        let mut noise = Noise::of(case);
        let x = noise.draw(shape, probe);
        let mut noise = |shape, probe: &mut Probe<B>| noise.draw(shape, probe);
        let latents = ddim(&sampler, &transitions, x, denoise(&model), &mut noise, probe)?;
        image::put_out(latents, probe);
        Ok(())
    }
}
