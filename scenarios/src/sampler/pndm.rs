//! PNDM: pseudo numerical methods for diffusion models (Liu et al. 2022, arXiv 2202.09778). Three pseudo Runge-Kutta steps
//! (eq. 13), each of which asks the model four times, and then pseudo linear multistep (eq. 12); with `skip_prk_steps`
//! multistep alone, of rising order, whose first step is made twice.
//!
//! Single precision throughout: diffusers takes alpha bar, and what is made of it, from `f32` tensors.

mod memory;

use burn::tensor::Tensor;
use memory::PndmMemory;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::refuse;
use super::ddim::check_betas;
use super::prediction::Rates;
use super::sigma_space::without_bounds;
use super::{
    Config, ConfigError, Loop, NoKeys, NoiseConfig, PredictionType, Sampler, SamplerError, Stepped,
    add_noise, alpha_bars, check_output,
};
use crate::diffusers::Keys;
use crate::schedule::{Schedule, Transition};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct Pndm {
    /// What every sampler is configured by.
    pub noise: NoiseConfig,
    /// The noise of each timestep, and of the end.
    pub schedule: Schedule,
    /// Whether there are only multistep steps.
    pub skip_prk_steps: bool,
}

/// Keys of a `scheduler_config.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PndmKeys {
    /// Whether the Runge-Kutta steps at the beginning are left out.
    pub skip_prk_steps: bool,
    /// Whether the last step ends in a clean sample (`true`) or in one that carries the noise of timestep 0 (`false`, the
    /// default of this class).
    pub set_alpha_to_one: Option<bool>,
}

impl Keys for PndmKeys {}

/// One question to the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PndmStep {
    /// The timestep that the model is asked about.
    pub t: usize,
    /// The whole step, in timesteps.
    stride: usize,
    /// The timestep that a Runge-Kutta step begins with, and which of its four questions this is.
    runge_kutta: Option<(usize, usize)>,
}

impl Sampler for Pndm {
    type Keys = PndmKeys;
    type Arguments = NoKeys;
    type Step = PndmStep;
    type Memory<const D: usize> = PndmMemory<D>;

    const LOOP: Loop = Loop::PrkThenPlms;
    const WITHOUT: &'static [&'static str] = without_bounds!("rescale_betas_zero_snr");

    fn new(config: &Config<Self>, _: &NoKeys) -> Result<Self, ConfigError> {
        let noise = config.noise.clone();
        check_betas(&noise)?;
        if noise.prediction_type == PredictionType::Sample {
            refuse("prediction_type", "sample", "PNDMScheduler has epsilon and v_prediction")?;
        }
        let mut schedule = noise.schedule()?;
        if config.keys.set_alpha_to_one != Some(true) {
            schedule = schedule.ending_at_timestep_zero();
        }
        Ok(Self { noise, schedule, skip_prk_steps: config.keys.skip_prk_steps })
    }

    fn steps(&self, count: usize) -> Result<Vec<PndmStep>, ConfigError> {
        let timesteps = self.noise.timesteps(count)?;
        let stride = self.noise.num_train_timesteps / count;
        let multistep = |&t: &usize| PndmStep { t, stride, runge_kutta: None };
        if self.skip_prk_steps {
            let second = timesteps.get(1);
            let [first, rest] = [&timesteps[..count.min(2)], &timesteps[count.min(2)..]];
            return Ok(first.iter().chain(second).chain(rest).map(multistep).collect());
        }
        if count < 4 {
            let help = "Runge-Kutta needs `steps: 4` or more; write `skip_prk_steps: true`";
            refuse("skip_prk_steps", false, help)?;
        }
        let runge_kutta = timesteps.windows(2).take(3).flat_map(|pair| {
            let middle = pair[1] + stride / 2;
            let asked = [pair[0], middle, middle, pair[1]].into_iter().enumerate();
            asked.map(|(nth, t)| PndmStep { t, stride, runge_kutta: Some((pair[0], nth)) })
        });
        Ok(runge_kutta.chain(timesteps[3..].iter().map(multistep)).collect())
    }

    fn time(&self, step: &PndmStep) -> f64 {
        step.t as f64
    }

    fn noised<const D: usize>(
        &self,
        first: &PndmStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        add_noise(&self.schedule, original, noise, &[first.t])
    }

    fn step<const D: usize>(
        &self,
        step: &PndmStep,
        x: Tensor<D>,
        output: Tensor<D>,
        memory: &mut PndmMemory<D>,
        _: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        check_output(&output, x.dims())?;
        let (transition, x, epsilon) = match step.runge_kutta {
            Some((begin, nth)) => memory.runge_kutta(step, begin, nth, x, output),
            None => memory.multistep(step, x, output),
        };
        self.transfer(transition, x, epsilon).map(Stepped::from)
    }
}

impl Pndm {
    /// `x` at one timestep to `x` at another, along the noise `epsilon` (eq. 11).
    fn transfer<const D: usize>(
        &self,
        transition: Transition,
        x: Tensor<D>,
        output: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        let (from, to) = alpha_bars(&self.schedule, transition)?;
        let epsilon = self.noise.prediction_type.epsilon(x.clone(), output, Rates::new(from));
        let denominator = from * (1.0 - to).sqrt() + (from * (1.0 - from) * to).sqrt();
        let change = epsilon.mul_scalar(to - from).div_scalar(denominator);
        Ok(x.mul_scalar((to / from).sqrt()) - change)
    }
}
