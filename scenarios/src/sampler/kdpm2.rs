//! DPM-Solver-2 in sigmas, as k-diffusion has it: the midpoint method on the probability flow, with the middle at the
//! geometric mean of two sigmas (Lu et al. 2022, arXiv 2206.00927, algorithm 1 with `r_1 = 1/2`; Karras et al. 2022,
//! arXiv 2206.00364, algorithm 2).
//!
//! Sigmas in `f64`, rounded to `f32`; the middles and the coefficients in `f32`.

use burn::tensor::Tensor;

use super::config::SpacingKeys;
use super::half::{Begun, Half, halves};
use super::sigma_space::{
    ending_with, initial_sigma, model_input, noise_defaults_of_two_stages, noised, without_bounds,
};
pub use super::two_stages::Kdpm2Step;
use super::two_stages::{TwoStages, middle};
use super::{Config, ConfigError, NoKeys, NoiseConfig, Sampler, SamplerError, Stepped};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct Kdpm2(TwoStages);

impl Sampler for Kdpm2 {
    type Keys = SpacingKeys;
    type Arguments = NoKeys;
    type Step = Kdpm2Step;
    type Memory<const D: usize> = Begun<D>;

    const ORDER: usize = 2;
    const WITHOUT: &'static [&'static str] = without_bounds!("rescale_betas_zero_snr");

    fn noise_defaults() -> NoiseConfig {
        noise_defaults_of_two_stages()
    }

    fn new(config: &Config<Self>, _: &NoKeys) -> Result<Self, ConfigError> {
        TwoStages::new(&config.noise, config.keys).map(Self)
    }

    fn steps(&self, count: usize) -> Result<Vec<Kdpm2Step>, ConfigError> {
        let (times, sigmas) = self.0.rungs(count)?;
        let sigmas = ending_with(&sigmas, 0.0);
        let step = |(index, half)| {
            let (sigma, next) = (sigmas[index], sigmas[index + 1]);
            let middle = middle(next, sigma);
            match half {
                Half::First => Kdpm2Step { t: times[index], at: sigma, sigma, to: middle, half },
                Half::Second => {
                    let t = self.0.ladder.time(middle.into());
                    Kdpm2Step { t, at: middle, sigma, to: next, half }
                }
            }
        };
        Ok(halves(count).map(step).collect())
    }

    fn time(&self, step: &Kdpm2Step) -> f64 {
        step.t
    }

    fn init_noise_sigma(&self, steps: &[Kdpm2Step]) -> f32 {
        let largest = steps.iter().fold(0.0, |largest: f32, step| largest.max(step.sigma));
        initial_sigma(&self.0.noise, largest)
    }

    fn scale_model_input<const D: usize>(&self, step: &Kdpm2Step, x: Tensor<D>) -> Tensor<D> {
        model_input(x, step.at)
    }

    fn noised<const D: usize>(
        &self,
        first: &Kdpm2Step,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Ok(noised(original, noise, first.at))
    }

    fn step<const D: usize>(
        &self,
        step: &Kdpm2Step,
        x: Tensor<D>,
        output: Tensor<D>,
        begun: &mut Begun<D>,
        _noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        self.0.step(step, x, output, begun)
    }
}
