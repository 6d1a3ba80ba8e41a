//! Lists that a scenario gives in place of what a scheduler spaces.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::{ConfigError, refuse};
use crate::diffusers::Keys;

/// A timestep, which samplers that know sigmas can take between two training timesteps.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Time(pub f64);

// A whole number is written as one, so that a sampler whose timesteps are indices can read it.
impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT: f64 = (1_u64 << 53) as f64;
        let Self(time) = *self;
        if time.fract() == 0.0 && time.abs() < EXACT {
            serializer.serialize_i64(time as i64)
        } else {
            serializer.serialize_f64(time)
        }
    }
}

/// The argument of a sampler that can be given a list of times. Those whose timesteps are indices read it more
/// narrowly.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TimedArguments {
    /// The timesteps to visit, falling, as many as `steps`; spaced by the scheduler if left out. Whole numbers, but
    /// for samplers that know sigmas.
    pub timesteps: Option<Vec<Time>>,
}

impl Keys for TimedArguments {}

/// Timesteps that were given for a run of `count` steps, if they fall and lie among the training timesteps.
pub(in crate::sampler) fn check_times(
    times: &[Time],
    count: usize,
    train: usize,
) -> Result<Vec<f32>, ConfigError> {
    if times.len() != count {
        return Err(ConfigError::Listed { timesteps: times.len(), steps: count });
    }
    let last = train.saturating_sub(1) as f64;
    if let Some(Time(time)) = times.iter().find(|Time(time)| !(0.0..=last).contains(time)) {
        refuse("timesteps", time, "each has to be from 0 up and below `num_train_timesteps`")?;
    }
    if let Some(pair) = times.windows(2).find(|pair| pair[1] >= pair[0]) {
        let shown = format!("[.., {}, {}, ..]", pair[0].0, pair[1].0);
        refuse("timesteps", shown, "list them in falling order, each once")?;
    }
    Ok(times.iter().map(|&Time(time)| time as f32).collect())
}

/// Sigmas that were given, if they fall: all above 0, but for the last.
pub(in crate::sampler) fn check_listed_sigmas(sigmas: &[f64]) -> Result<Vec<f32>, ConfigError> {
    let Some((last, before)) = sigmas.split_last() else {
        refuse("sigmas", "[]", "give one for each step, and the one that the last step ends with")?;
        return Ok(Vec::new());
    };
    let wrong = before.iter().find(|sigma| !(**sigma > 0.0 && sigma.is_finite()));
    if let Some(sigma) = wrong.or(Some(last).filter(|last| !(0.0..f64::INFINITY).contains(*last))) {
        refuse("sigmas", sigma, "each has to be a finite number above 0, or the last one 0")?;
    }
    if let Some(pair) = sigmas.windows(2).find(|pair| pair[1] > pair[0]) {
        let shown = format!("[.., {}, {}, ..]", pair[0], pair[1]);
        refuse("sigmas", shown, "list them in falling order")?;
    }
    Ok(sigmas.iter().map(|&sigma| sigma as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_times_are_written_as_indices() {
        let times = [Time(999.0), Time(700.5), Time(0.0)];
        assert_eq!(serde_json::to_string(&times).unwrap(), "[999,700.5,0]");
        assert_eq!(serde_json::from_str::<[Time; 3]>("[999, 700.5, 0.0]").unwrap(), times);
        assert!(serde_json::from_value::<Vec<usize>>(serde_json::json!(times)).is_err());
        assert!(serde_json::from_value::<Vec<usize>>(serde_json::json!([times[0]])).is_ok());
    }

    #[test]
    fn given_times_fall_among_the_training_timesteps() {
        let check = |times: &[f64], count| {
            let times: Vec<Time> = times.iter().copied().map(Time).collect();
            check_times(&times, count, 1000).is_ok()
        };
        assert!(check(&[999.0, 500.5, 0.0], 3));
        assert!(!check(&[999.0, 500.5, 0.0], 4));
        assert!(!check(&[999.0, 999.0], 2) && !check(&[1.0, 2.0], 2));
        assert!(!check(&[999.5], 1) && !check(&[-1.0], 1) && !check(&[f64::NAN], 1));
    }

    #[test]
    fn given_sigmas_fall_to_zero_or_above() {
        let check = |sigmas: &[f64]| check_listed_sigmas(sigmas).is_ok();
        assert!(check(&[3.0, 1.0, 0.0]) && check(&[3.0, 1.0, 0.5]));
        assert!(!check(&[]) && !check(&[3.0, 0.0, 0.0]) && !check(&[1.0, 3.0, 0.0]));
        assert!(!check(&[f64::INFINITY, 0.0]) && !check(&[1.0, -1.0]) && !check(&[1.0, f64::NAN]));
    }
}
