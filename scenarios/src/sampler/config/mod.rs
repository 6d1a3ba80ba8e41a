//! What a `scheduler_config.json`, or `scheduler:` in a scenario, says: diffusers' own keys and
//! defaults.
//!
//! Types and what follows from them; reading the keys is `fields`' work, a pipeline's file beside a scenario's keys
//! `scheduler`'s, refusing values that cannot work `validate`'s.

mod fields;
mod scheduler;
mod validate;

pub use fields::{ClassError, Fields, FromFields};
pub use scheduler::{Scheduler, SchedulerError, SchedulerFile};
pub use validate::{ConfigError, check_eta};

use super::{Bound, Ddim, Ddpm, PredictionType, VarianceType};
use crate::schedule::{
    BetaSchedule, Schedule, TimestepSpacing, Transition, every_timestep,
    rescale_to_zero_terminal_snr,
};

/// What both schedulers are configured by.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseConfig {
    /// Number of timesteps the model was trained with.
    pub num_train_timesteps: usize,
    /// The first beta.
    pub beta_start: f64,
    /// The last beta.
    pub beta_end: f64,
    /// How the betas go from the first to the last.
    pub beta_schedule: BetaSchedule,
    /// The betas themselves, in place of `beta_start`, `beta_end` and `beta_schedule`.
    pub trained_betas: Option<Vec<f64>>,
    /// Whether the predicted clean sample is clipped; `thresholding` goes first.
    pub clip_sample: bool,
    /// The largest absolute value that clipping leaves.
    pub clip_sample_range: f64,
    /// Whether the predicted clean sample is thresholded dynamically.
    pub thresholding: bool,
    /// The quantile of dynamic thresholding.
    pub dynamic_thresholding_ratio: f64,
    /// The largest threshold of dynamic thresholding.
    pub sample_max_value: f64,
    /// What the model predicts.
    pub prediction_type: PredictionType,
    /// How the visited timesteps lie among the training timesteps.
    pub timestep_spacing: TimestepSpacing,
    /// What the leading spacing adds to each timestep.
    pub steps_offset: usize,
    /// Whether the betas are rescaled so that the last timestep is pure noise.
    pub rescale_betas_zero_snr: bool,
}

/// diffusers' `DDIMScheduler`.
///
/// Reads the configuration of any other scheduler as well, as diffusers' `from_config` does: keys that DDIM does not have
/// have no effect.
#[derive(Debug, Clone, PartialEq)]
pub struct DdimConfig {
    /// What both schedulers are configured by.
    pub noise: NoiseConfig,
    /// Whether the last step ends in a clean sample (`true`) or in one that carries the noise of
    /// timestep 0.
    pub set_alpha_to_one: bool,
}

/// diffusers' `DDPMScheduler`; reads the configuration of any other scheduler as well.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DdpmConfig {
    /// What both schedulers are configured by.
    pub noise: NoiseConfig,
    /// The variance of the noise that each step adds.
    pub variance_type: VarianceType,
}

/// Whichever scheduler `_class_name` says; the key has to be there.
#[derive(Debug, Clone, PartialEq)]
pub enum SchedulerConfig {
    /// `_class_name: DDIMScheduler`
    Ddim(DdimConfig),
    /// `_class_name: DDPMScheduler`
    Ddpm(DdpmConfig),
}

impl NoiseConfig {
    /// What keeps the predicted clean sample within the range of the data.
    #[must_use]
    pub fn bound(&self) -> Bound {
        if self.thresholding {
            Bound::Dynamic {
                ratio: self.dynamic_thresholding_ratio,
                largest: self.sample_max_value,
            }
        } else if self.clip_sample {
            Bound::Clip { range: self.clip_sample_range }
        } else {
            Bound::Free
        }
    }

    /// The betas, rescaled if asked for; as many as there are trained ones, or training timesteps.
    #[must_use]
    pub fn betas(&self) -> Vec<f32> {
        let betas = match &self.trained_betas {
            Some(betas) => betas.iter().map(|&beta| beta as f32).collect(),
            None => {
                self.beta_schedule.betas(self.beta_start, self.beta_end, self.num_train_timesteps)
            }
        };
        if self.rescale_betas_zero_snr { rescale_to_zero_terminal_snr(&betas) } else { betas }
    }

