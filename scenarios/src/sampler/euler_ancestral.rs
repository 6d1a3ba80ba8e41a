//! Ancestral sampling with Euler's method, as k-diffusion has it: down to less noise than the next sigma has, and
//! fresh noise back up to it (Song et al. 2021, arXiv 2011.13456, appendix F; in sigmas, Karras et al. 2022, arXiv
//! 2206.00364).
//!
//! Sigmas in `f64`, rounded to `f32`; coefficients in `f32`.

use burn::tensor::Tensor;

use super::config::SigmaSpacing;
use super::sigma_space::{
    Ladder, check_betas, check_prediction, ending_with, initial_sigma, model_input, noise_defaults,
    noised, original, without_bounds,
};
use super::{
    Config, ConfigError, NoKeys, NoiseConfig, PredictionType, Sampler, SamplerError, Stepped,
    check_output,
};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct EulerAncestral {
    noise: NoiseConfig,
    ladder: Ladder,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AncestralStep {
    /// The time that the model is asked about.
    pub t: f32,
    /// The sigma of the sample.
    pub sigma: f32,
    /// The sigma that the slope leads to, and that of the fresh noise.
    pub ways: Ways,
}

/// Down from a sigma and up to the next one, which is `sqrt(down^2 + up^2)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ways {
    /// The sigma that the slope leads to.
    pub down: f32,
    /// The sigma of the fresh noise.
    pub up: f32,
}

impl Ways {
    /// From `sigma` to `next`, with as much fresh noise as the forward process has between them.
    pub(super) fn between(sigma: f32, next: f32) -> Self {
        let (from, to) = (sigma * sigma, next * next);
        let up = (to * (from - to) / from).sqrt();
        // The formula gives more than 0, its rounding may not.
        Self { down: (to - up * up).max(0.0).sqrt(), up }
    }
}

impl Sampler for EulerAncestral {
    type Keys = NoKeys;
    type Arguments = NoKeys;
    type Step = AncestralStep;
    type Memory<const D: usize> = ();

    const WITHOUT: &'static [&'static str] = without_bounds!();

    fn noise_defaults() -> NoiseConfig {
        noise_defaults()
    }

    fn new(config: &Config<Self>, _: &NoKeys) -> Result<Self, ConfigError> {
        let noise = config.noise.clone();
        check_betas(&noise, &[])?;
        check_prediction(&noise, &[PredictionType::Epsilon, PredictionType::Velocity])?;
        let ladder = Ladder::new(&noise, SigmaSpacing::Timesteps, [None; 2])?;
        Ok(Self { noise, ladder })
    }

    fn steps(&self, count: usize) -> Result<Vec<AncestralStep>, ConfigError> {
        let (times, sigmas) = self.ladder.rungs(&self.noise, count)?;
        let sigmas = ending_with(&sigmas, 0.0);
        let step = |(pair, t): (&[f32], f64)| {
            let ways = Ways::between(pair[0], pair[1]);
            AncestralStep { t: t as f32, sigma: pair[0], ways }
        };
        Ok(sigmas.windows(2).zip(times).map(step).collect())
    }

    fn time(&self, step: &AncestralStep) -> f64 {
        step.t.into()
    }

    fn init_noise_sigma(&self, steps: &[AncestralStep]) -> f32 {
        let largest = steps.iter().fold(0.0, |largest: f32, step| largest.max(step.sigma));
        initial_sigma(&self.noise, largest)
    }

    fn scale_model_input<const D: usize>(&self, step: &AncestralStep, x: Tensor<D>) -> Tensor<D> {
        model_input(x, step.sigma)
    }

    fn sigmas(&self, steps: &[AncestralStep]) -> Vec<f32> {
        steps.iter().map(|step| step.sigma).chain([0.0]).collect()
    }

    fn noised<const D: usize>(
        &self,
        first: &AncestralStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Ok(noised(original, noise, first.sigma))
    }

    /// Noise is drawn in the last step, too, where none of it is taken.
    fn step<const D: usize>(
        &self,
        &AncestralStep { sigma, ways: Ways { down, up }, .. }: &AncestralStep,
        x: Tensor<D>,
        output: Tensor<D>,
        (): &mut (),
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let shape = x.dims();
        check_output(&output, shape)?;
        let x_0 = original(self.noise.prediction_type, x.clone(), output, sigma);
        let slope = (x.clone() - x_0.clone()).div_scalar(sigma);
        let sample = x + slope.mul_scalar(down - sigma);
        let sample = sample + noise(shape).mul_scalar(up);
        Ok(Stepped { sample, original: Some(x_0) })
    }
}
