//! The pipelines with a model, one for each sampler: `ddim` is diffusers' `DDIMPipeline`, `ddpm` its `DDPMPipeline`.

use std::marker::PhantomData;

use burn::tensor::{Device, Tensor};
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe, Requirements};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::denoiser::{Denoiser, Fed, asked, denoise};
use super::faults;
use super::image;
use super::noise::Noise;
use crate::diffusers::Joined;
use crate::sampler::{
    Config, FromFields, Sampler, Scaled, Scheduler, sample_with_original, scaled_by,
};

/// Noise from the seed, a UNet and a sampler: an image. The steps' noise comes from the same generator.
#[derive(Debug, Clone, Copy)]
pub struct Diffusion<S>(PhantomData<fn() -> S>);

/// The parts of a pipeline's folder that are used.
pub(super) const PARTS: [&str; 2] = ["unet", "scheduler"];

/// `params:` of such a pipeline: a model, a scheduler, and the sampler's own arguments.
pub type DiffusionParams<S> = Joined<ModelParams<Config<S>>, <S as Sampler>::Arguments>;

/// `params:` that have nothing to do with how a sampler is called.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, bound = "C: FromFields + Default")]
#[schemars(rename = "ModelParams", bound = "C: FromFields + Default")]
pub struct ModelParams<C: FromFields> {
    /// The model.
    pub unet: Denoiser,
    /// The keys of a `scheduler_config.json`; those that are left out have the values of the file in a pipeline's folder,
    /// or diffusers' defaults.
    #[serde(default)]
    pub scheduler: Scheduler<C>,
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
        unet.complete(&case.folder, scheduler, &PARTS)
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
        check(&sampler(case)?, &case.params.own.unet, case)
    }

    fn faults() -> Vec<CaseFault<DiffusionParams<S>>> {
        [faults::of_schedule(), faults::of_model()].into_iter().flatten().collect()
    }

    fn requires(&self, case: &Case<DiffusionParams<S>>) -> Requirements {
        case.params.own.unet.requires_sample(case)
    }

    fn run(
        &self,
        case: &Case<DiffusionParams<S>>,
        device: &Device,
        probe: &mut Probe,
    ) -> Result<(), BoxError> {
        let (model, shape) = case.params.own.unet.load(case, device, probe)?;
        let noise = &mut Noise::of(case);
        let latents = generate(&sampler(case)?, case.steps, shape, denoise(&model), noise, probe)?;
        image::put_out_of::<S>(latents, probe);
        Ok(())
    }
}

/// Checks a UNet against what a sampler feeds it, and needs back.
pub(super) fn check<S: Sampler, P>(
    sampler: &S,
    unet: &Denoiser,
    case: &Case<P>,
) -> Result<(), BoxError> {
    let steps = sampler.steps(case.steps)?;
    unet.validate(case, |channels| Fed {
        times: steps.iter().map(|step| sampler.time(step)),
        output_channels: sampler.output_channels(channels),
    })
}

/// Noise of a shape, as much of it as the sampler begins with, and what the sampler makes of it in so many steps.
pub(super) fn generate<S: Sampler>(
    sampler: &S,
    count: usize,
    shape: [usize; 4],
    model: impl FnMut(Tensor<4>, f64) -> Tensor<4>,
    noise: &mut Noise,
    probe: &mut Probe,
) -> Result<Tensor<4>, BoxError> {
    let steps = sampler.steps(count)?;
    // Where a class takes the next timestep, its pipelines say it.
    let steps = sampler.told_next(&steps).unwrap_or(steps);
    let x = scaled_by(noise.draw(shape, probe), sampler.init_noise_sigma(&steps));
    let noise = |shape, probe: &mut Probe| noise.draw(shape, probe);
    let last = sample_with_original(sampler, &steps, Scaled::default(), x, model, noise, probe)?;
    Ok(match last.original {
        Some(original) if S::ENDS_CLEAN => original,
        _ => last.sample,
    })
}