    fn timesteps(&self, steps: usize) -> Result<Vec<usize>, ConfigError> {
        let spacing = self.timestep_spacing;
        Ok(spacing.timesteps(self.num_train_timesteps, steps, self.steps_offset)?)
    }
}

impl Default for DdimConfig {
    fn default() -> Self {
        Self { noise: NoiseConfig::default(), set_alpha_to_one: true }
    }
}

impl DdimConfig {
    /// The noise schedule.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn schedule(&self) -> Result<Schedule, ConfigError> {
        self.validate()?;
        let schedule = Schedule::new(self.noise.betas())?;
        Ok(if self.set_alpha_to_one { schedule } else { schedule.ending_at_timestep_zero() })
    }

    /// The steps of a run of `steps` inference steps.
    ///
    /// # Errors
    /// If there is no such number of steps; see [`TimestepSpacing::timesteps`].
    pub fn transitions(&self, steps: usize) -> Result<Vec<Transition>, ConfigError> {
        let timesteps = self.noise.timesteps(steps)?;
        Ok(Transition::by_stride(&timesteps, self.noise.num_train_timesteps / steps))
    }

    /// The sampler. `eta` is the share of fresh noise, from 0 to 1; `use_clipped_model_output` derives
    /// the noise anew from the clipped sample.
    ///
    /// # Errors
    /// As [`validate`](Self::validate) and [`check_eta`].
    pub fn sampler(&self, eta: f64, use_clipped_model_output: bool) -> Result<Ddim, ConfigError> {
        check_eta(eta)?;
        Ok(Ddim {
            schedule: self.schedule()?,
            prediction: self.noise.prediction_type,
            bound: self.noise.bound(),
            eta,
            use_clipped_model_output,
        })
    }
}

impl SchedulerConfig {
    /// The noise schedule.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn schedule(&self) -> Result<Schedule, ConfigError> {
        match self {
            Self::Ddim(config) => config.schedule(),
            Self::Ddpm(config) => config.schedule(),
        }
    }

    /// The steps of a run of `steps` inference steps.
    ///
    /// # Errors
    /// If there is no such number of steps; see [`TimestepSpacing::timesteps`].
    pub fn transitions(&self, steps: usize) -> Result<Vec<Transition>, ConfigError> {
        match self {
            Self::Ddim(config) => config.transitions(steps),
            Self::Ddpm(config) => config.transitions(steps),
        }
    }
}

impl DdpmConfig {
    /// The noise schedule.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn schedule(&self) -> Result<Schedule, ConfigError> {
        self.validate()?;
        Ok(Schedule::new(self.noise.betas())?)
    }

    /// The steps of a run of `steps` inference steps.
    ///
    /// # Errors
    /// If there is no such number of steps; see [`TimestepSpacing::timesteps`].
    pub fn transitions(&self, steps: usize) -> Result<Vec<Transition>, ConfigError> {
        Ok(Transition::by_succession(&self.noise.timesteps(steps)?))
    }

    /// The steps of a run that visits every training timestep.
    #[must_use]
    pub fn all_transitions(&self) -> Vec<Transition> {
        Transition::by_succession(&every_timestep(self.noise.num_train_timesteps))
    }

    /// The steps of a run that visits the given timesteps, and ends in a clean sample.
    ///
    /// # Errors
    /// If there is none, if they do not fall, or if one is too large.
    pub fn custom_transitions(&self, timesteps: &[usize]) -> Result<Vec<Transition>, ConfigError> {
        crate::schedule::check_timesteps(timesteps, self.noise.num_train_timesteps)?;
        Ok(Transition::by_succession(timesteps))
    }

    /// The sampler.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn sampler(&self) -> Result<Ddpm, ConfigError> {
        Ok(Ddpm {
            schedule: self.schedule()?,
            prediction: self.noise.prediction_type,
            bound: self.noise.bound(),
            variance: self.variance_type,
        })
    }
}
