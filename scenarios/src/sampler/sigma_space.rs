//! What samplers have in common that know noise by its sigma: `x = x_0 + sigma epsilon`, where `x` is the sample of
//! the other samplers divided by `sqrt(alpha_bar)` (Karras et al. 2022, arXiv 2206.00364, appendix B).
//!
//! A list of sigmas is made in `f64`, as by numpy, and rounded to `f32` once; coefficients are made of it in `f32`,
//! as by torch.

use burn::tensor::Tensor;

use super::config::{SigmaSpacing, check_sigmas, refuse, written};
use super::{ConfigError, NoiseConfig, PredictionType};
use crate::schedule::{
    BetaSchedule, TimestepError, TimestepSpacing, equally_spaced, interpolate, logarithms, time_of,
    training_sigmas,
};

/// Keys of [`NoiseConfig`] about bounds, which most of these classes do not have.
macro_rules! without_bounds {
    ($($also:literal),*) => {
        &[
            "clip_sample",
            "clip_sample_range",
            "thresholding",
            "dynamic_thresholding_ratio",
            "sample_max_value",
            $($also),*
        ]
    };
}
pub(super) use without_bounds;

/// Every key of [`NoiseConfig`] but the number of training timesteps and those of `but`, for classes without betas.
macro_rules! without_betas {
    ($($also:literal),*) => {
        &[
            "beta_start",
            "beta_end",
            "beta_schedule",
            "trained_betas",
            "clip_sample",
            "clip_sample_range",
            "thresholding",
            "dynamic_thresholding_ratio",
            "sample_max_value",
            "timestep_spacing",
            "steps_offset",
            "rescale_betas_zero_snr",
            $($also),*
        ]
    };
}
pub(super) use without_betas;

/// diffusers' defaults of the keys that all samplers share.
pub(super) fn noise_defaults() -> NoiseConfig {
    NoiseConfig {
        clip_sample: false,
        timestep_spacing: TimestepSpacing::Linspace,
        ..NoiseConfig::default()
    }
}

/// The same with the betas of Stable Diffusion, which the samplers of two stages have.
pub(super) fn noise_defaults_of_two_stages() -> NoiseConfig {
    NoiseConfig { beta_start: 0.00085, beta_end: 0.012, ..noise_defaults() }
}

/// The sigmas of the training timesteps, and how a run's lie among them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ladder {
    /// The sigma of each training timestep, rising.
    pub training: Vec<f32>,
    log_sigmas: Vec<f32>,
    spacing: SigmaSpacing,
    low: Option<f64>,
    high: Option<f64>,
}

/// The times that the model is asked about, and the sigma of each.
pub(super) type Rungs = (Vec<f64>, Vec<f64>);

impl Ladder {
    /// `low` and `high` are the ends of the spacing, in place of those of the run's timesteps.
    pub fn new(
        noise: &NoiseConfig,
        spacing: SigmaSpacing,
        [low, high]: [Option<f64>; 2],
    ) -> Result<Self, ConfigError> {
        check_sigmas(low, high)?;
        let mut alphas = noise.schedule()?.alphas_cumprod().to_vec();
        if alphas.len() < 2 {
            refuse(
                "num_train_timesteps",
                alphas.len(),
                "sigmas lie between two timesteps or more",
            )?;
        }
        if let Some(last) = alphas.last_mut().filter(|_| noise.rescale_betas_zero_snr) {
            // Nothing but noise, without an infinite sigma: the smallest number above 0 of an f16.
            *last = (-24_f32).exp2();
        }
        let training = training_sigmas(&alphas);
        let log_sigmas = logarithms(&training);
        Ok(Self { training, log_sigmas, spacing, low, high })
    }

    /// Whether sigmas lie as the timesteps do.
    pub fn follows_timesteps(&self) -> bool {
        self.spacing == SigmaSpacing::Timesteps
    }

    /// The sigma at each of the times.
    pub fn at(&self, times: &[f32]) -> Vec<f64> {
        times.iter().map(|&time| interpolate(f64::from(time), &self.training)).collect()
    }

    /// The time of a sigma.
    pub fn time(&self, sigma: f64) -> f64 {
        time_of(sigma, &self.log_sigmas)
    }

    /// `count` sigmas between the first and the last of those at `times`, spaced as the keys say.
    pub fn respaced(&self, times: &[f32], sigmas: Vec<f64>, count: usize) -> Rungs {
        let (first, last) = (sigmas[0], sigmas[sigmas.len() - 1]);
        let (low, high) = (self.low.unwrap_or(last), self.high.unwrap_or(first));
        match self.spacing.between(low, high, count) {
            None => (times.iter().copied().map(f64::from).collect(), sigmas),
            Some(sigmas) => (sigmas.iter().map(|&sigma| self.time(sigma)).collect(), sigmas),
        }
    }

