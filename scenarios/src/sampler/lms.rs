//! LMS: linear multistep (Adams-Bashforth with unequal steps) on the probability flow, as k-diffusion has it: the
//! slope is the polynomial through the last slopes, integrated over the step (Hairer, Nørsett & Wanner, Solving
//! Ordinary Differential Equations I, section III.5).
//!
//! Sigmas in `f64`, rounded to `f32`; the polynomial in `f32` and its integral in `f64`, at the places where SciPy
//! looks: their rounding is larger than that of an exact integral, and is carried from step to step.

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::{SpacingKeys, refuse};
use super::kronrod::shares;
use super::sigma_space::{
    Ladder, check_betas, check_prediction, ending_with, initial_sigma, model_input, noise_defaults,
    noised, original, without_bounds,
};
use super::{
    Config, ConfigError, NoiseConfig, PredictionType, Sampler, SamplerError, Stepped, check_output,
};
use crate::diffusers::Keys;

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct Lms {
    noise: NoiseConfig,
    ladder: Ladder,
    order: usize,
}

/// Keys of `params:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LmsArguments {
    /// How many slopes a step looks at.
    pub order: usize,
}

impl Default for LmsArguments {
    fn default() -> Self {
        Self { order: 4 }
    }
}

impl Keys for LmsArguments {}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct LmsStep {
    /// The time that the model is asked about.
    pub t: f32,
    /// The sigma of the sample.
    pub sigma: f32,
    /// What the slopes are multiplied by, that of this step first.
    pub shares: Vec<f64>,
}

impl Sampler for Lms {
    type Keys = SpacingKeys;
    type Arguments = LmsArguments;
    type Step = LmsStep;
    type Memory<const D: usize> = Vec<Tensor<D>>;

    const WITHOUT: &'static [&'static str] = without_bounds!("rescale_betas_zero_snr");

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(config: &Config<Self>, arguments: &LmsArguments) -> Result<Self, ConfigError> {
        use PredictionType::{Epsilon, Sample, Velocity};
        let Config { noise, keys } = config.clone();
        check_betas(&noise, &[])?;
        check_prediction(&noise, &[Epsilon, Sample, Velocity])?;
        if arguments.order == 0 {
            refuse("order", 0, "a step looks at one slope or more; diffusers has 4")?;
        }
        let ladder = Ladder::new(&noise, keys.spacing()?, [None; 2])?;
        Ok(Self { noise, ladder, order: arguments.order })
    }

    fn steps(&self, count: usize) -> Result<Vec<LmsStep>, ConfigError> {
        let (times, sigmas) = self.ladder.rungs(&self.noise, count)?;
        let sigmas = ending_with(&sigmas, 0.0);
        let step = |(index, t)| {
            let shares = shares(&sigmas, index, self.order.min(index + 1));
            LmsStep { t: t as f32, sigma: sigmas[index], shares }
        };
        Ok(times.into_iter().enumerate().map(step).collect())
    }

    fn time(&self, step: &LmsStep) -> f64 {
        step.t.into()
    }

    fn init_noise_sigma(&self, steps: &[LmsStep]) -> f32 {
        let largest = steps.iter().fold(0.0, |largest: f32, step| largest.max(step.sigma));
        initial_sigma(&self.noise, largest)
    }

    fn scale_model_input<const D: usize>(&self, step: &LmsStep, x: Tensor<D>) -> Tensor<D> {
        model_input(x, step.sigma)
    }

    fn sigmas(&self, steps: &[LmsStep]) -> Vec<f32> {
        steps.iter().map(|step| step.sigma).chain([0.0]).collect()
    }

    fn noised<const D: usize>(
        &self,
        first: &LmsStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Ok(noised(original, noise, first.sigma))
    }

    /// The shares of as many slopes as there are; a run that begins late has fewer than shares.
    fn step<const D: usize>(
        &self,
        LmsStep { sigma, shares, .. }: &LmsStep,
        x: Tensor<D>,
        output: Tensor<D>,
        slopes: &mut Vec<Tensor<D>>,
        _noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        check_output(&output, x.dims())?;
        let x_0 = original(self.noise.prediction_type, x.clone(), output, *sigma);
        slopes.insert(0, (x.clone() - x_0.clone()).div_scalar(*sigma));
        slopes.truncate(self.order);
        let parts =
            slopes.iter().zip(shares).map(|(slope, &share)| slope.clone().mul_scalar(share));
        let sample = match parts.reduce(|sum, part| sum + part) {
            Some(sum) => x + sum,
            None => x,
        };
        Ok(Stepped { sample, original: Some(x_0) })
    }
}
