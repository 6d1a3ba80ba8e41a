//! The timesteps of a solver's run. Unlike DDIM's they are spaced as one more, of which the cleanest is left out.

use crate::sampler::config::refuse;
use crate::sampler::{ConfigError, NoiseConfig};
use crate::schedule::{TimestepError, TimestepSpacing, check_timesteps, equally_spaced};

/// Which timesteps a run visits.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sampler) struct Times {
    /// The number of training timesteps.
    pub train: usize,
    /// How many of them a run may visit, from 0 on.
    pub usable: usize,
    /// Whether a run goes from data to noise.
    pub rising: bool,
    /// Timesteps that somebody wrote down.
    pub written: Option<Vec<usize>>,
    spacing: TimestepSpacing,
    offset: usize,
}

impl Times {
    pub fn new(noise: &NoiseConfig) -> Self {
        Self {
            train: noise.num_train_timesteps,
            usable: noise.num_train_timesteps,
            rising: false,
            written: None,
            spacing: noise.timestep_spacing,
            offset: noise.steps_offset,
        }
    }

    /// Refuses a number of steps.
    pub fn check(&self, count: usize) -> Result<(), ConfigError> {
        match &self.written {
            Some(timesteps) if timesteps.len() != count => {
                Err(ConfigError::Listed { timesteps: timesteps.len(), steps: count })
            }
            None if count == 0 || count > self.train => {
                Err(TimestepError::Steps { steps: count, train: self.train }.into())
            }
            _ => Ok(()),
        }
    }

    /// The timesteps of `count` steps, as many as [`check`](Self::check) lets pass; fewer where some are clipped away.
    pub fn of(&self, count: usize) -> Result<Vec<f64>, ConfigError> {
        if let Some(timesteps) = &self.written {
            check_timesteps(timesteps, self.train)?;
            return Ok(timesteps.iter().map(|&t| t as f64).collect());
        }
        let mut rising = match self.spacing {
            TimestepSpacing::Linspace => {
                let times = equally_spaced(0.0, (self.usable - 1) as f64, count + 1);
                self.without_cleanest(times.into_iter().map(f64::round_ties_even).collect())
            }
            TimestepSpacing::Leading => {
                let stride = self.usable / (count + 1);
                if stride == 0 {
                    let help = "every timestep would be the same; take fewer steps or `linspace`";
                    refuse("timestep_spacing", "leading", help)?;
                }
                let time = |index| (index * stride + self.offset) as f64;
                self.without_cleanest((0..=count).map(time).collect())
            }
            TimestepSpacing::Trailing => self.trailing(count)?,
        };
        if !self.rising {
            rising.reverse();
        }
        Ok(rising)
    }

    /// Without the time that the last step leads to: the first of a falling run, the last of a rising one.
    fn without_cleanest(&self, mut times: Vec<f64>) -> Vec<f64> {
        times.remove(if self.rising { times.len() - 1 } else { 0 });
        times
    }

    /// `numpy.arange(usable, 0, -train / count)`, rounded half to even, minus 1; rising.
    fn trailing(&self, count: usize) -> Result<Vec<f64>, ConfigError> {
        let (first, stride) = (self.usable as f64, -(self.train as f64) / count as f64);
        // numpy adds multiples of the difference between the first two values, not of the stride.
        let difference = (first + stride) - first;
        let length = (-first / stride).ceil() as usize;
        let time = |index| (first + index as f64 * difference).round_ties_even() - 1.0;
        let times: Vec<f64> = (0..length).rev().map(time).collect();
        if times.iter().any(|&t| t < 0.0) {
            return Err(TimestepError::Negative { steps: count, train: self.train }.into());
        }
        Ok(times)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// As diffusers' DPMSolverMultistepScheduler has them, and its inverse.
    #[rstest]
    #[case::linspace(TimestepSpacing::Linspace, false, &[999.0, 749.0, 500.0, 250.0])]
    #[case::leading(TimestepSpacing::Leading, false, &[801.0, 601.0, 401.0, 201.0])]
    #[case::trailing(TimestepSpacing::Trailing, false, &[999.0, 749.0, 499.0, 249.0])]
    #[case::linspace_rising(TimestepSpacing::Linspace, true, &[0.0, 250.0, 500.0, 749.0])]
    #[case::leading_rising(TimestepSpacing::Leading, true, &[1.0, 201.0, 401.0, 601.0])]
    fn spaces(#[case] spacing: TimestepSpacing, #[case] rising: bool, #[case] want: &[f64]) {
        let noise =
            NoiseConfig { timestep_spacing: spacing, steps_offset: 1, ..Default::default() };
        let times = Times { rising, ..Times::new(&noise) };
        assert_eq!(times.of(4).unwrap(), want);
    }

    #[test]
    fn too_many_steps_are_refused() {
        let noise = NoiseConfig { num_train_timesteps: 10, ..Default::default() };
        let times = Times::new(&noise);
        assert!(times.check(10).is_ok() && times.check(11).is_err() && times.check(0).is_err());
        assert!(times.of(9).is_ok() && times.of(10).is_err());
    }
}
