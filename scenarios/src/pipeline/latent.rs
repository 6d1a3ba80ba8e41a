//! The pipeline `ldm_uncond`, diffusers' `LDMPipeline`: a UNet denoises latents, which a `VQModel` decodes (Rombach et al.
//! 2022, arXiv 2112.10752).

use burn::tensor::{Device, Tensor};
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe, Requirements, within};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::denoiser::{Denoiser, asked, denoise};
use super::diffusion::{check, generate};
use super::faults;
use super::image;
use super::loader::Loader;
use super::noise::Noise;
use super::part::Part;
use super::sampler::{sampler_of, unused};
use crate::autoencoder::{Autoencoder, VQModel, VQModelConfig};
use crate::diffusers::Joined;
use crate::sampler::{AllArguments, Config, Sampler, Scheduler, SchedulerConfig, with_sampler};

/// The parts of the pipeline's folder that are used.
const PARTS: [&str; 3] = ["unet", "vqvae", "scheduler"];

/// A UNet that denoises latents.
#[derive(Debug, Clone, Copy, Default)]
pub struct LatentDiffusion;

/// `params:` of the pipelines with latents of a `VQModel`, and the arguments of whichever sampler it is.
pub type LatentParams = Joined<LatentParts, AllArguments>;

/// The models, and how latents are sampled.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LatentParams")]
pub struct LatentParts {
    /// The model that denoises latents.
    pub unet: Denoiser,
    /// The model that decodes them.
    pub vqvae: Part<VQModelConfig>,
    /// The keys of a `scheduler_config.json`, with `_class_name`; those that are left out have the values of the file in
    /// the UNet's folder, or diffusers' defaults. A DDIMScheduler if left out altogether.
    #[serde(default)]
    pub scheduler: Scheduler<SchedulerConfig>,
}

impl LatentParts {
    /// Reads the folders that are here.
    pub(super) fn complete<P>(case: &mut Case<Joined<Self, P>>) -> Result<Vec<String>, BoxError> {
        let Self { unet, vqvae, scheduler } = &mut case.params.own;
        let notices = unet.complete(&case.folder, scheduler, &PARTS)?;
        Ok(notices.into_iter().chain(vqvae.open(&case.folder)?).collect())
    }

    /// Whether one of the models is not here.
    pub(super) fn is_absent(&self) -> bool {
        self.unet.is_absent() || self.vqvae.is_absent()
    }

    /// Reads the weights of folders and checks that they are numbers.
    pub(super) fn examine(&self) -> Result<(), BoxError> {
        self.unet.examine()?;
        self.vqvae.examine()
    }

    /// Checks that the latents which the UNet makes are those that the autoencoder takes.
    pub(super) fn check_latents(&self) -> Result<(), BoxError> {
        let made = self.unet.checked()?.out_channels;
        let taken = self.vqvae.checked()?.latent_channels();
        if made == taken {
            return Ok(());
        }
        Err(format!(
            "`unet` makes latents of {made} channels, `vqvae` decodes {taken}; write the same `out_channels` and \
             `latent_channels`"
        )
        .into())
    }

    /// The folders, and what the models ask of a target for latents of a height and a width.
    pub(super) fn requires<P>(&self, case: &Case<P>, [height, width]: [usize; 2]) -> Requirements {
        let batch = case.batch_size;
        let none = Requirements::default();
        let unet = self.unet.requires(case, none, |unet| unet.extent(batch, height, width));
        self.vqvae.requires(case, unet, |vqvae| vqvae.extent(batch, height, width))
    }
}

impl Pipeline for LatentDiffusion {
    const NAME: &'static str = "ldm_uncond";
    const TAKES_SEED_LIST: bool = true;
    type Params = LatentParams;

    fn params_schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<LatentParams>())
    }

    fn complete(&self, case: &mut Case<LatentParams>) -> Result<Vec<String>, BoxError> {
        let mut notices = LatentParts::complete(case)?;
        let params = &case.params;
        notices
            .extend(with_sampler!(&params.own.scheduler.config, config => unused(config, params)));
        Ok(notices)
    }

    fn asks(&self, case: &Case<LatentParams>) -> Option<serde_json::Value> {
        asked(&case.params.own.scheduler)
    }

    fn examine(&self, case: &Case<LatentParams>) -> Result<(), BoxError> {
        case.params.own.examine()
    }

    fn validate(&self, case: &Case<LatentParams>) -> Result<(), BoxError> {
        let parts = &case.params.own;
        if parts.is_absent() {
            return Ok(());
        }
        with_sampler!(&parts.scheduler.config, config => {
            check(&sampler_of(config, &case.params)?, &parts.unet, case)
        })?;
        parts.check_latents()
    }

    fn faults() -> Vec<CaseFault<LatentParams>> {
        [faults::of_schedule(), faults::of_model()].into_iter().flatten().collect()
    }

    fn requires(&self, case: &Case<LatentParams>) -> Requirements {
        let size = case.params.own.unet.config().and_then(|unet| unet.sample_size);
        let size = size.map_or([0; 2], |size| [size.height, size.width]);
        case.params.own.requires(case, size)
    }

    fn run(
        &self,
        case: &Case<LatentParams>,
        device: &Device,
        probe: &mut Probe,
    ) -> Result<(), BoxError> {
        with_sampler!(&case.params.own.scheduler.config, config => run(config, case, device, probe))
    }
}

fn run<S: Sampler>(
    config: &Config<S>,
    case: &Case<LatentParams>,
    device: &Device,
    probe: &mut Probe,
) -> Result<(), BoxError> {
    let parts = &case.params.own;
    let sampler = sampler_of(config, &case.params)?;
    let mut loader = Loader::new(device, probe);
    let (unet, vqvae) = (loader.load(&parts.unet)?, loader.load(&parts.vqvae)?);
    loader.finish();
    let shape = parts.unet.sample_shape(case.batch_size)?;
    let noise = &mut Noise::of(case);
    let latents = generate(&sampler, case.steps, shape, denoise(&unet), noise, probe)?;
    let scaled = latents.clone().div_scalar(parts.vqvae.checked()?.scaling_factor());
    image::put_out_decoded(&latents, decode(&vqvae, scaled), probe);
    Ok(())
}

/// Latents to images, in the scope of the model.
pub(super) fn decode(vqvae: &VQModel, latents: Tensor<4>) -> Tensor<4> {
    within("vqvae", || vqvae.decode(latents))
}
