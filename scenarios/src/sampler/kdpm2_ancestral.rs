//! DPM-Solver-2 with ancestral sampling: each whole step leads to less noise than the next sigma has, and fresh noise
//! back up to it, as in `euler_ancestral`; else as `kdpm2`.
//!
//! Sigmas in `f64`, rounded to `f32`; all else on the host in `f32`.

use burn::tensor::Tensor;

use super::config::{SpacingKeys, refuse};
use super::euler_ancestral::Ways;
use super::half::{Begun, Half, halves};
use super::sigma_space::{
    ending_with, initial_sigma, model_input, noise_defaults_of_two_stages, noised, without_bounds,
};
use super::two_stages::{Kdpm2Step, TwoStages, middle};
use super::{Config, ConfigError, NoKeys, NoiseConfig, Sampler, SamplerError, Stepped};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct Kdpm2Ancestral(TwoStages);

/// Half a step, and the sigma of the fresh noise after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kdpm2AncestralStep {
    /// The half without fresh noise.
    pub half: Kdpm2Step,
    /// The sigma of the fresh noise; there is some after a second half.
    pub up: f32,
}

impl Sampler for Kdpm2Ancestral {
    type Keys = SpacingKeys;
    type Arguments = NoKeys;
    type Step = Kdpm2AncestralStep;
    type Memory<const D: usize> = Begun<D>;

    const ORDER: usize = 2;
    const WITHOUT: &'static [&'static str] = without_bounds!("rescale_betas_zero_snr");

    fn noise_defaults() -> NoiseConfig {
        noise_defaults_of_two_stages()
    }

    fn new(config: &Config<Self>, _: &NoKeys) -> Result<Self, ConfigError> {
        TwoStages::new(&config.noise, config.keys).map(Self)
    }

    fn steps(&self, count: usize) -> Result<Vec<Kdpm2AncestralStep>, ConfigError> {
        let (times, sigmas) = self.0.rungs(count)?;
        let sigmas = ending_with(&sigmas, 0.0);
        let ends =
            sigmas.windows(2).take(count - 1).map(|pair| Ways::between(pair[0], pair[1]).down);
        if ends.into_iter().any(|down| down <= 0.0) {
            // The middle between a sigma and 0 would be 0, and the slope there a division by it.
            let help = "a step from so much noise to so little rounds to none; take more steps";
            refuse("steps", count, help)?;
        }
        let step = |(index, half)| {
            let sigma = sigmas[index];
            let Ways { down, up } = Ways::between(sigma, sigmas[index + 1]);
            let middle = middle(sigma, down);
            let (t, at, to) = match half {
                Half::First => (times[index], sigma, middle),
                Half::Second => (self.0.ladder.time(middle.into()), middle, down),
            };
            Kdpm2AncestralStep { half: Kdpm2Step { t, at, sigma, to, half }, up }
        };
        Ok(halves(count).map(step).collect())
    }

    fn time(&self, step: &Kdpm2AncestralStep) -> f64 {
        step.half.t
    }

    fn init_noise_sigma(&self, steps: &[Kdpm2AncestralStep]) -> f32 {
        let largest = steps.iter().fold(0.0, |largest: f32, step| largest.max(step.half.sigma));
        initial_sigma(&self.0.noise, largest)
    }

    fn scale_model_input<const D: usize>(
        &self,
        step: &Kdpm2AncestralStep,
        x: Tensor<D>,
    ) -> Tensor<D> {
        model_input(x, step.half.at)
    }

    fn noised<const D: usize>(
        &self,
        first: &Kdpm2AncestralStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Ok(noised(original, noise, first.half.at))
    }

    fn step<const D: usize>(
        &self,
        Kdpm2AncestralStep { half, up }: &Kdpm2AncestralStep,
        x: Tensor<D>,
        output: Tensor<D>,
        begun: &mut Begun<D>,
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let shape = x.dims();
        let Stepped { sample, original } = self.0.step(half, x, output, begun)?;
        let sample = match half.half {
            Half::First => sample,
            Half::Second => sample + noise(shape).mul_scalar(*up),
        };
        Ok(Stepped { sample, original })
    }
}
