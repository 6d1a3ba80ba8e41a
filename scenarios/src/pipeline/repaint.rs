//! The pipeline `repaint`, diffusers' `RePaintPipeline`: a UNet makes what a mask leaves out of an image.

use burn::tensor::Device;
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe, Requirements};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::denoiser::{self, Denoiser, Fed, asked, denoise};
use super::diffusion::PARTS;
use super::faults;
use super::image;
use super::noise::Noise;
use crate::sampler::Scheduler;
use crate::sampler::repaint::{Jumps, Known, Repaint, RepaintConfig, RepaintStep};

/// The image among `inputs:`, (N, C, H, W) with values from -1 to 1.
const IMAGE: &str = "image";
/// Where the image is kept, of the same shape or with one channel: 1 for kept, 0 for made.
const MASK: &str = "mask_image";

/// A UNet that completes an image.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inpainting;

/// `params:` of the pipeline `repaint`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepaintParams {
    /// The model.
    pub unet: Denoiser,
    /// The keys of a `scheduler_config.json`; those that are left out have the values of the file in a pipeline's folder,
    /// or diffusers' defaults.
    #[serde(default)]
    pub scheduler: Scheduler<RepaintConfig>,
    /// The share of fresh noise in each step: 0 for none, 1 for as much as DDPM.
    #[serde(default)]
    pub eta: f64,
    /// How many steps are made again in one go.
    #[serde(default = "ten")]
    pub jump_length: usize,
    /// How often each stretch of so many steps is made.
    #[serde(default = "ten")]
    pub jump_n_sample: usize,
}

/// diffusers' default.
fn ten() -> usize {
    10
}

impl RepaintParams {
    fn sampler(&self, count: usize) -> Result<(Repaint, Vec<RepaintStep>), BoxError> {
        let sampler = Repaint::new(&self.scheduler.config, self.eta)?;
        let jumps = Jumps { length: self.jump_length, samples: self.jump_n_sample };
        let steps = sampler.steps(count, jumps)?;
        Ok((sampler, steps))
    }
}

impl Pipeline for Inpainting {
    const NAME: &'static str = "repaint";
    type Params = RepaintParams;

    fn params_schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<RepaintParams>())
    }

    fn complete(&self, case: &mut Case<RepaintParams>) -> Result<Vec<String>, BoxError> {
        let RepaintParams { unet, scheduler, .. } = &mut case.params;
        unet.complete(&case.folder, scheduler, &PARTS)
    }

    fn asks(&self, case: &Case<RepaintParams>) -> Option<serde_json::Value> {
        asked(&case.params.scheduler)
    }

    fn examine(&self, case: &Case<RepaintParams>) -> Result<(), BoxError> {
        case.params.unet.examine()
    }

    fn validate(&self, case: &Case<RepaintParams>) -> Result<(), BoxError> {
        if case.params.unet.is_absent() {
            return Ok(());
        }
        let (_, steps) = case.params.sampler(case.steps)?;
        let shape = case.inputs.floats(IMAGE)?.0;
        check_inputs(shape, case.inputs.floats(MASK)?.0, case.batch_size)?;
        let times = steps.iter().filter_map(|step| match step {
            RepaintStep::Back(transition) => Some(transition.t as f64),
            RepaintStep::Forwards { .. } => None,
        });
        let fed = Fed { times, output_channels: shape[1] };
        denoiser::check(case.params.unet.checked()?, shape, fed)
    }

    fn faults() -> Vec<CaseFault<RepaintParams>> {
        [faults::of_schedule(), faults::of_model()].into_iter().flatten().collect()
    }

    fn requires(&self, case: &Case<RepaintParams>) -> Requirements {
        let size = case
            .inputs
            .floats::<4>(IMAGE)
            .map_or([0; 2], |([.., height, width], _)| [height, width]);
        let [height, width] = size;
        let none = Requirements::default();
        case.params.unet.requires(case, none, |unet| unet.extent(case.batch_size, height, width))
    }

    fn run(
        &self,
        case: &Case<RepaintParams>,
        device: &Device,
        probe: &mut Probe,
    ) -> Result<(), BoxError> {
        let (sampler, steps) = case.params.sampler(case.steps)?;
        let model = case.params.unet.load_alone(device, probe)?;
        let (shape, image) = case.inputs.floats::<4>(IMAGE)?;
        let (mask_shape, mask) = case.inputs.floats::<4>(MASK)?;
        let mut noise = Noise::of(case);
        let x = noise.draw(shape, probe);
        let known =
            Known { image: probe.input(shape, &image), mask: probe.input(mask_shape, &mask) };
        let noise = |shape, probe: &mut Probe| noise.draw(shape, probe);
        let latents = sampler.sample(&steps, &known, x, denoise(&model), noise, probe)?;
        image::put_out(latents, probe);
        Ok(())
    }
}

/// Refuses an image and a mask that do not fit each other, or the batch.
fn check_inputs(image: [usize; 4], mask: [usize; 4], batch_size: usize) -> Result<(), BoxError> {
    let [batch, channels, height, width] = image;
    if batch != batch_size {
        return Err(
            format!("`inputs: image` holds {batch} images; write `batch_size: {batch}`").into()
        );
    }
    if mask != image && mask != [batch, 1, height, width] {
        return Err(format!(
            "`inputs: mask_image` has the shape {mask:?}; for the image it takes {image:?}, or 1 channel in place of \
             {channels}"
        )
        .into());
    }
    Ok(())
}
