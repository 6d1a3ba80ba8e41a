//! Sampling of consistency models (Song et al. 2023, arXiv 2303.01469, algorithm 1): a jump to the clean sample, and
//! fresh noise up to the next sigma.
//!
//! Sigmas in `f64`, rounded to `f32`; coefficients in `f32`, a number divided by a tensor as torch does it: by the
//! reciprocal.

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::refuse;
pub use super::consistency_keys::ConsistencyKeys;
use super::sigma_space::{ending_with, noise_defaults, noised, without_betas};
use super::{
    Bound, Config, ConfigError, NoiseConfig, Sampler, SamplerError, Stepped, check_output,
};
use crate::diffusers::Keys;
use crate::schedule::{TimestepSpacing, check_timesteps, karras_at};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct CmStochasticIterative {
    train: usize,
    keys: ConsistencyKeys,
    timesteps: Option<Vec<usize>>,
}

/// Keys of `params:`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ConsistencyArguments {
    /// The timesteps to visit, falling, as many as `steps`; spaced by the scheduler if left out.
    pub timesteps: Option<Vec<usize>>,
}

impl Keys for ConsistencyArguments {}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConsistencyStep {
    /// The time that the model is asked about.
    pub t: f64,
    /// The sigma of the sample.
    pub sigma: f32,
    /// The sigma after the step.
    pub next: f32,
    /// Whether fresh noise is drawn: in runs of more than one step.
    pub noisy: bool,
}

impl Sampler for CmStochasticIterative {
    type Keys = ConsistencyKeys;
    type Arguments = ConsistencyArguments;
    type Step = ConsistencyStep;
    type Memory<const D: usize> = ();

    const WITHOUT: &'static [&'static str] = without_betas!("prediction_type");

    fn noise_defaults() -> NoiseConfig {
        NoiseConfig { num_train_timesteps: 40, ..noise_defaults() }
    }

    fn new(config: &Config<Self>, arguments: &ConsistencyArguments) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        noise.check_train()?;
        let train = noise.num_train_timesteps;
        if train == 1 {
            refuse("num_train_timesteps", 1, "sigmas lie between two timesteps or more")?;
        }
        keys.check()?;
        Ok(Self { train, keys, timesteps: arguments.timesteps.clone() })
    }

    fn steps(&self, count: usize) -> Result<Vec<ConsistencyStep>, ConfigError> {
        let timesteps = match &self.timesteps {
            Some(given) if given.len() != count => {
                return Err(ConfigError::Listed { timesteps: given.len(), steps: count });
            }
            Some(given) => {
                check_timesteps(given, self.train)?;
                given.clone()
            }
            None => TimestepSpacing::Leading.timesteps(self.train, count, 0)?,
        };
        let (low, high) = self.keys.ends();
        let sigma = karras_at(low, high, self.keys.rho);
        // The smallest timestep is that of the largest sigma.
        let share = |t: &usize| *t as f64 / (self.train - 1) as f64;
        let exact: Vec<f64> = timesteps.iter().rev().map(share).map(sigma).collect();
        let sigmas = ending_with(&exact, low as f32);
        let step = |(pair, sigma): (&[f32], f64)| ConsistencyStep {
            t: 1000.0 * 0.25 * (sigma + 1e-44).ln(),
            sigma: pair[0],
            next: pair[1],
            noisy: count > 1,
        };
        Ok(sigmas.windows(2).zip(exact).map(step).collect())
    }

    fn time(&self, step: &ConsistencyStep) -> f64 {
        step.t
    }

    fn init_noise_sigma(&self, _steps: &[ConsistencyStep]) -> f32 {
        self.keys.ends().1 as f32
    }

    fn scale_model_input<const D: usize>(&self, step: &ConsistencyStep, x: Tensor<D>) -> Tensor<D> {
        let data = self.keys.sigma_data;
        x.div_scalar((step.sigma * step.sigma + (data * data) as f32).sqrt())
    }

    fn sigmas(&self, steps: &[ConsistencyStep]) -> Vec<f32> {
        let end = steps.last().map(|last| last.next);
        steps.iter().map(|step| step.sigma).chain(end).collect()
    }

    fn noised<const D: usize>(
        &self,
        first: &ConsistencyStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Ok(noised(original, noise, first.sigma))
    }

    fn step<const D: usize>(
        &self,
        &ConsistencyStep { sigma, next, noisy, .. }: &ConsistencyStep,
        x: Tensor<D>,
        output: Tensor<D>,
        (): &mut (),
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let shape = x.dims();
        check_output(&output, shape)?;
        let (skip, out) = self.keys.boundary(sigma);
        let x_0 = output.mul_scalar(out) + x.mul_scalar(skip);
        let bound = if self.keys.clip_denoised { Bound::Clip { range: 1.0 } } else { Bound::Free };
        let x_0 = bound.apply(x_0);
        if !noisy {
            return Ok(Stepped { sample: x_0.clone(), original: Some(x_0) });
        }
        let (low, high) = self.keys.ends();
        let next = next.clamp(low as f32, high as f32);
        let fresh = (next * next - (low * low) as f32).max(0.0).sqrt();
        let z = noise(shape).mul_scalar(self.keys.s_noise);
        Ok(Stepped { sample: x_0.clone() + z.mul_scalar(fresh), original: Some(x_0) })
    }
}
