//! DDPM: denoising diffusion probabilistic models (Ho, Jain & Abbeel 2020, arXiv 2006.11239). The variances are
//! `variance`'s.

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::refuse;
use super::prediction::Rates;
use super::sigma_space::check_betas;
use super::variance::Posterior;
use super::{
    Config, ConfigError, NoiseConfig, Sampler, SamplerError, Stepped, VarianceType, add_noise,
    alpha_bars, check_output,
};
use crate::diffusers::Keys;
use crate::schedule::{BetaSchedule, Schedule, Transition, check_timesteps};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct Ddpm {
    /// What every sampler is configured by.
    pub noise: NoiseConfig,
    /// The noise of each timestep.
    pub schedule: Schedule,
    /// The variance of the noise that each step adds.
    pub variance: VarianceType,
    /// The timesteps to visit, where they are not spaced by `noise`.
    pub timesteps: Option<Vec<usize>>,
}

/// The configuration of diffusers' `DDPMScheduler`.
pub type DdpmConfig = Config<Ddpm>;

/// Keys of a `scheduler_config.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DdpmKeys {
    /// The variance of the noise that each step adds; `fixed_small` if left out.
    pub variance_type: Option<VarianceType>,
}

/// Keys of `params:`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DdpmArguments {
    /// The timesteps to visit, falling, as many as `steps`; spaced by the scheduler if left out.
    pub timesteps: Option<Vec<usize>>,
}

impl Keys for DdpmKeys {}
impl Keys for DdpmArguments {}

impl Sampler for Ddpm {
    type Keys = DdpmKeys;
    type Arguments = DdpmArguments;
    type Step = Transition;
    type Memory<const D: usize> = ();

    fn new(config: &DdpmConfig, arguments: &DdpmArguments) -> Result<Self, ConfigError> {
        let noise = config.noise.clone();
        let variance = config.keys.variance_type.unwrap_or_default();
        if variance == VarianceType::FixedLargeLog {
            let help = "it takes the square root of a negative logarithm, NaN in diffusers too; \
                        write `fixed_large`";
            refuse("variance_type", "fixed_large_log", help)?;
        }
        check_betas(&noise, &[BetaSchedule::Sigmoid, BetaSchedule::Laplace])?;
        let schedule = noise.schedule()?;
        Ok(Self { noise, schedule, variance, timesteps: arguments.timesteps.clone() })
    }

    fn steps(&self, count: usize) -> Result<Vec<Transition>, ConfigError> {
        let Some(timesteps) = &self.timesteps else {
            return Ok(Transition::by_succession(&self.noise.timesteps(count)?));
        };
        if timesteps.len() != count {
            return Err(ConfigError::Listed { timesteps: timesteps.len(), steps: count });
        }
        check_timesteps(timesteps, self.noise.num_train_timesteps)?;
        Ok(Transition::by_succession(timesteps))
    }

    fn time(&self, step: &Transition) -> f64 {
        step.t as f64
    }

    fn variance(&self, between: Transition, learned: f32) -> Option<f32> {
        let (alpha_bar_t, alpha_bar_previous) = alpha_bars(&self.schedule, between).ok()?;
        Some(self.variance.value(Posterior::new(alpha_bar_t, alpha_bar_previous), learned))
    }

    fn noised<const D: usize>(
        &self,
        first: &Transition,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        add_noise(&self.schedule, original, noise, &[first.t])
    }

    /// A learned variance is a second half of the channels.
    fn output_channels(&self, channels: usize) -> usize {
        if self.variance.is_learned() { 2 * channels } else { channels }
    }

    /// `x_t` to `x_{t-1}` (eq. 6 and 7; algorithm 2); no noise is added at timestep 0.
    fn step<const D: usize>(
        &self,
        &transition: &Transition,
        x: Tensor<D>,
        output: Tensor<D>,
        (): &mut (),
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let shape = x.dims();
        let alpha_bars = alpha_bars(&self.schedule, transition)?;
        let (output, learned) = self.split(output, shape)?;
        let (mean, x_0) = self.mean(x, output, alpha_bars);
        let sample = if transition.t > 0 {
            let posterior = Posterior::new(alpha_bars.0, alpha_bars.1);
            mean + self.variance.scale(posterior, learned, noise(shape))
        } else {
            mean
        };
        Ok(Stepped { sample, original: Some(x_0) })
    }
}

impl Ddpm {
    /// The mean of the next sample, and the clean sample (eq. 7 and 15).
    pub(super) fn mean<const D: usize>(
        &self,
        x: Tensor<D>,
        output: Tensor<D>,
        (alpha_bar_t, alpha_bar_previous): (f32, f32),
    ) -> (Tensor<D>, Tensor<D>) {
        let prediction = self.noise.prediction_type;
        let x_0 = prediction.original(x.clone(), output, Rates::new(alpha_bar_t));
        let x_0 = self.noise.bound().apply(x_0);
        let alpha_t = alpha_bar_t / alpha_bar_previous;
        let beta_t = 1.0 - alpha_t;
        let x_0_share = alpha_bar_previous.sqrt() * beta_t / (1.0 - alpha_bar_t);
        let x_t_share = alpha_t.sqrt() * (1.0 - alpha_bar_previous) / (1.0 - alpha_bar_t);
        (x_0.clone().mul_scalar(x_0_share) + x.mul_scalar(x_t_share), x_0)
    }

    /// The prediction and, where the model learned it, the variance: the halves of the channels.
    pub(super) fn split<const D: usize>(
        &self,
        output: Tensor<D>,
        shape: [usize; D],
    ) -> Result<(Tensor<D>, Option<Tensor<D>>), SamplerError> {
        let channels = shape[1];
        let mut wanted = shape;
        wanted[1] = self.output_channels(channels);
        check_output(&output, wanted)?;
        if !self.variance.is_learned() {
            return Ok((output, None));
        }
        let variance = output.clone().narrow(1, channels, channels);
        Ok((output.narrow(1, 0, channels), Some(variance)))
    }
}
