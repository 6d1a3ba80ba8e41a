//! The pipelines with a model, one for each sampler: `ddim` is diffusers' `DDIMPipeline`, `ddpm` its `DDPMPipeline`.

use std::marker::PhantomData;

use burn::tensor::Device;
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe, Requirements};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::denoiser::{Denoiser, asked, denoise};
use super::faults;
use super::image;
use super::noise::Noise;
use crate::diffusers::Joined;
use crate::sampler::{Config, Sampler, Scheduler, sample};

/// Noise from the seed, a UNet and a sampler: an image. The steps' noise comes from the same generator.
#[derive(Debug, Clone, Copy)]
pub struct Diffusion<S>(PhantomData<fn() -> S>);

/// `params:` of such a pipeline: a model, a scheduler, and the sampler's own arguments.
pub type DiffusionParams<S> = Joined<ModelParams<S>, <S as Sampler>::Arguments>;

/// `params:` that have nothing to do with how a sampler is called.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, bound = "")]
#[schemars(rename = "ModelParams", bound = "")]
pub struct ModelParams<S: Sampler> {
    /// The model.
    pub unet: Denoiser,
    /// The keys of a `scheduler_config.json`; those that are left out have the values of the file in a pipeline's folder,
    /// or diffusers' defaults.
    #[serde(default)]
    pub scheduler: Scheduler<Config<S>>,
}

impl<S> Default for Diffusion<S> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// The sampler of a case.
fn sampler<S: Sampler>(case: &Case<DiffusionParams<S>>) -> Result<S, BoxError> {
    Ok(S::new(&case.params.own.scheduler.config, &case.params.part()?)?)
}

impl<S: Sampler> Pipeline for Diffusion<S> {
    const NAME: &'static str = S::NAME;
    const TAKES_SEED_LIST: bool = true;
    type Params = DiffusionParams<S>;

    fn params_schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        let name = format!("{}{}Params", S::NAME[..1].to_uppercase(), &S::NAME[1..]);
        let mut schema = DiffusionParams::<S>::json_schema(generator);
        let description = format!("`params:` of the pipeline `{}`.", S::NAME);
        schema.insert("description".into(), description.into());
        let reference = Schema::new_ref(format!("#/$defs/{name}"));
        generator.definitions_mut().insert(name, schema.to_value());
        Some(reference)
    }

    fn complete(&self, case: &mut Case<DiffusionParams<S>>) -> Result<Vec<String>, BoxError> {
        let ModelParams { unet, scheduler } = &mut case.params.own;
        unet.complete(&case.folder, scheduler)
    }

    fn asks(&self, case: &Case<DiffusionParams<S>>) -> Option<serde_json::Value> {
        asked(&case.params.own.scheduler)
    }

    fn examine(&self, case: &Case<DiffusionParams<S>>) -> Result<(), BoxError> {
        case.params.own.unet.examine()
    }

    fn validate(&self, case: &Case<DiffusionParams<S>>) -> Result<(), BoxError> {
        if case.params.own.unet.is_absent() {
            return Ok(());
        }
        let sampler = sampler(case)?;
        sampler.steps(case.steps)?;
        case.params.own.unet.validate(case, |channels| sampler.output_channels(channels))
    }

    fn faults() -> Vec<CaseFault<DiffusionParams<S>>> {
        [faults::of_schedule(), faults::of_model()].into_iter().flatten().collect()
    }

    fn requires(&self, case: &Case<DiffusionParams<S>>) -> Requirements {
        case.params.own.unet.requires(case)
    }

    fn run(
        &self,
        case: &Case<DiffusionParams<S>>,
        device: &Device,
        probe: &mut Probe,
    ) -> Result<(), BoxError> {
        let sampler = sampler(case)?;
        let steps = sampler.steps(case.steps)?;
        let (model, shape) = case.params.own.unet.load(case, device, probe)?;
        let mut noise = Noise::of(case);
        let x = sampler.initial(noise.draw(shape, probe));
        let noise = |shape, probe: &mut Probe| noise.draw(shape, probe);
        let latents = sample(&sampler, &steps, x, denoise(&model), noise, probe)?;
        image::put_out(latents, probe);
        Ok(())
    }
}
