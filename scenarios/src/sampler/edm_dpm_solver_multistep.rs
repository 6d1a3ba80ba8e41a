//! DPM-Solver++ (Lu et al. 2022, arXiv 2211.01095) of the predictions of earlier steps, for models with the
//! preconditioning of EDM (Karras et al. 2022, arXiv 2206.00364, table 1), whose samples keep all of their signal.
//!
//! Sigmas and coefficients in `f32`, as torch makes them; a number divided by a tensor as torch does it: by the
//! reciprocal.

use burn::tensor::Tensor;

use super::config::FinalSigmasType;
use super::edm_dpm_keys::EdmDpmSolverMultistepKeys;
use super::sigma_space::check_prediction;
use super::solver::{Dpm, History, Run, Signal, SolverStep, ln, noise_defaults, steps};
use super::{
    Bound, Config, ConfigError, NoKeys, NoiseConfig, PredictionType, Sampler, SamplerError,
    Stepped, check_output,
};
use crate::schedule::TimestepError;

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct EdmDpmSolverMultistep {
    keys: EdmDpmSolverMultistepKeys,
    prediction: PredictionType,
    bound: Bound,
    dpm: Dpm,
    train: usize,
}

impl Sampler for EdmDpmSolverMultistep {
    type Keys = EdmDpmSolverMultistepKeys;
    type Arguments = NoKeys;
    type Step = SolverStep;
    type Memory<const D: usize> = History<D>;

    const WITHOUT: &'static [&'static str] = &[
        "beta_start",
        "beta_end",
        "beta_schedule",
        "trained_betas",
        "clip_sample",
        "clip_sample_range",
        "timestep_spacing",
        "steps_offset",
        "rescale_betas_zero_snr",
    ];

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(config: &Config<Self>, _: &NoKeys) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        let prediction = noise.prediction_type;
        check_prediction(&noise, &[PredictionType::Epsilon, PredictionType::Velocity])?;
        // For what it refuses: there are no betas.
        noise.schedule()?;
        keys.check()?;
        let dpm = keys.solver(prediction)?;
        let train = noise.num_train_timesteps;
        Ok(Self { keys, prediction, bound: noise.bound(), dpm, train })
    }

    fn steps(&self, count: usize) -> Result<Vec<SolverStep>, ConfigError> {
        if count == 0 {
            return Err(TimestepError::Steps { steps: count, train: self.train }.into());
        }
        let mut sigmas = self.keys.sigmas(count);
        // `c_noise`
        let times = sigmas.iter().map(|&sigma| f64::from(0.25 * ln(sigma))).collect();
        sigmas.push(match self.keys.final_sigmas_type {
            FinalSigmasType::Zero => 0.0,
            FinalSigmasType::SigmaMin => self.keys.ends().0 as f32,
        });
        Ok(steps(&Run { times, sigmas }, Signal::Unscaled, 2))
    }

    fn time(&self, step: &SolverStep) -> f64 {
        step.t
    }

    fn init_noise_sigma(&self, _: &[SolverStep]) -> f32 {
        let largest = self.keys.ends().1;
        (largest * largest + 1.0).sqrt() as f32
    }

    /// The sample times `c_in`.
    fn scale_model_input<const D: usize>(&self, step: &SolverStep, x: Tensor<D>) -> Tensor<D> {
        x.mul_scalar(1.0 / self.variance(step.at(0).sigma).sqrt())
    }

    fn sigmas(&self, steps: &[SolverStep]) -> Vec<f32> {
        super::solver::sigmas(steps)
    }

    fn noised<const D: usize>(
        &self,
        first: &SolverStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Ok(original + noise.mul_scalar(first.at(0).sigma))
    }

    fn step<const D: usize>(
        &self,
        step: &SolverStep,
        x: Tensor<D>,
        output: Tensor<D>,
        memory: &mut History<D>,
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let keys = &self.keys;
        check_output(&output, x.dims())?;
        memory.push(self.original(x.clone(), output, step.at(0).sigma), keys.solver_order);
        let euler = keys.euler_at_final || keys.final_sigmas_type == FinalSigmasType::Zero;
        let order = step.order(keys.solver_order, keys.lower_order_final, euler);
        let noise = self.dpm.stochastic.then(|| noise(x.dims()));
        Ok(self.dpm.multistep(order.min(memory.len()), step, x, memory, noise).into())
    }
}

impl EdmDpmSolverMultistep {
    /// The variance of a sample.
    fn variance(&self, sigma: f32) -> f32 {
        sigma * sigma + (self.keys.sigma_data * self.keys.sigma_data) as f32
    }

    /// `c_skip x + c_out F` (2206.00364, eq. 7), within its bound.
    fn original<const D: usize>(&self, x: Tensor<D>, output: Tensor<D>, sigma: f32) -> Tensor<D> {
        let (data, variance) = (self.keys.sigma_data, self.variance(sigma));
        let skip = 1.0 / variance * (data * data) as f32;
        let out = sigma * data as f32 / variance.sqrt();
        let out = if self.prediction == PredictionType::Velocity { -out } else { out };
        self.bound.apply(x.mul_scalar(skip) + output.mul_scalar(out))
    }
}
