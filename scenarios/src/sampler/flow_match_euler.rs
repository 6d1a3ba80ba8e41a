//! Euler's method for rectified flow (Liu et al. 2022, arXiv 2209.03003, section 2.1), where `x = (1 - sigma) x_0 +
//! sigma epsilon` and the model predicts `epsilon - x_0`; noise levels are shifted with the resolution (Esser et al.
//! 2024, arXiv 2403.03206, section 5.3.2). Which are visited is `flow_levels`' work.
//!
//! Noise levels in `f64`, rounded to `f32`; coefficients in `f32`.

use burn::tensor::Tensor;

use super::flow_levels::FlowLevels;
pub use super::flow_levels::{FlowMatchEulerArguments, FlowMatchEulerKeys};
use super::sigma_space::{noise_defaults, without_betas};
use super::{Config, ConfigError, NoiseConfig, Sampler, SamplerError, Stepped, check_output};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowMatchEuler {
    levels: FlowLevels,
    stochastic: bool,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlowStep {
    /// The time that the model is asked about.
    pub t: f32,
    /// The noise level of the sample.
    pub sigma: f32,
    /// The noise level after the step.
    pub next: f32,
}

impl Sampler for FlowMatchEuler {
    type Keys = FlowMatchEulerKeys;
    type Arguments = FlowMatchEulerArguments;
    type Step = FlowStep;
    type Memory<const D: usize> = ();

    const WITHOUT: &'static [&'static str] = without_betas!("prediction_type");

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(
        config: &Config<Self>,
        arguments: &FlowMatchEulerArguments,
    ) -> Result<Self, ConfigError> {
        let stochastic = config.keys.stochastic_sampling;
        Ok(Self { levels: FlowLevels::new(config, arguments)?, stochastic })
    }

    fn steps(&self, count: usize) -> Result<Vec<FlowStep>, ConfigError> {
        let (times, sigmas) = self.levels.of(count)?;
        let step = |(pair, t): (&[f32], f32)| FlowStep { t, sigma: pair[0], next: pair[1] };
        Ok(sigmas.windows(2).zip(times).map(step).collect())
    }

    fn time(&self, step: &FlowStep) -> f64 {
        step.t.into()
    }

    fn sigmas(&self, steps: &[FlowStep]) -> Vec<f32> {
        let end = steps.last().map(|last| last.next);
        steps.iter().map(|step| step.sigma).chain(end).collect()
    }

    fn noised<const D: usize>(
        &self,
        first: &FlowStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Ok(mixed(original, noise, first.sigma))
    }

    /// `x + (sigma' - sigma) v` (arXiv 2209.03003, eq. 2); or to the clean sample, and anew from there with fresh
    /// noise.
    fn step<const D: usize>(
        &self,
        &FlowStep { sigma, next, .. }: &FlowStep,
        x: Tensor<D>,
        output: Tensor<D>,
        (): &mut (),
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let shape = x.dims();
        check_output(&output, shape)?;
        if !self.stochastic {
            return Ok((x + output.mul_scalar(next - sigma)).into());
        }
        let x_0 = x - output.mul_scalar(sigma);
        let fresh = noise(shape).mul_scalar(next);
        let sample = x_0.clone().mul_scalar(1.0 - next) + fresh;
        Ok(Stepped { sample, original: Some(x_0) })
    }
}

/// `sigma epsilon + (1 - sigma) x_0`
pub(super) fn mixed<const D: usize>(x_0: Tensor<D>, epsilon: Tensor<D>, sigma: f32) -> Tensor<D> {
    epsilon.mul_scalar(sigma) + x_0.mul_scalar(1.0 - sigma)
}
