//! The pipeline `dit`, diffusers' `DiTPipeline`: a transformer denoises latents of a class, which an `AutoencoderKL` decodes
//! (Peebles & Xie 2022, arXiv 2212.09748).

use burn::tensor::{Device, Tensor};
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe, Requirements, within};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::denoiser::asked;
use super::faults;
use super::guidance::{Guidance, Guided};
use super::image;
use super::loader::Loader;
use super::noise::Noise;
use super::part::Part;
use super::sampler::{sampler_of, unused};
use crate::autoencoder::{Autoencoder, AutoencoderKLConfig};
use crate::diffusers::Joined;
use crate::dit::DiTConfig;
use crate::sampler::{
    AllArguments, Config, Sampler, Scaled, Scheduler, SchedulerConfig, sample, with_sampler,
};

/// The parts of the pipeline's folder that are used.
const PARTS: [&str; 3] = ["transformer", "vae", "scheduler"];

/// A transformer that denoises latents of a class.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dit;

/// `params:` of the pipeline `dit`, and the arguments of whichever sampler it is.
pub type DitParams = Joined<DitParts, AllArguments>;

/// The models, the classes, and how latents are sampled.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DitParams")]
pub struct DitParts {
    /// The model that denoises latents.
    pub transformer: Part<DiTConfig>,
    /// The model that decodes them. Without an `init_seed` its weights are the random numbers that follow those of the
    /// transformer.
    pub vae: Part<AutoencoderKLConfig>,
    /// The keys of a `scheduler_config.json`, with `_class_name`; those that are left out have the values of the file in
    /// the transformer's folder, or diffusers' defaults. A DDIMScheduler if left out altogether.
    #[serde(default)]
    pub scheduler: Scheduler<SchedulerConfig>,
    /// The class of each sample.
    #[serde(default)]
    pub class_labels: Vec<usize>,
    /// How much more the class counts than no class (Ho & Salimans 2022, arXiv 2207.12598); none of it at 1 and below.
    #[serde(default = "guidance_scale")]
    pub guidance_scale: f64,
}

/// diffusers' default.
fn guidance_scale() -> f64 {
    4.0
}

impl DitParts {
    /// The guidance, checked.
    fn guidance(&self, batch_size: usize) -> Result<Guidance, BoxError> {
        Guidance::new(
            self.transformer.checked()?,
            &self.class_labels,
            self.guidance_scale,
            batch_size,
        )
    }
}

impl Pipeline for Dit {
    const NAME: &'static str = "dit";
    const TAKES_SEED_LIST: bool = true;
    type Params = DitParams;

    fn params_schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<DitParams>())
    }

    fn complete(&self, case: &mut Case<DitParams>) -> Result<Vec<String>, BoxError> {
        let DitParts { transformer, vae, scheduler, .. } = &mut case.params.own;
        let mut notices = transformer.complete(&case.folder, scheduler, &PARTS)?;
        notices.extend(vae.open(&case.folder)?);
        let params = &case.params;
        notices
            .extend(with_sampler!(&params.own.scheduler.config, config => unused(config, params)));
        Ok(notices)
    }

    fn asks(&self, case: &Case<DitParams>) -> Option<serde_json::Value> {
        asked(&case.params.own.scheduler)
    }

    fn examine(&self, case: &Case<DitParams>) -> Result<(), BoxError> {
        case.params.own.transformer.examine()?;
        case.params.own.vae.examine()
    }

    fn validate(&self, case: &Case<DitParams>) -> Result<(), BoxError> {
        let DitParts { transformer, vae, scheduler, .. } = &case.params.own;
        if transformer.is_absent() || vae.is_absent() {
            return Ok(());
        }
        case.params.own.guidance(case.batch_size)?;
        let (made, taken) = (transformer.checked()?.in_channels, vae.checked()?.latent_channels());
        if made != taken {
            return Err(format!(
                "`transformer` makes latents of {made} channels, `vae` decodes {taken}; write the same `in_channels` \
                 and `latent_channels`"
            )
            .into());
        }
        with_sampler!(&scheduler.config, config => check(config, case))
    }

    fn faults() -> Vec<CaseFault<DitParams>> {
        [faults::of_schedule(), faults::of_classes()].into_iter().flatten().collect()
    }

    fn requires(&self, case: &Case<DitParams>) -> Requirements {
        let DitParts { transformer, vae, .. } = &case.params.own;
        let side = transformer.config().map_or(0, |config| config.sample_size);
        let batch = case.batch_size;
        let none = Requirements::default();
        // Guidance asks about every sample twice.
        let both = transformer.requires(case, none, |transformer| transformer.extent(2 * batch));
        vae.requires(case, both, |vae| vae.extent(batch, side, side))
    }

    fn run(
        &self,
        case: &Case<DitParams>,
        device: &Device,
        probe: &mut Probe,
    ) -> Result<(), BoxError> {
        with_sampler!(&case.params.own.scheduler.config, config => run(config, case, device, probe))
    }
}

/// Refuses a sampler that needs what the pipeline leaves out.
fn check<S: Sampler>(config: &Config<S>, case: &Case<DitParams>) -> Result<(), BoxError> {
    let sampler = sampler_of(config, &case.params)?;
    sampler.steps(case.steps)?;
    match sampler.output_channels(1) {
        1 => Ok(()),
        _ => Err("`dit` leaves the transformer's learned variance out, as diffusers does; write another \
                  `variance_type`, such as `fixed_small`"
            .into()),
    }
}

fn run<S: Sampler>(
    config: &Config<S>,
    case: &Case<DitParams>,
    device: &Device,
    probe: &mut Probe,
) -> Result<(), BoxError> {
    let parts = &case.params.own;
    let sampler = sampler_of(config, &case.params)?;
    let steps = sampler.steps(case.steps)?;
    let mut loader = Loader::new(device, probe);
    let (transformer, vae) = (loader.load(&parts.transformer)?, loader.load(&parts.vae)?);
    loader.finish();
    let model = Guided { model: &transformer, guidance: parts.guidance(case.batch_size)? };
    let transformer = parts.transformer.checked()?;
    let side = transformer.sample_size;
    let mut noise = Noise::of(case);
    // Not times `init_noise_sigma`, and scaled for the step as well: so diffusers' pipeline has it.
    let x = noise.draw([case.batch_size, transformer.in_channels, side, side], probe);
    let noise = |shape, probe: &mut Probe| noise.draw(shape, probe);
    let model = |x: Tensor<4>, time| within("transformer", || model.forward(x, time));
    let latents = sample(&sampler, &steps, Scaled::ReplaceSample, x, model, noise, probe)?;
    let scaled = latents.clone().mul_scalar(1.0 / parts.vae.checked()?.scaling_factor());
    let decoded = within("vae", || AutoencoderKLConfig::decode(&vae, scaled));
    image::put_out_decoded(&latents, decoded, probe);
    Ok(())
}