    /// The rungs of a run of `count` steps.
    pub fn rungs(&self, noise: &NoiseConfig, count: usize) -> Result<Rungs, ConfigError> {
        let times = spaced_times(noise, count)?;
        Ok(self.respaced(&times, self.at(&times), count))
    }
}

/// The timesteps of a run, falling, as numpy makes them in `f32`: the only ones that need not be whole numbers are
/// those that are equally spaced.
pub(super) fn spaced_times(noise: &NoiseConfig, count: usize) -> Result<Vec<f32>, ConfigError> {
    let train = noise.num_train_timesteps;
    if noise.timestep_spacing != TimestepSpacing::Linspace {
        return Ok(noise.timesteps(count)?.into_iter().map(|t| t as f32).collect());
    }
    if count == 0 {
        return Err(TimestepError::Steps { steps: count, train }.into());
    }
    let rising = equally_spaced(0.0, (train - 1) as f64, count);
    Ok(rising.into_iter().rev().map(|time| time as f32).collect())
}

/// Sigmas as torch has them, with the one that the last step ends with.
pub(super) fn ending_with(sigmas: &[f64], last: f32) -> Vec<f32> {
    sigmas.iter().map(|&sigma| sigma as f32).chain([last]).collect()
}

/// Refuses the beta schedules that a class does not have beside the three that all have: `also` are its own.
pub(super) fn check_betas(noise: &NoiseConfig, also: &[BetaSchedule]) -> Result<(), ConfigError> {
    use BetaSchedule::{Exponential, Linear, ScaledLinear, SquaredCosine};
    let schedule = noise.beta_schedule;
    let is_common = [Linear, ScaledLinear, SquaredCosine].contains(&schedule);
    if noise.trained_betas.is_some() || is_common || also.contains(&schedule) {
        return Ok(());
    }
    let help = match also {
        [] => "the class has linear, scaled_linear and squaredcos_cap_v2",
        [Exponential] => "the class has linear, scaled_linear, squaredcos_cap_v2 and exp",
        _ => "the class has linear, scaled_linear, squaredcos_cap_v2, sigmoid and laplace",
    };
    refuse("beta_schedule", written(&schedule), help)
}

/// Refuses a meaning of the model's output that the class does not know.
pub(super) fn check_prediction(
    noise: &NoiseConfig,
    known: &[PredictionType],
) -> Result<(), ConfigError> {
    let prediction = noise.prediction_type;
    if known.contains(&prediction) {
        return Ok(());
    }
    let help = match known.contains(&PredictionType::Sample) {
        true => "the class has epsilon, sample and v_prediction",
        false => "the class has epsilon and v_prediction",
    };
    refuse("prediction_type", written(&prediction), help)
}

/// The standard deviation of the noise that a run begins with, of the largest sigma. Where the spacing leaves out the
/// last timestep, the variance of the data counts as well.
pub(super) fn initial_sigma(noise: &NoiseConfig, largest: f32) -> f32 {
    match noise.timestep_spacing {
        TimestepSpacing::Linspace | TimestepSpacing::Trailing => largest,
        TimestepSpacing::Leading => (largest * largest + 1.0).sqrt(),
    }
}

/// The sample as a model knows it that was trained on those of unit variance.
pub(super) fn model_input<const D: usize>(x: Tensor<D>, sigma: f32) -> Tensor<D> {
    x.div_scalar((sigma * sigma + 1.0).sqrt())
}

/// The clean sample `x_0`, where the model was given [`model_input`] at `sigma`.
pub(super) fn original<const D: usize>(
    prediction: PredictionType,
    x: Tensor<D>,
    output: Tensor<D>,
    sigma: f32,
) -> Tensor<D> {
    let variance = sigma * sigma + 1.0;
    match prediction {
        PredictionType::Epsilon => x - output.mul_scalar(sigma),
        PredictionType::Velocity => {
            output.mul_scalar(-sigma / variance.sqrt()) + x.div_scalar(variance)
        }
        _ => output,
    }
}

/// `x_0 + sigma epsilon`
pub(super) fn noised<const D: usize>(x_0: Tensor<D>, epsilon: Tensor<D>, sigma: f32) -> Tensor<D> {
    x_0 + epsilon.mul_scalar(sigma)
}
