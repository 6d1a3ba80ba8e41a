//! What a `scheduler_config.json`, or `scheduler:` in a scenario, says: diffusers' own keys and defaults.
//!
//! [`NoiseConfig`] has the keys that all samplers share; a sampler's own are in its file. Reading keys is `fields`'
//! work, a pipeline's file beside a scenario's keys `scheduler`'s, refusing values that cannot work `validate`'s.

mod chain;
mod fields;
mod scheduler;
mod share;
mod sigmas;
mod times;
mod validate;

pub use fields::{Class, ClassError, Fields, FromFields};
pub use scheduler::Scheduler;
pub(in crate::sampler) use share::{check_eta, share};
pub use sigmas::{FinalSigmasType, SigmaSchedule, SpacingKeys, TimeShiftType};
pub(in crate::sampler) use sigmas::{SigmaSpacing, check_sigmas};
pub use times::{Time, TimedArguments};
pub(in crate::sampler) use times::{check_listed_sigmas, check_times};
pub use validate::ConfigError;
pub(in crate::sampler) use validate::{refuse, written};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bound, PredictionType, Sampler};
use crate::diffusers::Keys;
use crate::schedule::{BetaSchedule, TimestepSpacing, rescale_to_zero_terminal_snr};

/// What every sampler is configured by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
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

impl Keys for NoiseConfig {}

impl Default for NoiseConfig {
    fn default() -> Self {
        Self {
            num_train_timesteps: 1000,
            beta_start: 0.0001,
            beta_end: 0.02,
            beta_schedule: BetaSchedule::default(),
            trained_betas: None,
            clip_sample: true,
            clip_sample_range: 1.0,
            thresholding: false,
            dynamic_thresholding_ratio: 0.995,
            sample_max_value: 1.0,
            prediction_type: PredictionType::default(),
            timestep_spacing: TimestepSpacing::default(),
            steps_offset: 0,
            rescale_betas_zero_snr: false,
        }
    }
}

/// The keys of a class that has none of its own, or the arguments of one that takes none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NoKeys {}

impl Keys for NoKeys {}

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

    /// The timesteps of a run of `steps` inference steps, falling.
    ///
    /// # Errors
    /// If there is no such number of steps; see [`TimestepSpacing::timesteps`].
    pub fn timesteps(&self, steps: usize) -> Result<Vec<usize>, ConfigError> {
        let spacing = self.timestep_spacing;
        Ok(spacing.timesteps(self.num_train_timesteps, steps, self.steps_offset)?)
    }
}

/// The configuration of a sampler: one of diffusers' schedulers.
///
/// Reads the configuration of any other scheduler as well, as diffusers' `from_config` does: keys that the sampler
/// does not have have no effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Config<S: Sampler> {
    /// What every sampler is configured by.
    pub noise: NoiseConfig,
    /// The sampler's own keys.
    pub keys: S::Keys,
}

impl<S: Sampler> Default for Config<S> {
    fn default() -> Self {
        Self { noise: S::noise_defaults(), keys: S::Keys::default() }
    }
}
