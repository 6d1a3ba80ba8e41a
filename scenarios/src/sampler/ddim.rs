//! DDIM: denoising diffusion implicit models (Song, Meng & Ermon 2020, arXiv 2010.02502).

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::{check_eta, share};
use super::prediction::Rates;
use super::{
    Config, ConfigError, NoiseConfig, Sampler, SamplerError, Stepped, add_noise, alpha_bars,
    check_output, sigma_space,
};
use crate::diffusers::Keys;
use crate::schedule::{Schedule, Transition};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct Ddim {
    /// What every sampler is configured by.
    pub noise: NoiseConfig,
    /// The noise of each timestep, and of the end.
    pub schedule: Schedule,
    /// The share of fresh noise: 0 is deterministic, 1 has the variance of DDPM (eq. 16).
    pub eta: f64,
    /// Whether the noise is derived anew from the bounded clean sample, as GLIDE does.
    pub use_clipped_model_output: bool,
}

/// The configuration of diffusers' `DDIMScheduler`.
pub type DdimConfig = Config<Ddim>;

/// Keys of a `scheduler_config.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DdimKeys {
    /// Whether the last step ends in a clean sample (`true`, the default) or in one that carries the noise of
    /// timestep 0.
    pub set_alpha_to_one: Option<bool>,
}

/// Keys of `params:`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DdimArguments {
    /// The share of fresh noise in each step: 0 for none, 1 for as much as DDPM.
    #[serde(deserialize_with = "share")]
    pub eta: f64,
    /// Whether the noise is derived anew from the clipped sample.
    pub use_clipped_model_output: bool,
}

impl Keys for DdimKeys {}
impl Keys for DdimArguments {}

impl Sampler for Ddim {
    type Keys = DdimKeys;
    type Arguments = DdimArguments;
    type Step = Transition;
    type Memory<const D: usize> = ();

    fn new(config: &DdimConfig, arguments: &DdimArguments) -> Result<Self, ConfigError> {
        let noise = config.noise.clone();
        let &DdimArguments { eta, use_clipped_model_output } = arguments;
        check_eta(eta)?;
        check_betas(&noise)?;
        let mut schedule = noise.schedule()?;
        if config.keys.set_alpha_to_one == Some(false) {
            schedule = schedule.ending_at_timestep_zero();
        }
        Ok(Self { noise, schedule, eta, use_clipped_model_output })
    }

    fn steps(&self, count: usize) -> Result<Vec<Transition>, ConfigError> {
        let timesteps = self.noise.timesteps(count)?;
        Ok(Transition::by_stride(&timesteps, self.noise.num_train_timesteps / count))
    }

    fn time(&self, step: &Transition) -> f64 {
        step.t as f64
    }

    fn variance(&self, between: Transition, _: f32) -> Option<f32> {
        alpha_bars(&self.schedule, between).ok().map(variance)
    }

    fn noised<const D: usize>(
        &self,
        first: &Transition,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        add_noise(&self.schedule, original, noise, &[first.t])
    }

    /// `x_t` to `x_{t-1}` (eq. 12).
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
        check_output(&output, shape)?;
        let (mean, x_0) = self.mean(x, output, alpha_bars);
        let sigma_t = sigma(alpha_bars, self.eta);
        let sample = if self.eta > 0.0 { mean + noise(shape).mul_scalar(sigma_t) } else { mean };
        Ok(Stepped { sample, original: Some(x_0) })
    }
}

impl Ddim {
    /// The sample at the next time without fresh noise, and the clean sample (eq. 12).
    pub(super) fn mean<const D: usize>(
        &self,
        x: Tensor<D>,
        output: Tensor<D>,
        (alpha_bar_t, alpha_bar_previous): (f32, f32),
    ) -> (Tensor<D>, Tensor<D>) {
        let rates = Rates::new(alpha_bar_t);
        let prediction = self.noise.prediction_type;
        let x_0 = prediction.original(x.clone(), output.clone(), rates);
        let x_0 = self.noise.bound().apply(x_0);
        let epsilon = if self.use_clipped_model_output {
            rates.epsilon(x, x_0.clone())
        } else {
            prediction.epsilon(x, output, rates)
        };

        let sigma_t = sigma((alpha_bar_t, alpha_bar_previous), self.eta);
        // The formula gives 0 or more, its rounding may not: -6e-8 after a timestep of pure noise.
        let direction = (1.0 - alpha_bar_previous - sigma_t * sigma_t).max(0.0).sqrt();
        let mean =
            x_0.clone().mul_scalar(alpha_bar_previous.sqrt()) + epsilon.mul_scalar(direction);
        (mean, x_0)
    }
}

/// The variance of the posterior, that of the fresh noise at an `eta` of 1 (eq. 16).
pub(super) fn variance((alpha_bar_t, alpha_bar_previous): (f32, f32)) -> f32 {
    (1.0 - alpha_bar_previous) / (1.0 - alpha_bar_t) * (1.0 - alpha_bar_t / alpha_bar_previous)
}

/// The standard deviation of the fresh noise (eq. 16).
fn sigma(alpha_bars: (f32, f32), eta: f64) -> f32 {
    eta as f32 * variance(alpha_bars).sqrt()
}

/// Refuses the beta schedules that only some of diffusers' classes have.
pub(super) fn check_betas(noise: &NoiseConfig) -> Result<(), ConfigError> {
    sigma_space::check_betas(noise, &[])
}
