//! Heun's second-order method for rectified flow (Liu et al. 2022, arXiv 2209.03003; Karras et al. 2022, arXiv
//! 2206.00364, algorithm 2, whose churn it has as well).
//!
//! Noise levels in `f64`, rounded to `f32`; coefficients in `f32`; `gamma` in `f64`.

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::churn::{Churn, ChurnArguments, raised};
use super::flow_levels::{check_shift, spaced_levels};
use super::flow_match_euler::mixed;
use super::half::{Begun, Half, halves};
use super::sigma_space::{ending_with, noise_defaults, without_betas};
use super::{Config, ConfigError, NoiseConfig, Sampler, SamplerError, Stepped, check_output};
use crate::diffusers::Keys;
use crate::schedule::shifted;

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowMatchHeun {
    train: usize,
    shift: f64,
    churn: Churn,
}

/// Keys of a `scheduler_config.json`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FlowMatchHeunKeys {
    /// How far noise levels are moved towards 1; 1 leaves them.
    pub shift: f64,
}

impl Default for FlowMatchHeunKeys {
    fn default() -> Self {
        Self { shift: 1.0 }
    }
}

impl Keys for FlowMatchHeunKeys {}

/// Half a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlowHeunStep {
    /// The time that the model is asked about.
    pub t: f32,
    /// The noise level that the whole step begins with.
    pub sigma: f32,
    /// What fresh noise adds to it first, relative to it.
    pub gamma: f64,
    /// The noise level that the whole step ends with.
    pub next: f32,
    /// Which of its slopes this is about.
    pub half: Half,
}

impl Sampler for FlowMatchHeun {
    type Keys = FlowMatchHeunKeys;
    type Arguments = ChurnArguments;
    type Step = FlowHeunStep;
    type Memory<const D: usize> = Begun<D>;

    const ORDER: usize = 2;
    const WITHOUT: &'static [&'static str] = without_betas!("prediction_type");

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(config: &Config<Self>, arguments: &ChurnArguments) -> Result<Self, ConfigError> {
        config.noise.check_train()?;
        let shift = config.keys.shift;
        check_shift(shift)?;
        let churn = arguments.churn().check()?;
        Ok(Self { train: config.noise.num_train_timesteps, shift, churn })
    }

    fn steps(&self, count: usize) -> Result<Vec<FlowHeunStep>, ConfigError> {
        let levels = spaced_levels(self.train, Some(self.shift), count)?;
        let levels: Vec<f64> = levels.into_iter().map(|level| shifted(level, self.shift)).collect();
        let sigmas = ending_with(&levels, 0.0);
        let step = |(index, half)| {
            let (sigma, next) = (sigmas[index], sigmas[index + 1]);
            let asked = if half == Half::First { sigma } else { next };
            let gamma = self.churn.gamma(sigma, (2 * count).saturating_sub(1));
            FlowHeunStep { t: asked * self.train as f32, sigma, gamma, next, half }
        };
        Ok(halves(count).map(step).collect())
    }

    fn time(&self, step: &FlowHeunStep) -> f64 {
        step.t.into()
    }

    fn noised<const D: usize>(
        &self,
        first: &FlowHeunStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Ok(mixed(original, noise, first.sigma))
    }

    /// Along the first slope, and then, from where the step began, along the mean of both (arXiv 2206.00364,
    /// algorithm 2, lines 7 to 11). diffusers adds fresh noise before the second slope, too.
    fn step<const D: usize>(
        &self,
        &FlowHeunStep { sigma, gamma, next, half, .. }: &FlowHeunStep,
        x: Tensor<D>,
        output: Tensor<D>,
        begun: &mut Begun<D>,
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        check_output(&output, x.dims())?;
        let x = self.churn.apply(x, sigma, gamma, noise);
        let raised = raised(sigma, gamma);
        let (at, over) = match half {
            Half::First => (sigma, raised),
            Half::Second => (next, next),
        };
        let x_0 = x.clone() - output.mul_scalar(at);
        let slope = (x.clone() - x_0.clone()).div_scalar(over);
        let (begin, slope) = match half {
            Half::First => {
                begun.0 = Some((x.clone(), slope.clone()));
                (x, slope)
            }
            Half::Second => {
                let (begin, first) = begun.take()?;
                (begin, (first + slope).mul_scalar(0.5))
            }
        };
        let sample = begin + slope.mul_scalar(next - raised);
        Ok(Stepped { sample, original: Some(x_0) })
    }
}
