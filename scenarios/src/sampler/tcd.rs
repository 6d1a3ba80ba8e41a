//! TCD: trajectory consistency distillation (Zheng et al. 2024, arXiv 2402.19159): a jump along the trajectory to a less
//! noisy timestep than the next one, and fresh noise up to that.
//!
//! Single precision throughout: diffusers takes alpha bar from `f32` tensors, and the timestep of the jump from an `f32`
//! product.

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::share as eta_share;
use super::ddim::{check_betas, variance};
use super::distilled::{Choice, DistilledKeys, DistilledStep, distilled, noise_defaults, share};
use super::prediction::Rates;
use super::{
    Config, ConfigError, NoiseConfig, Sampler, SamplerError, Stepped, add_noise, alpha_bar,
    alpha_bars, check_output,
};
use crate::diffusers::Keys;
use crate::schedule::{Schedule, Transition};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct Tcd {
    /// What every sampler is configured by.
    pub noise: NoiseConfig,
    /// The noise of each timestep.
    pub schedule: Schedule,
    /// The class's own keys.
    pub keys: DistilledKeys,
    /// What the caller asked for.
    pub arguments: TcdArguments,
}

/// Keys of `params:`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TcdArguments {
    /// How much of each step is done again with fresh noise: 0 for none, 1 for all.
    #[serde(deserialize_with = "eta_share")]
    pub eta: f64,
    /// The timesteps to visit, falling, as many as `steps`; spaced by the scheduler if left out.
    pub timesteps: Option<Vec<usize>>,
    /// At most how many steps a run may have; the timesteps are then spaced among all of training, not only among those
    /// that the model was distilled at.
    pub original_inference_steps: Option<usize>,
    /// The share of the timesteps that a run goes through, the last ones.
    pub strength: f64,
}

impl Default for TcdArguments {
    fn default() -> Self {
        Self { eta: 0.3, timesteps: None, original_inference_steps: None, strength: 1.0 }
    }
}

impl Keys for TcdArguments {}

impl Sampler for Tcd {
    type Keys = DistilledKeys;
    type Arguments = TcdArguments;
    type Step = DistilledStep;
    type Memory<const D: usize> = ();

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(config: &Config<Self>, arguments: &TcdArguments) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        check_betas(&noise)?;
        let schedule = noise.schedule()?;
        Ok(Self { noise, schedule, keys, arguments: arguments.clone() })
    }

    fn steps(&self, count: usize) -> Result<Vec<DistilledStep>, ConfigError> {
        let &TcdArguments { original_inference_steps, strength, .. } = &self.arguments;
        let train = self.noise.num_train_timesteps;
        let (distilled, original) = match original_inference_steps {
            Some(original) => ((0..share(train, strength)?).rev().collect(), original),
            None => {
                let original = self.keys.original_inference_steps;
                (distilled(train, original, strength)?, original)
            }
        };
        let choice = Choice { train, distilled: &distilled, original, strength };
        choice.steps(count, self.arguments.timesteps.as_deref())
    }

    fn time(&self, step: &DistilledStep) -> f64 {
        step.t as f64
    }

    fn variance(&self, between: Transition, _: f32) -> Option<f32> {
        alpha_bars(&self.schedule, between).ok().map(variance)
    }

    fn noised<const D: usize>(
        &self,
        first: &DistilledStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        add_noise(&self.schedule, original, noise, &[first.t])
    }

    /// The jump to `s` by DDIM's formula, and noise from there up to the next timestep (strategic stochastic sampling:
    /// section 4.3, algorithm 4).
    fn step<const D: usize>(
        &self,
        &DistilledStep { t, next, noisy }: &DistilledStep,
        x: Tensor<D>,
        output: Tensor<D>,
        (): &mut (),
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let shape = x.dims();
        check_output(&output, shape)?;
        let next = next.unwrap_or(0);
        let s = ((1.0 - self.arguments.eta) as f32 * next as f32).floor() as usize;
        let alpha_bar_s = alpha_bar(&self.schedule, s)?;
        let (at, to) = (Rates::new(alpha_bar(&self.schedule, t)?), Rates::new(alpha_bar_s));
        let prediction = self.noise.prediction_type;
        let x_0 = prediction.original(x.clone(), output.clone(), at);
        let epsilon = prediction.epsilon(x, output, at);
        let x_s = x_0.clone().mul_scalar(to.signal) + epsilon.mul_scalar(to.noise);
        let sample = if self.arguments.eta > 0.0 && noisy {
            let fresh = Rates::new(alpha_bar(&self.schedule, next)? / alpha_bar_s);
            x_s.mul_scalar(fresh.signal) + noise(shape).mul_scalar(fresh.noise)
        } else {
            x_s
        };
        Ok(Stepped { sample, original: Some(x_0) })
    }
}
