//! Which configurations cannot work, each with a sentence that names the key and the cure.
//!
//! Only what diffusers refuses or what leads to no result; unusual values stay the user's choice.

use super::{DdimConfig, DdpmConfig, NoiseConfig, SchedulerConfig};
use crate::sampler::VarianceType;
use crate::schedule::{BetaSchedule, Schedule, ScheduleError, TimestepError};

/// Why a scheduler's configuration cannot work.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// A value that cannot work by itself.
    #[error("`{key}: {value}` cannot work; {cure}")]
    Value {
        /// The key, as the file has it.
        key: &'static str,
        /// The value.
        value: String,
        /// What to write instead.
        cure: &'static str,
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
}

fn refuse(key: &'static str, value: impl ToString, cure: &'static str) -> Result<(), ConfigError> {
    Err(ConfigError::Value { key, value: value.to_string(), cure })
}

impl NoiseConfig {
    /// Checks every value that both schedulers read.
    ///
    /// # Errors
    /// The first one that cannot work.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.num_train_timesteps == 0 {
            return refuse("num_train_timesteps", 0, "write how many the model was trained with");
        }
        self.validate_betas()?;
        if self.rescale_betas_zero_snr && self.betas().len() < 2 {
            let cure = "rescaling needs two betas or more; leave it out";
            return refuse("rescale_betas_zero_snr", true, cure);
        }
        Schedule::new(self.betas())?;
        self.validate_bound()
    }

    fn validate_betas(&self) -> Result<(), ConfigError> {
        let works = |beta: f64| beta > 0.0 && beta <= 1.0;
        let Some(betas) = &self.trained_betas else {
            let cure = "write a number above 0 and not above 1";
            if !works(self.beta_start) {
                return refuse("beta_start", self.beta_start, cure);
            }
            if !works(self.beta_end) {
                return refuse("beta_end", self.beta_end, cure);
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
                let cure = "write a number above 0, or `clip_sample: false`";
                return refuse("clip_sample_range", self.clip_sample_range, cure);
            }
            return Ok(());
        }
        if !(0.0..=1.0).contains(&self.dynamic_thresholding_ratio) {
            let cure = "write a share from 0 to 1";
            return refuse("dynamic_thresholding_ratio", self.dynamic_thresholding_ratio, cure);
        }
        if !positive(self.sample_max_value) {
            return refuse("sample_max_value", self.sample_max_value, "write a number above 0");
        }
        Ok(())
    }
}

impl DdimConfig {
    /// Checks every value, whatever the number of steps.
    ///
    /// # Errors
    /// The first value that cannot work, with its key and what to write instead.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let noise = &self.noise;
        let unknown = match noise.beta_schedule {
            BetaSchedule::Sigmoid => Some("sigmoid"),
            BetaSchedule::Laplace => Some("laplace"),
            _ => None,
        };
        if let (Some(name), None) = (unknown, &noise.trained_betas) {
            let cure = "DDIMScheduler has linear, scaled_linear and squaredcos_cap_v2";
            return refuse("beta_schedule", name, cure);
        }
        noise.validate()
    }
}

impl DdpmConfig {
    /// Checks every value, whatever the number of steps.
    ///
    /// # Errors
    /// The first value that cannot work, with its key and what to write instead.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.variance_type == VarianceType::FixedLargeLog {
            let cure = "it takes the square root of a negative logarithm, NaN in diffusers too; \
                        write `fixed_large`";
            return refuse("variance_type", "fixed_large_log", cure);
        }
        self.noise.validate()
    }
}

impl SchedulerConfig {
    /// Checks every value, whatever the number of steps.
    ///
    /// # Errors
    /// The first value that cannot work, with its key and what to write instead.
    pub fn validate(&self) -> Result<(), ConfigError> {
        match self {
            Self::Ddim(config) => config.validate(),
            Self::Ddpm(config) => config.validate(),
        }
    }
}

/// Refuses a share of fresh noise that is not from 0 to 1: above 1 the square root of what is left for the predicted
/// noise is of a negative number.
///
/// # Errors
/// What diffusers gives with it, and what to write.
pub fn check_eta(eta: f64) -> Result<(), ConfigError> {
    if (0.0..=1.0).contains(&eta) {
        return Ok(());
    }
    let cure = match eta < 0.0 {
        true => "it is a share of fresh noise; write a number from 0 to 1",
        false => "diffusers gives NaN in every element; write a number from 0 to 1",
    };
    refuse("eta", eta, cure)
}
