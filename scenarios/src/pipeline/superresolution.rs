//! The pipeline `ldm_superresolution`, diffusers' `LDMSuperResolutionPipeline`: a UNet denoises latents beside a small
//! image, and a `VQModel` decodes them to a larger one (Rombach et al. 2022, arXiv 2112.10752, section 4.4).

use burn::tensor::{Device, Tensor};
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe, Requirements, within};
use schemars::{Schema, SchemaGenerator};

use super::denoiser::{self, Fed, asked};
use super::faults;
use super::image;
use super::latent::{LatentParams, LatentParts, decode};
use super::loader::Loader;
use super::noise::Noise;
use super::sampler::{sampler_of, unused};
use crate::sampler::{Config, Sampler, Scaled, sample, scaled_by, with_sampler};

/// The tensor among `inputs:`, (N, C, H, W) with values from -1 to 1.
const IMAGE: &str = "image";

/// A UNet that denoises latents beside an image.
#[derive(Debug, Clone, Copy, Default)]
pub struct SuperResolution;

impl Pipeline for SuperResolution {
    const NAME: &'static str = "ldm_superresolution";
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
        let shape = latents_beside(case.inputs.floats(IMAGE)?.0, case)?;
        with_sampler!(&parts.scheduler.config, config => check(config, shape, case))?;
        parts.check_latents()
    }

    fn faults() -> Vec<CaseFault<LatentParams>> {
        [faults::of_schedule(), faults::of_model()].into_iter().flatten().collect()
    }

    fn requires(&self, case: &Case<LatentParams>) -> Requirements {
        let size = case
            .inputs
            .floats::<4>(IMAGE)
            .map_or([0; 2], |([.., height, width], _)| [height, width]);
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

/// The shape of the latents that are denoised beside an image.
fn latents_beside(image: [usize; 4], case: &Case<LatentParams>) -> Result<[usize; 4], BoxError> {
    let both = case.params.own.unet.checked()?.in_channels;
    let [batch, channels, height, width] = image;
    let latents = both / 2;
    if batch != case.batch_size {
        return Err(
            format!("`inputs: image` holds {batch} images; write `batch_size: {batch}`").into()
        );
    }
    if channels != both - latents {
        return Err(format!(
            "`inputs: image` has {channels} channels, the UNet takes {} beside {latents} of the latents: half of its \
             `in_channels`",
            both - latents
        )
        .into());
    }
    Ok([batch, latents, height, width])
}

fn check<S: Sampler>(
    config: &Config<S>,
    [batch, channels, height, width]: [usize; 4],
    case: &Case<LatentParams>,
) -> Result<(), BoxError> {
    let sampler = sampler_of(config, &case.params)?;
    let steps = sampler.steps(case.steps)?;
    let unet = case.params.own.unet.checked()?;
    let times = steps.iter().map(|step| sampler.time(step));
    let fed = Fed { times, output_channels: sampler.output_channels(channels) };
    denoiser::check(unet, [batch, unet.in_channels, height, width], fed)
}

fn run<S: Sampler>(
    config: &Config<S>,
    case: &Case<LatentParams>,
    device: &Device,
    probe: &mut Probe,
) -> Result<(), BoxError> {
    let parts = &case.params.own;
    let sampler = sampler_of(config, &case.params)?;
    let steps = sampler.steps(case.steps)?;
    let mut loader = Loader::new(device, probe);
    let (unet, vqvae) = (loader.load(&parts.unet)?, loader.load(&parts.vqvae)?);
    loader.finish();
    let (size, values) = case.inputs.floats(IMAGE)?;
    let mut noise = Noise::of(case);
    let x = noise.draw(latents_beside(size, case)?, probe);
    let x = scaled_by(x, sampler.init_noise_sigma(&steps));
    let small = probe.input(size, &values);
    // Latents and image are scaled together, so that the step sees latents which are not.
    let mut next = steps.iter();
    let model = |x: Tensor<4>, time| {
        let both = Tensor::cat(vec![x, small.clone()], 1);
        let both = next
            .next()
            .map_or_else(|| both.clone(), |step| sampler.scale_model_input(step, both.clone()));
        within("unet", || unet.forward(both, &[time]))
    };
    let noise = |shape, probe: &mut Probe| noise.draw(shape, probe);
    let latents = sample(&sampler, &steps, Scaled::None, x, model, noise, probe)?;
    image::put_out_decoded(&latents.clone(), decode(&vqvae, latents), probe);
    Ok(())
}
