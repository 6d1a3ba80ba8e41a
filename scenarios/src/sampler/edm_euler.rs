//! Euler's method of EDM (Karras et al. 2022, arXiv 2206.00364, algorithm 2 without its second order), with the
//! preconditioning of its table 1 around the model.
//!
//! Sigmas in `f64`, rounded to `f32` (exponential ones in `f32`); coefficients in `f32`, a number divided by a tensor
//! as torch does it: by the reciprocal.

use burn::tensor::Tensor;

use super::churn::{Churn, raised};
use super::config::{FinalSigmasType, refuse};
pub use super::edm_keys::{EdmEulerArguments, EdmKeys};
use super::sigma_space::{check_prediction, ending_with, noise_defaults, noised, without_betas};
use super::{
    Config, ConfigError, NoiseConfig, PredictionType, Sampler, SamplerError, Stepped, check_output,
};
use crate::schedule::{TimestepError, equally_spaced};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct EdmEuler {
    noise: NoiseConfig,
    keys: EdmKeys,
    ramp: Option<Vec<f64>>,
    churn: Churn,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EdmStep {
    /// The sigma of the sample.
    pub sigma: f32,
    /// What fresh noise adds to it first, relative to it.
    pub gamma: f64,
    /// The sigma after the step.
    pub next: f32,
}

impl Sampler for EdmEuler {
    type Keys = EdmKeys;
    type Arguments = EdmEulerArguments;
    type Step = EdmStep;
    type Memory<const D: usize> = ();

    const WITHOUT: &'static [&'static str] = without_betas!();

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(config: &Config<Self>, arguments: &EdmEulerArguments) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        noise.check_train()?;
        check_prediction(&noise, &[PredictionType::Epsilon, PredictionType::Velocity])?;
        keys.check()?;
        let churn = arguments.churn()?;
        let ramp = arguments.ramp()?;
        Ok(Self { noise, keys, ramp, churn })
    }

    fn steps(&self, count: usize) -> Result<Vec<EdmStep>, ConfigError> {
        let sigmas = self.sigmas(count)?;
        let last = match self.keys.final_sigmas_type {
            FinalSigmasType::Zero => 0.0,
            FinalSigmasType::SigmaMin => sigmas[count - 1] as f32,
        };
        let sigmas = ending_with(&sigmas, last);
        let step = |pair: &[f32]| {
            let gamma = self.churn.gamma(pair[0], count);
            EdmStep { sigma: pair[0], gamma, next: pair[1] }
        };
        Ok(sigmas.windows(2).map(step).collect())
    }

    /// `c_noise`
    fn time(&self, step: &EdmStep) -> f64 {
        (0.25 * f64::from(step.sigma).ln() as f32).into()
    }

    fn init_noise_sigma(&self, _steps: &[EdmStep]) -> f32 {
        let largest = self.keys.ends().1;
        (largest * largest + 1.0).sqrt() as f32
    }

    /// The sample times `c_in`.
    fn scale_model_input<const D: usize>(&self, step: &EdmStep, x: Tensor<D>) -> Tensor<D> {
        x.mul_scalar(1.0 / self.variance(step.sigma).sqrt())
    }

    fn sigmas(&self, steps: &[EdmStep]) -> Vec<f32> {
        let end = steps.last().map(|last| last.next);
        steps.iter().map(|step| step.sigma).chain(end).collect()
    }

    fn noised<const D: usize>(
        &self,
        first: &EdmStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Ok(noised(original, noise, first.sigma))
    }

    /// Along the slope of eq. 4 with `s = 1` to the next sigma.
    fn step<const D: usize>(
        &self,
        &EdmStep { sigma, gamma, next }: &EdmStep,
        x: Tensor<D>,
        output: Tensor<D>,
        (): &mut (),
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        check_output(&output, x.dims())?;
        let x = self.churn.apply(x, sigma, gamma, noise);
        let raised = raised(sigma, gamma);
        let x_0 = self.original(x.clone(), output, raised);
        let slope = (x.clone() - x_0.clone()).div_scalar(raised);
        let sample = x + slope.mul_scalar(next - raised);
        Ok(Stepped { sample, original: Some(x_0) })
    }
}

impl EdmEuler {
    /// The variance of a sample.
    fn variance(&self, sigma: f32) -> f32 {
        sigma * sigma + (self.keys.sigma_data * self.keys.sigma_data) as f32
    }

    /// `c_skip x + c_out F` (eq. 7).
    fn original<const D: usize>(&self, x: Tensor<D>, output: Tensor<D>, sigma: f32) -> Tensor<D> {
        let data = self.keys.sigma_data;
        let variance = self.variance(sigma);
        let skip = 1.0 / variance * (data * data) as f32;
        let out = sigma * data as f32 / variance.sqrt();
        let out = if self.noise.prediction_type == PredictionType::Velocity { -out } else { out };
        x.mul_scalar(skip) + output.mul_scalar(out)
    }

    fn sigmas(&self, count: usize) -> Result<Vec<f64>, ConfigError> {
        if count == 0 {
            let train = self.noise.num_train_timesteps;
            return Err(TimestepError::Steps { steps: count, train }.into());
        }
        let ramp = match &self.ramp {
            Some(ramp) if ramp.len() != count => {
                let shown = format!("{} of them", ramp.len());
                refuse("sigmas", shown, "give as many as `steps`")?;
                Vec::new()
            }
            Some(ramp) => ramp.clone(),
            None => equally_spaced(0.0, 1.0, count),
        };
        Ok(self.keys.sigmas(&ramp))
    }
}
