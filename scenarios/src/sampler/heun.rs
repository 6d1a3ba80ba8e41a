//! Heun's second-order method on the probability flow (Karras et al. 2022, arXiv 2206.00364, algorithm 1), on the
//! noise schedule of a DDPM.
//!
//! Sigmas in `f64`, rounded to `f32`; coefficients in `f32`.

use burn::tensor::Tensor;

use super::config::{SpacingKeys, Time, TimedArguments, check_times, refuse};
use super::half::{Begun, Half, halves};
use super::sigma_space::{
    Ladder, check_betas, check_prediction, ending_with, initial_sigma, model_input,
    noise_defaults_of_two_stages, noised, original, spaced_times,
};
use super::{
    Config, ConfigError, NoiseConfig, PredictionType, Sampler, SamplerError, Stepped, check_output,
};
use crate::schedule::BetaSchedule;

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct Heun {
    noise: NoiseConfig,
    ladder: Ladder,
    timesteps: Option<Vec<Time>>,
}

/// Half a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeunStep {
    /// The time that the model is asked about.
    pub t: f32,
    /// The sigma that the whole step begins with.
    pub sigma: f32,
    /// The sigma that it ends with.
    pub next: f32,
    /// Which of its slopes this is about.
    pub half: Half,
}

impl HeunStep {
    /// The sigma of the sample that the model is asked about.
    fn at(&self) -> f32 {
        match self.half {
            Half::First => self.sigma,
            Half::Second => self.next,
        }
    }
}

impl Sampler for Heun {
    type Keys = SpacingKeys;
    type Arguments = TimedArguments;
    type Step = HeunStep;
    type Memory<const D: usize> = Begun<D>;

    const ORDER: usize = 2;
    const WITHOUT: &'static [&'static str] = &[
        "thresholding",
        "dynamic_thresholding_ratio",
        "sample_max_value",
        "rescale_betas_zero_snr",
    ];

    fn noise_defaults() -> NoiseConfig {
        noise_defaults_of_two_stages()
    }

    fn new(config: &Config<Self>, arguments: &TimedArguments) -> Result<Self, ConfigError> {
        use PredictionType::{Epsilon, Sample, Velocity};
        let Config { noise, keys } = config.clone();
        check_betas(&noise, &[BetaSchedule::Exponential])?;
        check_prediction(&noise, &[Epsilon, Sample, Velocity])?;
        let ladder = Ladder::new(&noise, keys.spacing()?, [None; 2])?;
        let timesteps = arguments.timesteps.clone();
        if timesteps.is_some() && !ladder.follows_timesteps() {
            let help = "use_karras_sigmas, use_exponential_sigmas and use_beta_sigmas space them";
            refuse("timesteps", "[..]", help)?;
        }
        Ok(Self { noise, ladder, timesteps })
    }

    fn steps(&self, count: usize) -> Result<Vec<HeunStep>, ConfigError> {
        let times = match &self.timesteps {
            Some(times) => check_times(times, count, self.noise.num_train_timesteps)?,
            None => spaced_times(&self.noise, count)?,
        };
        let (times, sigmas) = self.ladder.respaced(&times, self.ladder.at(&times), count);
        let sigmas = ending_with(&sigmas, 0.0);
        let step = |(index, half)| {
            let t = times[if half == Half::First { index } else { index + 1 }] as f32;
            HeunStep { t, sigma: sigmas[index], next: sigmas[index + 1], half }
        };
        Ok(halves(count).map(step).collect())
    }

    fn time(&self, step: &HeunStep) -> f64 {
        step.t.into()
    }

    fn init_noise_sigma(&self, steps: &[HeunStep]) -> f32 {
        let largest = steps.iter().fold(0.0, |largest: f32, step| largest.max(step.sigma));
        initial_sigma(&self.noise, largest)
    }

    fn scale_model_input<const D: usize>(&self, step: &HeunStep, x: Tensor<D>) -> Tensor<D> {
        model_input(x, step.at())
    }

    fn sigmas(&self, steps: &[HeunStep]) -> Vec<f32> {
        let end = steps.last().map(|last| last.next);
        steps.iter().map(HeunStep::at).chain(end).collect()
    }

    fn noised<const D: usize>(
        &self,
        first: &HeunStep,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Ok(noised(original, noise, first.at()))
    }

    /// Along the first slope (line 5), and then, from where the step began, along the mean of it and the slope there
    /// (line 8).
    fn step<const D: usize>(
        &self,
        step: &HeunStep,
        x: Tensor<D>,
        output: Tensor<D>,
        begun: &mut Begun<D>,
        _noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        check_output(&output, x.dims())?;
        let x_0 = original(self.noise.prediction_type, x.clone(), output, step.at());
        let x_0 = self.noise.bound().apply(x_0);
        let slope = (x.clone() - x_0.clone()).div_scalar(step.at());
        let (begin, slope) = match step.half {
            Half::First => {
                begun.0 = Some((x.clone(), slope.clone()));
                (x, slope)
            }
            Half::Second => {
                let (begin, first) = begun.take()?;
                (begin, (first + slope).div_scalar(2.0))
            }
        };
        let sample = begin + slope.mul_scalar(step.next - step.sigma);
        Ok(Stepped { sample, original: Some(x_0) })
    }
}
