//! Euler's method on the probability flow (Karras et al. 2022, arXiv 2206.00364, algorithm 2 without its second
//! order), on the noise schedule of a DDPM. Which sigmas are visited is `euler_rungs`' work.
//!
//! Sigmas in `f64`, rounded to `f32`; coefficients in `f32`; `gamma` in `f64`.

use burn::tensor::Tensor;

use super::churn::{Churn, raised};
use super::euler_rungs::EulerRungs;
pub use super::euler_rungs::{EulerArguments, EulerKeys, InterpolationType, TimestepType};
use super::sigma_space::{
    check_betas, check_prediction, initial_sigma, model_input, noise_defaults, noised, original,
    without_bounds,
};
use super::{
    Config, ConfigError, NoiseConfig, PredictionType, Sampler, SamplerError, Stepped, check_output,
};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct Euler {
    noise: NoiseConfig,
    rungs: EulerRungs,
    churn: Churn,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EulerStep {
    /// The time that the model is asked about.
    pub t: f32,
    /// The sigma of the sample.
    pub sigma: f32,
    /// What fresh noise adds to it first, relative to it.
    pub gamma: f64,
    /// The sigma after the step.
    pub next: f32,
}

impl Sampler for Euler {
    type Keys = EulerKeys;
    type Arguments = EulerArguments;
    type Step = EulerStep;
    type Memory<const D: usize> = ();

    const WITHOUT: &'static [&'static str] = without_bounds!();

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(config: &Config<Self>, arguments: &EulerArguments) -> Result<Self, ConfigError> {
        use PredictionType::{Epsilon, Sample, Velocity};
        let noise = config.noise.clone();
        check_betas(&noise, &[])?;
        check_prediction(&noise, &[Epsilon, Sample, Velocity])?;
        let &EulerArguments { s_churn: churn, s_tmin: from, s_tmax: to, s_noise, .. } = arguments;
        let churn = Churn { churn, from, to, noise: s_noise }.check()?;
        let rungs = EulerRungs::new(config, arguments)?;
        Ok(Self { noise, rungs, churn })
    }

    fn steps(&self, count: usize) -> Result<Vec<EulerStep>, ConfigError> {
        let (times, sigmas) = self.rungs.of(count)?;
        let last = sigmas.len() - 1;
        let step = |(pair, t): (&[f32], f32)| {
            let gamma = self.churn.gamma(pair[0], last);
            EulerStep { t, sigma: pair[0], gamma, next: pair[1] }
        };
        Ok(sigmas.windows(2).zip(times).map(step).collect())
    }

    fn time(&self, step: &EulerStep) -> f64 {
        step.t.into()
    }

    fn init_noise_sigma(&self, steps: &[EulerStep]) -> f32 {
        let largest = steps.iter().fold(0.0, |largest: f32, step| largest.max(step.sigma));
        initial_sigma(&self.noise, largest)
    }

    fn scale_model_input<const D: usize>(&self, step: &EulerStep, x: Tensor<D>) -> Tensor<D> {
        model_input(x, step.sigma)
    }

    fn sigmas(&self, steps: &[EulerStep]) -> Vec<f32> {
        let end = steps.last().map(|last| last.next);
        steps.iter().map(|step| step.sigma).chain(end).collect()
    }

    fn noised<const D: usize>(
        &self,
        first: &EulerStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Ok(noised(original, noise, first.sigma))
    }

    /// Along the slope `(x - x_0) / sigma` (eq. 4 with `s = 1`) to the next sigma.
    fn step<const D: usize>(
        &self,
        &EulerStep { sigma, gamma, next, .. }: &EulerStep,
        x: Tensor<D>,
        output: Tensor<D>,
        (): &mut (),
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        check_output(&output, x.dims())?;
        let x = self.churn.apply(x, sigma, gamma, noise);
        let raised = raised(sigma, gamma);
        let at = match self.noise.prediction_type {
            PredictionType::Epsilon => raised,
            _ => sigma,
        };
        let x_0 = original(self.noise.prediction_type, x.clone(), output, at);
        let slope = (x.clone() - x_0.clone()).div_scalar(raised);
        let sample = x + slope.mul_scalar(next - raised);
        Ok(Stepped { sample, original: Some(x_0) })
    }
}
