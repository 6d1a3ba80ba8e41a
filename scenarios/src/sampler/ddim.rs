//! DDIM: denoising diffusion implicit models (Song, Meng & Ermon 2020, arXiv 2010.02502).
//!
//! The sampler and its single step; how it is configured from a file is [`config`](super::config)'s.

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_repro::{Probe, step_name, step_scope};

use super::prediction::Rates;
use super::{Bound, PredictionType, SamplerError, Step, alpha_bars, check_output};
use crate::schedule::{Schedule, Transition};

/// What stays the same over all steps of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Ddim {
    /// The noise of each timestep, and of the end.
    pub schedule: Schedule,
    /// What the model predicts.
    pub prediction: PredictionType,
    /// What keeps the predicted clean sample within the range of the data.
    pub bound: Bound,
    /// The share of fresh noise: 0 is deterministic, 1 has the variance of DDPM (eq. 16).
    pub eta: f64,
    /// Whether the noise is derived anew from the bounded clean sample, as GLIDE does.
    pub use_clipped_model_output: bool,
}

/// Runs DDIM from the noise `x` to a sample of the same shape.
///
/// `model` is given the sample and the time. `noise` is asked for noise of the sample's shape,
/// once in each step if `eta` is above 0 and never otherwise. `probe` records the sample after each
/// step as `step.NN/latents`.
///
/// # Errors
/// If a timestep is not in the schedule, the model's output has another shape than the sample, or
/// the device cannot be read for dynamic thresholding.
pub fn ddim<B: Backend, const D: usize>(
    sampler: &Ddim,
    transitions: &[Transition],
    mut x: Tensor<B, D>,
    mut model: impl FnMut(Tensor<B, D>, f64) -> Tensor<B, D>,
    noise: &mut impl FnMut([usize; D], &mut Probe<B>) -> Tensor<B, D>,
    probe: &mut Probe<B>,
) -> Result<Tensor<B, D>, SamplerError> {
    for (index, &transition) in transitions.iter().enumerate() {
        let _step = step_scope(index, transitions.len());
        let output = model(x.clone(), transition.t as f64);
        x = ddim_step(sampler, transition, x, output, |shape| noise(shape, probe))?.sample;
        probe.record(step_name(index, transitions.len(), "latents"), &x);
    }
    Ok(x)
}

/// One step of DDIM: `x_t` to `x_{t-1}` (eq. 12).
///
/// `output` is the model's answer for `x` at `transition.t`; `draw` makes noise of the sample's
/// shape and is called if `eta` is above 0.
///
/// # Errors
/// As [`ddim`].
pub fn ddim_step<B: Backend, const D: usize>(
    sampler: &Ddim,
    transition: Transition,
    x: Tensor<B, D>,
    output: Tensor<B, D>,
    draw: impl FnOnce([usize; D]) -> Tensor<B, D>,
) -> Result<Step<B, D>, SamplerError> {
    let shape = x.dims();
    check_output(&output, shape)?;
    let (alpha_bar_t, alpha_bar_previous) = alpha_bars(&sampler.schedule, transition)?;
    let rates = Rates::new(alpha_bar_t);
    let prediction = sampler.prediction;
    let x_0 = prediction.original(x.clone(), output.clone(), rates);
    let x_0 = sampler.bound.apply(x_0)?;
    let epsilon = if sampler.use_clipped_model_output {
        rates.epsilon(x, x_0.clone())
    } else {
        prediction.epsilon(x, output, rates)
    };

    let sigma_t = sigma(alpha_bar_t, alpha_bar_previous, sampler.eta);
    // The formula gives 0 or more, its rounding may not: -6e-8 after a timestep of pure noise.
    let direction = (1.0 - alpha_bar_previous - sigma_t * sigma_t).max(0.0).sqrt();
    let mean = x_0.clone().mul_scalar(alpha_bar_previous.sqrt()) + epsilon.mul_scalar(direction);
    let sample = if sampler.eta > 0.0 { mean + draw(shape).mul_scalar(sigma_t) } else { mean };
    Ok(Step { sample, original: x_0 })
}

/// The standard deviation of the fresh noise (eq. 16).
fn sigma(alpha_bar_t: f32, alpha_bar_previous: f32, eta: f64) -> f32 {
    let variance =
        (1.0 - alpha_bar_previous) / (1.0 - alpha_bar_t) * (1.0 - alpha_bar_t / alpha_bar_previous);
    eta as f32 * variance.sqrt()
}
