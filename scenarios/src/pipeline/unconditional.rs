//! The pipeline `unconditional`: noise from the seed, a UNet, and whichever sampler `_class_name` says.
//!
//! What diffusers' `DDIMPipeline`, `DDPMPipeline`, `PNDMPipeline` and the like have in common, with the sampler as a
//! parameter.

use burn::tensor::Device;
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe, Requirements};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::denoiser::{asked, denoise};
use super::diffusion::{ModelParams, PARTS, check, generate};
use super::faults;
use super::image;
use super::noise::Noise;
use super::sampler::{sampler_of, unused};
use crate::diffusers::Joined;
use crate::sampler::{AllArguments, Config, Sampler, SchedulerConfig, with_sampler};

/// A UNet under any sampler.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unconditional;

/// `params:` of the pipeline `unconditional`: a model, a scheduler, and the arguments of whichever sampler it is.
pub type UnconditionalParams = Joined<ModelParams<SchedulerConfig>, AllArguments>;

impl Pipeline for Unconditional {
    const NAME: &'static str = "unconditional";
    const TAKES_SEED_LIST: bool = true;
    type Params = UnconditionalParams;

    fn params_schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(UnconditionalParams::json_schema(generator))
    }

    fn complete(&self, case: &mut Case<UnconditionalParams>) -> Result<Vec<String>, BoxError> {
        let ModelParams { unet, scheduler } = &mut case.params.own;
        let mut notices = unet.complete(&case.folder, scheduler, &PARTS)?;
        let params = &case.params;
        notices
            .extend(with_sampler!(&params.own.scheduler.config, config => unused(config, params)));
        Ok(notices)
    }

    fn asks(&self, case: &Case<UnconditionalParams>) -> Option<serde_json::Value> {
        asked(&case.params.own.scheduler)
    }

    fn examine(&self, case: &Case<UnconditionalParams>) -> Result<(), BoxError> {
        case.params.own.unet.examine()
    }

    fn validate(&self, case: &Case<UnconditionalParams>) -> Result<(), BoxError> {
        let ModelParams { unet, scheduler } = &case.params.own;
        if unet.is_absent() {
            return Ok(());
        }
        with_sampler!(&scheduler.config, config => check(&sampler_of(config, &case.params)?, unet, case))
    }

    fn faults() -> Vec<CaseFault<UnconditionalParams>> {
        [faults::of_schedule(), faults::of_model()].into_iter().flatten().collect()
    }

    fn requires(&self, case: &Case<UnconditionalParams>) -> Requirements {
        case.params.own.unet.requires_sample(case)
    }

    fn run(
        &self,
        case: &Case<UnconditionalParams>,
        device: &Device,
        probe: &mut Probe,
    ) -> Result<(), BoxError> {
        with_sampler!(&case.params.own.scheduler.config, config => run(config, case, device, probe))
    }
}

fn run<S: Sampler>(
    config: &Config<S>,
    case: &Case<UnconditionalParams>,
    device: &Device,
    probe: &mut Probe,
) -> Result<(), BoxError> {
    let sampler = sampler_of(config, &case.params)?;
    let (model, shape) = case.params.own.unet.load(case, device, probe)?;
    let noise = &mut Noise::of(case);
    let latents = generate(&sampler, case.steps, shape, denoise(&model), noise, probe)?;
    image::put_out_of::<S>(latents, probe);
    Ok(())
}
