//! The timesteps of samplers for distilled models, LCM and TCD: spaced among those that the model was distilled at, or
//! given.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::refuse;
use super::{ConfigError, NoiseConfig};
use crate::diffusers::Keys;
use crate::schedule::{TimestepError, check_timesteps};

/// Keys of a `scheduler_config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DistilledKeys {
    /// How many timesteps the model was distilled at.
    pub original_inference_steps: usize,
    /// Without effect: no step goes beyond timestep 0.
    pub set_alpha_to_one: Option<bool>,
    /// What timesteps are multiplied by in the boundary condition of a consistency model; without effect on TCD.
    pub timestep_scaling: f64,
}

impl Default for DistilledKeys {
    fn default() -> Self {
        Self { original_inference_steps: 50, set_alpha_to_one: None, timestep_scaling: 10.0 }
    }
}

impl Keys for DistilledKeys {}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DistilledStep {
    /// The timestep that the model is asked about.
    pub t: usize,
    /// The next timestep; none in the last step.
    pub next: Option<usize>,
    /// Whether fresh noise may be added. It is not in the last step, unless `strength` has cut given timesteps short.
    pub noisy: bool,
}

/// How the timesteps of a run are chosen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice<'a> {
    /// Number of training timesteps.
    pub train: usize,
    /// The timesteps that the model was distilled at, falling.
    pub distilled: &'a [usize],
    /// How many there are of these at full strength.
    pub original: usize,
    /// The share of them that a run goes through, from the last on.
    pub strength: f64,
}

/// The timesteps of distillation that are not above a share of all, falling: every `train / original`th, one before each
/// multiple.
pub(super) fn distilled(
    train: usize,
    original: usize,
    strength: f64,
) -> Result<Vec<usize>, ConfigError> {
    if original == 0 || original > train {
        let help = "write a number from 1 to `num_train_timesteps`";
        refuse("original_inference_steps", original, help)?;
    }
    let count = share(original, strength)?;
    let stride = train / original;
    Ok((1..=count).rev().map(|index| index * stride - 1).collect())
}

/// That share of a number of steps, rounded down.
pub(super) fn share(count: usize, strength: f64) -> Result<usize, ConfigError> {
    if !(strength > 0.0 && strength <= 1.0) {
        refuse("strength", strength, "it is a share of the timesteps, above 0 and at most 1")?;
    }
    Ok((count as f64 * strength) as usize)
}

impl Choice<'_> {
    /// The steps of a run of `count`, at those timesteps that are given or else at equal distances.
    pub fn steps(
        self,
        count: usize,
        given: Option<&[usize]>,
    ) -> Result<Vec<DistilledStep>, ConfigError> {
        let timesteps = match given {
            Some(given) if given.len() != count => {
                return Err(ConfigError::Listed { timesteps: given.len(), steps: count });
            }
            Some(given) => {
                check_timesteps(given, self.train)?;
                let visited = share(count, self.strength)?;
                if visited == 0 {
                    refuse("strength", self.strength, "no timestep is left; write a larger share")?;
                }
                given[count - visited..].to_vec()
            }
            None => self.spaced(count)?,
        };
        let next = timesteps.iter().copied().map(Some).skip(1).chain([None]);
        let indexed = timesteps.iter().zip(next).enumerate();
        let step = |(index, (&t, next))| DistilledStep { t, next, noisy: index + 1 != count };
        Ok(indexed.map(step).collect())
    }

    /// Indices at equal distances from the first on, rounded down as numpy does.
    fn spaced(self, count: usize) -> Result<Vec<usize>, ConfigError> {
        let Self { train, distilled, original, .. } = self;
        if count == 0 || count > train {
            return Err(TimestepError::Steps { steps: count, train }.into());
        }
        if count > original || count > distilled.len() {
            let help = "there have to be as many as `steps`, times `strength`; take fewer steps";
            refuse("original_inference_steps", original, help)?;
        }
        let distance = distilled.len() as f64 / count as f64;
        Ok((0..count).map(|index| distilled[(index as f64 * distance) as usize]).collect())
    }
}

/// diffusers' defaults of the keys that all samplers share.
pub(super) fn noise_defaults() -> NoiseConfig {
    NoiseConfig {
        beta_start: 0.00085,
        beta_end: 0.012,
        beta_schedule: crate::schedule::BetaSchedule::ScaledLinear,
        clip_sample: false,
        ..NoiseConfig::default()
    }
}
