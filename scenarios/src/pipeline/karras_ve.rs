//! The pipeline `karras_ve`, diffusers' `KarrasVePipeline`: a UNet under the stochastic sampler of Karras et al.

use burn::tensor::Device;
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe, Requirements};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::denoiser::{Denoiser, Fed, denoise};
use super::faults;
use super::image;
use super::noise::Noise;
use crate::diffusers::{Keyed, listed};
use crate::sampler::karras_ve::KarrasVeConfig;

/// A UNet under the stochastic sampler.
#[derive(Debug, Clone, Copy, Default)]
pub struct KarrasVe;

/// `params:` of the pipeline `karras_ve`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KarrasVeParams {
    /// The model.
    pub unet: Denoiser,
    /// The keys of a KarrasVeScheduler's `scheduler_config.json`; that of a pipeline's folder is not read.
    #[serde(default)]
    pub scheduler: Keyed<KarrasVeConfig>,
}

impl Pipeline for KarrasVe {
    const NAME: &'static str = "karras_ve";
    const TAKES_SEED_LIST: bool = true;
    type Params = KarrasVeParams;

    fn params_schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<KarrasVeParams>())
    }

    fn complete(&self, case: &mut Case<KarrasVeParams>) -> Result<Vec<String>, BoxError> {
        let KarrasVeParams { unet, scheduler } = &mut case.params;
        let keys = listed(&scheduler.ignored);
        let ignored =
            (!keys.is_empty()).then(|| format!("params.scheduler: keys without effect: {keys}"));
        Ok(ignored.into_iter().chain(unet.open(&case.folder)?).collect())
    }

    fn examine(&self, case: &Case<KarrasVeParams>) -> Result<(), BoxError> {
        case.params.unet.examine()
    }

    fn validate(&self, case: &Case<KarrasVeParams>) -> Result<(), BoxError> {
        let KarrasVeParams { unet, scheduler } = &case.params;
        if unet.is_absent() {
            return Ok(());
        }
        let steps = scheduler.config.steps(case.steps)?;
        let sigmas =
            steps.iter().flat_map(|step| [step.sigma, step.next]).filter(|sigma| *sigma > 0.0);
        let times = sigmas.map(|sigma| f64::from(sigma / 2.0));
        unet.validate(case, |channels| Fed { times, output_channels: channels })
    }

    fn faults() -> Vec<CaseFault<KarrasVeParams>> {
        faults::of_model()
    }

    fn requires(&self, case: &Case<KarrasVeParams>) -> Requirements {
        case.params.unet.requires_sample(case)
    }

    fn run(
        &self,
        case: &Case<KarrasVeParams>,
        device: &Device,
        probe: &mut Probe,
    ) -> Result<(), BoxError> {
        let scheduler = &case.params.scheduler.config;
        let steps = scheduler.steps(case.steps)?;
        let (model, shape) = case.params.unet.load(case, device, probe)?;
        let mut noise = Noise::of(case);
        let x = noise.draw(shape, probe).mul_scalar(scheduler.sigma_max);
        let noise = |shape, probe: &mut Probe| noise.draw(shape, probe);
        let latents = scheduler.sample(&steps, x, denoise(&model), noise, probe);
        image::put_out(latents, probe);
        Ok(())
    }
}
