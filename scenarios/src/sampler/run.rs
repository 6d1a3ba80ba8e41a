//! Running a sampler: the model asked and a step made, one after another. What a step is, is [`Sampler`]'s matter.

use burn::tensor::Tensor;
use burn_repro::{Probe, step_name, step_scope};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Sampler, SamplerError};

/// What one step of a sampler makes; both tensors have the shape of the sample.
#[derive(Debug, Clone)]
pub struct Stepped<const D: usize> {
    /// The sample at the next time, diffusers' `prev_sample`.
    pub sample: Tensor<D>,
    /// The clean sample `x_0` as predicted, after clipping or thresholding, where the method makes one; diffusers'
    /// `pred_original_sample`.
    pub original: Option<Tensor<D>>,
}

impl<const D: usize> From<Tensor<D>> for Stepped<D> {
    fn from(sample: Tensor<D>) -> Self {
        Self { sample, original: None }
    }
}

/// Who is given the sample as [`Sampler::scale_model_input`] makes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scaled {
    /// Nobody.
    None,
    /// The model and the step, as in diffusers' tests of schedulers.
    ReplaceSample,
    /// The model, as in diffusers' pipelines.
    #[default]
    ModelInputOnly,
}

/// Runs a sampler from the sample `x` to one of the same shape; `probe` records the sample after each step as
/// `step.NN/latents`.
///
/// # Errors
/// As [`Sampler::step`].
pub fn sample<S: Sampler, const D: usize>(
    sampler: &S,
    steps: &[S::Step],
    scaled: Scaled,
    x: Tensor<D>,
    model: impl FnMut(Tensor<D>, f64) -> Tensor<D>,
    noise: impl FnMut([usize; D], &mut Probe) -> Tensor<D>,
    probe: &mut Probe,
) -> Result<Tensor<D>, SamplerError> {
    Ok(sample_with_original(sampler, steps, scaled, x, model, noise, probe)?.sample)
}

/// The same, with the clean sample that the last step predicted.
pub(crate) fn sample_with_original<S: Sampler, const D: usize>(
    sampler: &S,
    steps: &[S::Step],
    scaled: Scaled,
    x: Tensor<D>,
    mut model: impl FnMut(Tensor<D>, f64) -> Tensor<D>,
    mut noise: impl FnMut([usize; D], &mut Probe) -> Tensor<D>,
    probe: &mut Probe,
) -> Result<Stepped<D>, SamplerError> {
    let mut last = Stepped::from(x);
    let mut memory = S::Memory::default();
    for (index, step) in steps.iter().enumerate() {
        let _step = step_scope(index, steps.len());
        let mut noise = |shape| noise(shape, probe);
        let Stepped { sample: mut x, .. } = last;
        let asked = match scaled {
            Scaled::None => x.clone(),
            Scaled::ReplaceSample | Scaled::ModelInputOnly => {
                sampler.scale_model_input(step, x.clone())
            }
        };
        if scaled == Scaled::ReplaceSample {
            x = asked.clone();
        }
        let output = model(asked, sampler.time(step));
        last = sampler.step(step, x, output, &mut memory, &mut noise)?;
        probe.record(step_name(index, steps.len(), "latents"), &last.sample);
    }
    Ok(last)
}

/// The noise that a run begins with: `x` times `init_noise_sigma`. Left as it is where that is 1, so that no operation is
/// recorded that diffusers' samplers without a sigma do not need.
pub(crate) fn scaled_by<const D: usize>(x: Tensor<D>, init_noise_sigma: f32) -> Tensor<D> {
    if init_noise_sigma.to_bits() == 1f32.to_bits() { x } else { x.mul_scalar(init_noise_sigma) }
}
