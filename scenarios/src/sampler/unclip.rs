//! The sampler of unCLIP (Ramesh et al. 2022, arXiv 2204.06125): DDPM's step (Ho, Jain & Abbeel 2020, arXiv 2006.11239,
//! algorithm 2) between any two timesteps, on the squared cosine alone, with karlo's timesteps and variances.
//!
//! Single precision throughout, as diffusers has it; the timesteps come from `f64`, as numpy's do.

use burn::tensor::Tensor;

use super::config::{refuse, written};
use super::ddpm::DdpmKeys;
use super::prediction::Rates;
use super::variance::Posterior;
use super::{
    Config, ConfigError, NoKeys, NoiseConfig, PredictionType, Sampler, SamplerError, Stepped,
    VarianceType, add_noise, alpha_bars, check_output,
};
use crate::schedule::{BetaSchedule, Schedule, TimestepError, Transition};

/// The sampler.
#[derive(Debug, Clone, PartialEq)]
pub struct UnClip {
    /// What every sampler is configured by.
    pub noise: NoiseConfig,
    /// The noise of each timestep.
    pub schedule: Schedule,
    /// The variance of the noise that each step adds.
    pub variance: VarianceType,
}

impl Sampler for UnClip {
    type Keys = DdpmKeys;
    type Arguments = NoKeys;
    type Step = Transition;
    type Memory<const D: usize> = ();

    const WITHOUT: &'static [&'static str] = &[
        "beta_start",
        "beta_end",
        "trained_betas",
        "thresholding",
        "dynamic_thresholding_ratio",
        "sample_max_value",
        "timestep_spacing",
        "steps_offset",
        "rescale_betas_zero_snr",
    ];

    fn noise_defaults() -> NoiseConfig {
        NoiseConfig { beta_schedule: BetaSchedule::SquaredCosine, ..NoiseConfig::default() }
    }

    fn new(config: &Config<Self>, _: &NoKeys) -> Result<Self, ConfigError> {
        let noise = config.noise.clone();
        let variance = config.keys.variance_type.unwrap_or(VarianceType::FixedSmallLog);
        if noise.beta_schedule != BetaSchedule::SquaredCosine {
            let help = "UnCLIPScheduler has squaredcos_cap_v2 only";
            refuse("beta_schedule", written(&noise.beta_schedule), help)?;
        }
        if noise.prediction_type == PredictionType::Velocity {
            let help = "UnCLIPScheduler has epsilon and sample";
            refuse("prediction_type", "v_prediction", help)?;
        }
        if !matches!(variance, VarianceType::FixedSmallLog | VarianceType::LearnedRange) {
            let help = "UnCLIPScheduler has fixed_small_log and learned_range";
            refuse("variance_type", written(&variance), help)?;
        }
        let schedule = noise.schedule()?;
        Ok(Self { noise, schedule, variance })
    }

    /// Both ends of training, and equal distances between them. Each step ends one timestep before the one that it begins
    /// with, unless it is told otherwise.
    fn steps(&self, count: usize) -> Result<Vec<Transition>, ConfigError> {
        let train = self.noise.num_train_timesteps;
        if count < 2 || count > train {
            return Err(TimestepError::Steps { steps: count, train }.into());
        }
        let stride = (train - 1) as f64 / (count - 1) as f64;
        let timesteps = (0..count).rev().map(|index| (index as f64 * stride).round_ties_even());
        let step = |t: f64| Transition { t: t as usize, previous: (t as usize).checked_sub(1) };
        Ok(timesteps.map(step).collect())
    }

    fn told_next(&self, steps: &[Transition]) -> Option<Vec<Transition>> {
        let timesteps: Vec<usize> = steps.iter().map(|step| step.t).collect();
        let mut told = Transition::by_succession(&timesteps);
        if let Some(last) = told.last_mut() {
            last.previous = last.t.checked_sub(1);
        }
        Some(told)
    }

    fn time(&self, step: &Transition) -> f64 {
        step.t as f64
    }

    fn variance(&self, between: Transition, learned: f32) -> Option<f32> {
        let alpha_bars = alpha_bars(&self.schedule, between).ok()?;
        Some(self.variance.value(self.posterior(between, alpha_bars), learned))
    }

    fn noised<const D: usize>(
        &self,
        first: &Transition,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        add_noise(&self.schedule, original, noise, &[first.t])
    }

    /// A learned variance is a second half of the channels.
    fn output_channels(&self, channels: usize) -> usize {
        if self.variance.is_learned() { 2 * channels } else { channels }
    }

    /// `x_t` to `x_{t-1}` (eq. 6 and 7; algorithm 2); no noise is added at timestep 0.
    fn step<const D: usize>(
        &self,
        &transition: &Transition,
        x: Tensor<D>,
        output: Tensor<D>,
        (): &mut (),
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        let (shape, channels) = (x.dims(), x.dims()[1]);
        let mut wanted = shape;
        wanted[1] = self.output_channels(channels);
        check_output(&output, wanted)?;
        let is_learned = self.variance.is_learned();
        let learned = is_learned.then(|| output.clone().narrow(1, channels, channels));
        let (alpha_bar_t, alpha_bar_before) = alpha_bars(&self.schedule, transition)?;
        let beta = self.beta(transition, alpha_bar_t / alpha_bar_before);
        let (noise_t, noise_before) = (1.0 - alpha_bar_t, 1.0 - alpha_bar_before);

        let output = output.narrow(1, 0, channels);
        let prediction = self.noise.prediction_type;
        let x_0 = prediction.original(x.clone(), output, Rates::new(alpha_bar_t));
        let x_0 = self.noise.bound().apply(x_0);
        let x_0_share = alpha_bar_before.sqrt() * beta / noise_t;
        let x_t_share = (1.0 - beta).sqrt() * noise_before / noise_t;
        let mean = x_0.clone().mul_scalar(x_0_share) + x.mul_scalar(x_t_share);
        let sample = if transition.t > 0 {
            let posterior = self.posterior(transition, (alpha_bar_t, alpha_bar_before));
            mean + self.variance.scale(posterior, learned, noise(shape))
        } else {
            mean
        };
        Ok(Stepped { sample, original: Some(x_0) })
    }
}

impl UnClip {
    /// The variances that the step may have (eq. 7).
    fn posterior(
        &self,
        step: Transition,
        (alpha_bar_t, alpha_bar_before): (f32, f32),
    ) -> Posterior {
        let beta = self.beta(step, alpha_bar_t / alpha_bar_before);
        Posterior::of(beta, (1.0 - alpha_bar_before) / (1.0 - alpha_bar_t) * beta)
    }

    /// The variance of the forward step: the schedule's own where it is of one timestep.
    fn beta(&self, Transition { t, previous }: Transition, alpha: f32) -> f32 {
        let own = (t.checked_sub(1) == previous).then(|| self.schedule.betas().get(t)).flatten();
        own.copied().unwrap_or(1.0 - alpha)
    }
}
