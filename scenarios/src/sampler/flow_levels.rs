//! The noise levels that a sampler of rectified flow visits, by the keys of diffusers'
//! `FlowMatchEulerDiscreteScheduler` and the lists that a caller may give.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::{SigmaSpacing, Time, TimeShiftType, check_times, refuse};
use super::flow_match_euler::FlowMatchEuler;
use super::sigma_space::ending_with;
use super::{Config, ConfigError};
use crate::diffusers::Keys;
use crate::schedule::{TimestepError, equally_spaced, shifted};

/// Keys of a `scheduler_config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FlowMatchEulerKeys {
    /// How far noise levels are moved towards 1; 1 leaves them.
    pub shift: f64,
    /// Whether they are moved by `mu` instead.
    pub use_dynamic_shifting: bool,
    /// The `mu` of the shortest sequence of image tokens; pipelines interpolate.
    pub base_shift: Option<f64>,
    /// The `mu` of the longest sequence of image tokens.
    pub max_shift: Option<f64>,
    /// The length of the shortest sequence.
    pub base_image_seq_len: Option<usize>,
    /// The length of the longest sequence.
    pub max_image_seq_len: Option<usize>,
    /// Whether the model is told of signal in place of noise.
    pub invert_sigmas: bool,
    /// The noise level of the last step, to which the others are stretched.
    pub shift_terminal: Option<f64>,
    /// Whether noise levels lie as Karras et al. have them.
    pub use_karras_sigmas: bool,
    /// Whether noise levels fall exponentially.
    pub use_exponential_sigmas: bool,
    /// Whether noise levels lie at quantiles of the beta distribution.
    pub use_beta_sigmas: bool,
    /// How `mu` moves noise levels.
    pub time_shift_type: TimeShiftType,
    /// Whether each step goes to the clean sample and back with fresh noise.
    pub stochastic_sampling: bool,
}

impl Default for FlowMatchEulerKeys {
    fn default() -> Self {
        Self {
            shift: 1.0,
            use_dynamic_shifting: false,
            base_shift: Some(0.5),
            max_shift: Some(1.15),
            base_image_seq_len: Some(256),
            max_image_seq_len: Some(4096),
            invert_sigmas: false,
            shift_terminal: None,
            use_karras_sigmas: false,
            use_exponential_sigmas: false,
            use_beta_sigmas: false,
            time_shift_type: TimeShiftType::default(),
            stochastic_sampling: false,
        }
    }
}

/// Keys of `params:`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FlowMatchEulerArguments {
    /// The timesteps to visit, falling, as many as `steps`; spaced by the scheduler if left out.
    pub timesteps: Option<Vec<Time>>,
    /// The noise levels, before they are shifted, as many as `steps`.
    pub sigmas: Option<Vec<f64>>,
    /// How far noise levels are moved, with `use_dynamic_shifting`.
    pub mu: Option<f64>,
}

impl Keys for FlowMatchEulerKeys {}
impl Keys for FlowMatchEulerArguments {}

/// Where a run's noise levels come from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FlowLevels {
    train: usize,
    keys: FlowMatchEulerKeys,
    arguments: FlowMatchEulerArguments,
    spacing: SigmaSpacing,
}

impl FlowLevels {
    pub fn new(
        config: &Config<FlowMatchEuler>,
        arguments: &FlowMatchEulerArguments,
    ) -> Result<Self, ConfigError> {
        let Config { noise, keys } = config.clone();
        noise.check_train()?;
        check_shift(keys.shift)?;
        let FlowMatchEulerKeys {
            use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas, ..
        } = keys;
        let spacing =
            SigmaSpacing::chosen(use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas)?;
        if keys.use_dynamic_shifting && arguments.mu.is_none() {
            refuse("use_dynamic_shifting", true, "write `mu`, by which noise levels are moved")?;
        }
        if let Some(level) = keys.shift_terminal.filter(|level| !(0.0..1.0).contains(level)) {
            refuse("shift_terminal", level, "it is a noise level, from 0 up and below 1")?;
        }
        let train = noise.num_train_timesteps;
        Ok(Self { train, keys, arguments: arguments.clone(), spacing })
    }

