//! DDPM: denoising diffusion probabilistic models (Ho, Jain & Abbeel 2020, arXiv 2006.11239).
//!
//! The sampler and its single step; the variances are [`variance`](super::variance)'s, how it is
//! configured from a file is [`config`](super::config)'s.

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_repro::{Probe, step_name, step_scope};

use super::prediction::Rates;
use super::variance::Posterior;
use super::{Bound, PredictionType, SamplerError, Step, VarianceType, alpha_bars, check_output};
use crate::schedule::{Schedule, Transition};

/// What stays the same over all steps of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Ddpm {
    /// The noise of each timestep.
    pub schedule: Schedule,
    /// What the model predicts.
    pub prediction: PredictionType,
    /// What keeps the predicted clean sample within the range of the data.
    pub bound: Bound,
    /// The variance of the noise that each step adds.
    pub variance: VarianceType,
}

/// Runs DDPM from the noise `x` to a sample of the same shape (algorithm 2).
///
/// `model` is given the sample and the time; for a learned variance its output has twice the
/// channels (dimension 1), the second half of which is the variance. `noise` is asked for noise of
/// the sample's shape once in each step but one at timestep 0. `probe` records the sample after
/// each step as `step.NN/latents`.
///
/// # Errors
/// If a timestep is not in the schedule, the model's output has the wrong shape, or the device
/// cannot be read for dynamic thresholding.
pub fn ddpm<B: Backend, const D: usize>(
    sampler: &Ddpm,
    transitions: &[Transition],
    mut x: Tensor<B, D>,
    mut model: impl FnMut(Tensor<B, D>, f64) -> Tensor<B, D>,
    noise: &mut impl FnMut([usize; D], &mut Probe<B>) -> Tensor<B, D>,
    probe: &mut Probe<B>,
) -> Result<Tensor<B, D>, SamplerError> {
    for (index, &transition) in transitions.iter().enumerate() {
        let _step = step_scope(index, transitions.len());
        let output = model(x.clone(), transition.t as f64);
        x = ddpm_step(sampler, transition, x, output, |shape| noise(shape, probe))?.sample;
        probe.record(step_name(index, transitions.len(), "latents"), &x);
    }
    Ok(x)
}

/// One step of DDPM: `x_t` to `x_{t-1}` (eq. 6 and 7).
///
/// `output` is the model's answer for `x` at `transition.t`; `draw` makes noise of the sample's
/// shape and is called unless that timestep is 0.
///
/// # Errors
/// As [`ddpm`].
pub fn ddpm_step<B: Backend, const D: usize>(
    sampler: &Ddpm,
    transition: Transition,
    x: Tensor<B, D>,
    output: Tensor<B, D>,
    draw: impl FnOnce([usize; D]) -> Tensor<B, D>,
) -> Result<Step<B, D>, SamplerError> {
    let shape = x.dims();
    let (output, learned) = split(output, shape, sampler.variance.is_learned())?;
    let (alpha_bar_t, alpha_bar_previous) = alpha_bars(&sampler.schedule, transition)?;
    let x_0 = sampler.prediction.original(x.clone(), output, Rates::new(alpha_bar_t));
    let x_0 = sampler.bound.apply(x_0)?;

    let alpha_t = alpha_bar_t / alpha_bar_previous;
    let beta_t = 1.0 - alpha_t;
    let x_0_share = alpha_bar_previous.sqrt() * beta_t / (1.0 - alpha_bar_t);
    let x_t_share = alpha_t.sqrt() * (1.0 - alpha_bar_previous) / (1.0 - alpha_bar_t);
    let mean = x_0.clone().mul_scalar(x_0_share) + x.mul_scalar(x_t_share);
    let sample = if transition.t > 0 {
        let posterior = Posterior::new(alpha_bar_t, alpha_bar_previous);
        mean + sampler.variance.scale(posterior, learned, draw(shape))
    } else {
        mean
    };
    Ok(Step { sample, original: x_0 })
}

/// The prediction and, where the model learned it, the variance: the halves of the channels.
fn split<B: Backend, const D: usize>(
    output: Tensor<B, D>,
    shape: [usize; D],
    learned: bool,
) -> Result<(Tensor<B, D>, Option<Tensor<B, D>>), SamplerError> {
    if !learned {
        check_output(&output, shape)?;
        return Ok((output, None));
    }
    let mut doubled = shape;
    doubled[1] *= 2;
    check_output(&output, doubled)?;
    let channels = shape[1];
    let variance = output.clone().narrow(1, channels, channels);
    Ok((output.narrow(1, 0, channels), Some(variance)))
}
