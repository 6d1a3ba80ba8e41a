//! Which configurations cannot work, each with a sentence that names the key and the help.
//!
//! Only what diffusers refuses or what leads to no result; unusual values stay the user's choice. A sampler's own
//! keys are judged in its file.

use serde::Serialize;

use super::{NoiseConfig, PredictionType};
use crate::schedule::{Schedule, ScheduleError, TimestepError};

/// Training timesteps at most, far more than any model has: the schedule is a list of as many numbers.
const MOST_TIMESTEPS: usize = 1 << 20;

/// Why a scheduler's configuration cannot work.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// A value that cannot work by itself.
    #[error("`{key}: {value}` cannot work; {help}")]
    Value {
        /// The key, as the file has it.
        key: &'static str,
        /// The value.
        value: String,
        /// What to write instead.
        help: &'static str,
    },
    /// Fewer trained betas than timesteps.
    #[error(
        "{betas} `trained_betas` for `num_train_timesteps: {train}`; give one beta for each \
         timestep, or set `num_train_timesteps: {betas}`"
    )]
    TrainedBetas {
        /// Number of betas given.
        betas: usize,
        /// Number of training timesteps.
        train: usize,
    },
    /// The betas make no schedule.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// There is no such list of timesteps.
    #[error(transparent)]
    Timesteps(#[from] TimestepError),
    /// More or fewer timesteps than steps.
    #[error("{timesteps} `timesteps` for {steps} steps; write `steps: {timesteps}`")]
    Listed {
        /// The number of timesteps given.
        timesteps: usize,
        /// The number of steps.
        steps: usize,
    },
}

/// Refuses a value; `help` says what to write instead.
pub(in crate::sampler) fn refuse(
    key: &'static str,
    value: impl ToString,
    help: &'static str,
) -> Result<(), ConfigError> {
    Err(ConfigError::Value { key, value: value.to_string(), help })
}

/// A value of an enumeration as files have it.
pub(in crate::sampler) fn written<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(written)) => written,
        other => format!("{other:?}"),
    }
}

impl NoiseConfig {
    /// The noise schedule, if every value can work.
    ///
    /// # Errors
    /// The first value that cannot work.
    pub fn schedule(&self) -> Result<Schedule, ConfigError> {
        if self.prediction_type == PredictionType::Flow {
            let help = "the class has epsilon, sample and v_prediction";
            refuse("prediction_type", "flow_prediction", help)?;
        }
        self.schedule_of_any_prediction()
    }

    /// The same for a class that has `flow_prediction`.
    pub(in crate::sampler) fn schedule_of_any_prediction(&self) -> Result<Schedule, ConfigError> {
        self.check_train()?;
        self.validate_betas()?;
        let betas = self.betas();
        if self.rescale_betas_zero_snr && betas.len() < 2 {
            let help = "rescaling needs two betas or more; leave it out";
            refuse("rescale_betas_zero_snr", true, help)?;
        }
        let schedule = Schedule::new(betas)?;
        self.validate_bound()?;
        Ok(schedule)
    }

    /// Refuses numbers of training timesteps that no model has.
    pub(in crate::sampler) fn check_train(&self) -> Result<(), ConfigError> {
        if (1..=MOST_TIMESTEPS).contains(&self.num_train_timesteps) {
            return Ok(());
        }
        let help = "write how many the model was trained with, from 1 to 1048576";
        refuse("num_train_timesteps", self.num_train_timesteps, help)
    }

    fn validate_betas(&self) -> Result<(), ConfigError> {
        let works = |beta: f64| beta > 0.0 && beta <= 1.0;
        let Some(betas) = &self.trained_betas else {
            let help = "write a number above 0 and not above 1";
            if !works(self.beta_start) {
                return refuse("beta_start", self.beta_start, help);
            }
            if !works(self.beta_end) {
                return refuse("beta_end", self.beta_end, help);
            }
            return Ok(());
        };
        let train = self.num_train_timesteps;
        if betas.len() < train {
            return Err(ConfigError::TrainedBetas { betas: betas.len(), train });
        }
        match betas.iter().find(|&&beta| !works(beta)) {
            Some(beta) => refuse("trained_betas", beta, "each has to be above 0 and not above 1"),
            None => Ok(()),
        }
    }

    fn validate_bound(&self) -> Result<(), ConfigError> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        if !self.thresholding {
            if self.clip_sample && !positive(self.clip_sample_range) {
                let help = "write a number above 0, or `clip_sample: false`";
                return refuse("clip_sample_range", self.clip_sample_range, help);
            }
            return Ok(());
        }
        if !(0.0..=1.0).contains(&self.dynamic_thresholding_ratio) {
            let help = "write a share from 0 to 1";
            return refuse("dynamic_thresholding_ratio", self.dynamic_thresholding_ratio, help);
        }
        if !positive(self.sample_max_value) {
            return refuse("sample_max_value", self.sample_max_value, "write a number above 0");
        }
        Ok(())
    }
}