    /// The times and the noise levels of a run, of which there is one more.
    pub fn of(&self, count: usize) -> Result<(Vec<f32>, Vec<f32>), ConfigError> {
        let mut levels: Vec<f64> = self.unshifted(count)?;
        let shift = |level: f64| match self.arguments.mu.filter(|_| self.keys.use_dynamic_shifting)
        {
            Some(mu) => self.keys.time_shift_type.shift(mu, level),
            None => shifted(level, self.keys.shift),
        };
        levels.iter_mut().for_each(|level| *level = shift(*level));
        if let Some(terminal) = self.keys.shift_terminal.filter(|terminal| *terminal != 0.0) {
            stretch(&mut levels, terminal)?;
        }
        let (high, low) = (levels[0], levels[count - 1]);
        let mut sigmas =
            ending_with(&self.spacing.between(low, high, count).unwrap_or(levels), 0.0);
        if self.keys.invert_sigmas {
            sigmas.iter_mut().for_each(|sigma| *sigma = 1.0 - *sigma);
        }
        let given = self.arguments.timesteps.as_ref().filter(|_| !self.keys.invert_sigmas);
        let times = match given {
            Some(times) => times.iter().map(|&Time(time)| time as f32).collect(),
            None => sigmas[..count].iter().map(|sigma| sigma * self.train as f32).collect(),
        };
        Ok((times, sigmas))
    }

    fn unshifted(&self, count: usize) -> Result<Vec<f64>, ConfigError> {
        let FlowMatchEulerArguments { timesteps, sigmas, .. } = &self.arguments;
        let times = match timesteps {
            Some(times) => Some(check_times(times, count, self.train + 1)?),
            None => None,
        };
        let train = self.train;
        match (sigmas, times) {
            (Some(sigmas), _) => check_levels(sigmas, count).map(|()| sigmas.clone()),
            (None, Some(times)) => {
                Ok(times.into_iter().map(|time| f64::from(time / train as f32)).collect())
            }
            (None, None) => {
                let shift = (!self.keys.use_dynamic_shifting).then_some(self.keys.shift);
                spaced_levels(train, shift, count)
            }
        }
    }
}

/// Equally spaced noise levels of `count` steps between the ends of the training timesteps', which diffusers has
/// already shifted once, in `f32`.
pub(super) fn spaced_levels(
    train: usize,
    shift: Option<f64>,
    count: usize,
) -> Result<Vec<f64>, ConfigError> {
    if count == 0 {
        return Err(TimestepError::Steps { steps: count, train }.into());
    }
    let end = |time: f32| {
        let level = time / train as f32;
        let shift = shift.unwrap_or(1.0);
        let level = shift as f32 * level / (1.0 + (shift - 1.0) as f32 * level);
        f64::from(level) * train as f64
    };
    let times = equally_spaced(end(train as f32), end(1.0), count);
    Ok(times.into_iter().map(|time| time / train as f64).collect())
}

/// Refuses what moves noise levels out of the range from 0 to 1.
pub(super) fn check_shift(shift: f64) -> Result<(), ConfigError> {
    if shift > 0.0 && shift.is_finite() {
        return Ok(());
    }
    refuse("shift", shift, "write a finite number above 0; 1 for no shift")
}

fn check_levels(levels: &[f64], count: usize) -> Result<(), ConfigError> {
    if levels.len() != count {
        let shown = format!("{} of them", levels.len());
        refuse("sigmas", shown, "give as many as `steps`")?;
    }
    if count == 0 {
        refuse("sigmas", "[]", "give one or more")?;
    }
    match levels.iter().find(|level| !(**level > 0.0 && **level <= 1.0)) {
        Some(level) => refuse("sigmas", level, "each is a noise level, above 0 and at most 1"),
        None => Ok(()),
    }
}

/// Stretches the signal's share so that the last noise level is `terminal`.
pub(super) fn stretch(levels: &mut [f64], terminal: f64) -> Result<(), ConfigError> {
    let last = levels.last().map_or(0.0, |last| 1.0 - last);
    if last <= 0.0 {
        refuse("shift_terminal", terminal, "one step is all noise; take two steps or more")?;
    }
    let factor = last / (1.0 - terminal);
    levels.iter_mut().for_each(|level| *level = 1.0 - (1.0 - *level) / factor);
    Ok(())
}
