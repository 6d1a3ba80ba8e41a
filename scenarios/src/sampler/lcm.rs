//! LCM: latent consistency models (Luo et al. 2023, arXiv 2310.04378), sampled as consistency models are: a jump to the
//! clean sample, and fresh noise up to the next timestep (Song et al. 2023, arXiv 2303.01469, algorithm 1).
//!
//! Single precision throughout: diffusers takes alpha bar and the boundary condition from `f32` tensors.

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ddim::check_betas;
use super::distilled::{Choice, DistilledKeys, DistilledStep, distilled, noise_defaults};
use super::prediction::Rates;
use super::{
    Config, ConfigError, NoiseConfig, Sampler, SamplerError, Stepped, add_noise, alpha_bar,
    check_output,
};
use crate::diffusers::Keys;
use crate::schedule::Schedule;

/// The standard deviation of the data, which the boundary condition takes for granted.
const SIGMA_DATA: f32 = 0.5;

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct Lcm {
    /// What every sampler is configured by.
    pub noise: NoiseConfig,
    /// The noise of each timestep.
    pub schedule: Schedule,
    /// The class's own keys.
    pub keys: DistilledKeys,
    /// What the caller asked for.
    pub arguments: LcmArguments,
}

/// Keys of `params:`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LcmArguments {
    /// The timesteps to visit, falling, as many as `steps`; spaced by the scheduler if left out.
    pub timesteps: Option<Vec<usize>>,
    /// How many timesteps the model was distilled at, in place of the scheduler's.
    pub original_inference_steps: Option<usize>,
    /// The share of the timesteps that a run goes through, the last ones.
    pub strength: f64,
}

impl Default for LcmArguments {
    fn default() -> Self {
        Self { timesteps: None, original_inference_steps: None, strength: 1.0 }
    }
}

impl Keys for LcmArguments {}

impl Sampler for Lcm {
    type Keys = DistilledKeys;
    type Arguments = LcmArguments;
    type Step = DistilledStep;
    type Memory<const D: usize> = ();

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(config: &Config<Self>, arguments: &LcmArguments) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        check_betas(&noise)?;
        let schedule = noise.schedule()?;
        Ok(Self { noise, schedule, keys, arguments: arguments.clone() })
    }

    fn steps(&self, count: usize) -> Result<Vec<DistilledStep>, ConfigError> {
        let LcmArguments { timesteps, original_inference_steps, strength } = &self.arguments;
        let original = original_inference_steps.unwrap_or(self.keys.original_inference_steps);
        let train = self.noise.num_train_timesteps;
        let distilled = distilled(train, original, *strength)?;
        let choice = Choice { train, distilled: &distilled, original, strength: *strength };
        choice.steps(count, timesteps.as_deref())
    }

    fn time(&self, step: &DistilledStep) -> f64 {
        step.t as f64
    }

    fn noised<const D: usize>(
        &self,
        first: &DistilledStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        add_noise(&self.schedule, original, noise, &[first.t])
    }

    /// The consistency function, and noise up to the next timestep (arXiv 2310.04378, eq. 9 and algorithm 3).
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
        let rates = Rates::new(alpha_bar(&self.schedule, t)?);
        let x_0 = self.noise.prediction_type.original(x.clone(), output, rates);
        let x_0 = self.noise.bound().apply(x_0);
        let (skip, out) = boundary(t as f32 * self.keys.timestep_scaling as f32);
        let denoised = x_0.mul_scalar(out) + x.mul_scalar(skip);
        let sample = if noisy {
            let rates = Rates::new(alpha_bar(&self.schedule, next.unwrap_or(t))?);
            denoised.clone().mul_scalar(rates.signal) + noise(shape).mul_scalar(rates.noise)
        } else {
            denoised.clone()
        };
        Ok(Stepped { sample, original: Some(denoised) })
    }
}

/// The shares of the sample and of the prediction, so that nothing changes at timestep 0 (arXiv 2310.04378, section 4.1,
/// after arXiv 2303.01469, eq. 5).
fn boundary(scaled: f32) -> (f32, f32) {
    let variance = scaled * scaled + SIGMA_DATA * SIGMA_DATA;
    (SIGMA_DATA * SIGMA_DATA / variance, scaled / variance.sqrt())
}
