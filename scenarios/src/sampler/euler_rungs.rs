//! The times and sigmas that Euler's method visits, by the keys of diffusers' `EulerDiscreteScheduler` and the lists
//! that a caller may give.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::{
    FinalSigmasType, SigmaSpacing, Time, check_listed_sigmas, check_times, refuse,
};
use super::euler::Euler;
use super::sigma_space::{Ladder, ending_with, spaced_times};
use super::{Config, ConfigError, NoiseConfig, PredictionType};
use crate::diffusers::Keys;
use crate::schedule::{linspace, numpy_ln};

/// How sigmas are read off the training timesteps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InterpolationType {
    /// Those of the visited timesteps.
    #[default]
    Linear,
    /// Equal steps of the logarithm from the largest to the smallest.
    LogLinear,
}

/// What the model is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimestepType {
    /// The timestep.
    #[default]
    Discrete,
    /// A quarter of the logarithm of sigma, where it predicts the velocity.
    Continuous,
}

/// Keys of a `scheduler_config.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EulerKeys {
    /// How sigmas are read off the training timesteps.
    pub interpolation_type: InterpolationType,
    /// Whether sigmas lie as Karras et al. have them.
    pub use_karras_sigmas: bool,
    /// Whether sigmas fall exponentially.
    pub use_exponential_sigmas: bool,
    /// Whether sigmas lie at quantiles of the beta distribution.
    pub use_beta_sigmas: bool,
    /// The smallest sigma of such lists; that of the last timestep if left out.
    pub sigma_min: Option<f64>,
    /// The largest sigma of such lists; that of the first timestep if left out.
    pub sigma_max: Option<f64>,
    /// What the model is told.
    pub timestep_type: TimestepType,
    /// The sigma after the last step.
    pub final_sigmas_type: FinalSigmasType,
}

/// Keys of `params:`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EulerArguments {
    /// The timesteps to visit, falling, as many as `steps`; spaced by the scheduler if left out.
    pub timesteps: Option<Vec<Time>>,
    /// The sigmas, falling: one for each of `steps`, and that after the last.
    pub sigmas: Option<Vec<f64>>,
    /// The sum over all steps of what fresh noise adds to sigma, relative to it.
    pub s_churn: f64,
    /// The smallest sigma to which fresh noise is added.
    pub s_tmin: f64,
    /// The largest sigma to which fresh noise is added; without bound if left out.
    pub s_tmax: Option<f64>,
    /// The standard deviation of fresh noise.
    pub s_noise: f64,
}

impl Default for EulerArguments {
    fn default() -> Self {
        let (timesteps, sigmas, s_tmax) = (None, None, None);
        Self { timesteps, sigmas, s_churn: 0.0, s_tmin: 0.0, s_tmax, s_noise: 1.0 }
    }
}

impl Keys for EulerKeys {}
impl Keys for EulerArguments {}

/// Where a run's times and sigmas come from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EulerRungs {
    noise: NoiseConfig,
    keys: EulerKeys,
    arguments: EulerArguments,
    ladder: Ladder,
}

impl EulerRungs {
    pub fn new(config: &Config<Euler>, arguments: &EulerArguments) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        let EulerKeys { use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas, .. } = keys;
        let spacing =
            SigmaSpacing::chosen(use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas)?;
        let ladder = Ladder::new(&noise, spacing, [keys.sigma_min, keys.sigma_max])?;
        let rungs = Self { noise, keys, arguments: arguments.clone(), ladder };
        rungs.check_lists()?;
        Ok(rungs)
    }

    fn is_continuous(&self) -> bool {
        self.keys.timestep_type == TimestepType::Continuous
            && self.noise.prediction_type == PredictionType::Velocity
    }

    /// Refuses lists beside each other, or beside what makes them without effect.
    fn check_lists(&self) -> Result<(), ConfigError> {
        let EulerArguments { timesteps, sigmas, .. } = &self.arguments;
        if timesteps.is_none() {
            return Ok(());
        }
        if sigmas.is_some() {
            refuse("sigmas", "[..]", "write either `timesteps` or `sigmas`")?;
        }
        if !self.ladder.follows_timesteps() {
            let help = "use_karras_sigmas, use_exponential_sigmas and use_beta_sigmas space them";
            refuse("timesteps", "[..]", help)?;
        }
        if self.is_continuous() {
            let help = "`timestep_type: continuous` makes them of sigmas; write `sigmas`";
            refuse("timesteps", "[..]", help)?;
        }
        Ok(())
    }

    /// The times and the sigmas of a run, of which there are more.
    pub fn of(&self, count: usize) -> Result<(Vec<f32>, Vec<f32>), ConfigError> {
        let (times, sigmas) = self.discrete_rungs(count)?;
        if !self.is_continuous() {
            return Ok((times.into_iter().map(|time| time as f32).collect(), sigmas));
        }
        let told = |&sigma: &f32| 0.25 * f64::from(sigma).ln() as f32;
        let times = sigmas[..sigmas.len() - 1].iter().map(told).collect();
        Ok((times, sigmas))
    }

    fn discrete_rungs(&self, count: usize) -> Result<(Vec<f64>, Vec<f32>), ConfigError> {
        let EulerArguments { timesteps, sigmas, .. } = &self.arguments;
        if let Some(sigmas) = sigmas {
            let sigmas = check_listed_sigmas(sigmas)?;
            if sigmas.len() != count + 1 {
                let help = "give one more than `steps`, for the end of the last step";
                refuse("sigmas", format!("{} of them", sigmas.len()), help)?;
            }
            let times = sigmas[..count].iter().map(|&sigma| self.ladder.time(sigma.into()));
            return Ok((times.collect(), sigmas));
        }
        let train = self.noise.num_train_timesteps;
        let times = match timesteps {
            Some(times) => check_times(times, count, train)?,
            None => spaced_times(&self.noise, count)?,
        };
        let training = &self.ladder.training;
        let sigmas = match self.keys.interpolation_type {
            InterpolationType::Linear => self.ladder.at(&times),
            InterpolationType::LogLinear => log_linear(training, count),
        };
        let (times, sigmas) = self.ladder.respaced(&times, sigmas, count);
        let last = match self.keys.final_sigmas_type {
            FinalSigmasType::Zero => 0.0,
            FinalSigmasType::SigmaMin => training[0],
        };
        Ok((times, ending_with(&sigmas, last)))
    }
}

/// One sigma more than steps, as torch makes them in `f32`.
fn log_linear(training: &[f32], count: usize) -> Vec<f64> {
    let log = |sigma: f32| f64::from(numpy_ln(sigma));
    let logs = linspace(log(training[training.len() - 1]), log(training[0]), count + 1);
    logs.into_iter().map(|log| f64::from(f64::from(log).exp() as f32)).collect()
}
