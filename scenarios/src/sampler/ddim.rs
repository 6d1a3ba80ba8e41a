//! DDIM: denoising diffusion implicit models (Song, Meng & Ermon 2020, arXiv 2010.02502).

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::config::refuse;
use super::prediction::Rates;
use super::{
    Config, ConfigError, NoiseConfig, Sampler, SamplerError, Stepped, add_noise, alpha_bars,
    check_output,
};
use crate::diffusers::Keys;
use crate::schedule::{BetaSchedule, Schedule, Transition};

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
        (): &mut (),
        model: &mut impl FnMut(Tensor<D>, f64) -> Tensor<D>,
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let shape = x.dims();
        let (alpha_bar_t, alpha_bar_previous) = alpha_bars(&self.schedule, transition)?;
        let output = model(x.clone(), transition.t as f64);
        check_output(&output, shape)?;
        let rates = Rates::new(alpha_bar_t);
        let prediction = self.noise.prediction_type;
        let x_0 = prediction.original(x.clone(), output.clone(), rates);
        let x_0 = self.noise.bound().apply(x_0);
        let epsilon = if self.use_clipped_model_output {
            rates.epsilon(x, x_0.clone())
        } else {
            prediction.epsilon(x, output, rates)
        };

        let sigma_t = sigma(alpha_bar_t, alpha_bar_previous, self.eta);
        // The formula gives 0 or more, its rounding may not: -6e-8 after a timestep of pure noise.
        let direction = (1.0 - alpha_bar_previous - sigma_t * sigma_t).max(0.0).sqrt();
        let mean =
            x_0.clone().mul_scalar(alpha_bar_previous.sqrt()) + epsilon.mul_scalar(direction);
        let sample = if self.eta > 0.0 { mean + noise(shape).mul_scalar(sigma_t) } else { mean };
        Ok(Stepped { sample, original: x_0 })
    }
}

/// The standard deviation of the fresh noise (eq. 16).
fn sigma(alpha_bar_t: f32, alpha_bar_previous: f32, eta: f64) -> f32 {
    let variance =
        (1.0 - alpha_bar_previous) / (1.0 - alpha_bar_t) * (1.0 - alpha_bar_t / alpha_bar_previous);
    eta as f32 * variance.sqrt()
}

/// Refuses the beta schedules that diffusers' class does not have.
fn check_betas(noise: &NoiseConfig) -> Result<(), ConfigError> {
    let unknown = match noise.beta_schedule {
        BetaSchedule::Sigmoid => "sigmoid",
        BetaSchedule::Laplace => "laplace",
        _ => return Ok(()),
    };
    if noise.trained_betas.is_some() {
        return Ok(());
    }
    let help = "DDIMScheduler has linear, scaled_linear and squaredcos_cap_v2";
    refuse("beta_schedule", unknown, help)
}

/// Refuses a share of fresh noise that is not from 0 to 1: above 1 the square root of what is left for the predicted
/// noise is of a negative number.
fn check_eta(eta: f64) -> Result<(), ConfigError> {
    if (0.0..=1.0).contains(&eta) {
        return Ok(());
    }
    let help = match eta < 0.0 {
        true => "it is a share of fresh noise; write a number from 0 to 1",
        false => "diffusers gives NaN in every element; write a number from 0 to 1",
    };
    refuse("eta", eta, help)
}

/// `eta`, refused where it is written.
fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let eta = f64::deserialize(deserializer)?;
    check_eta(eta).map_err(D::Error::custom)?;
    Ok(eta)
}
