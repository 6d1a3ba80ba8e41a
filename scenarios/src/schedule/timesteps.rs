//! Timesteps: which of the training timesteps a run visits, and which one follows which.
//!
//! How much noise a timestep carries is the [`Schedule`](super::Schedule)'s knowledge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the visited timesteps lie among the training timesteps (arXiv 2305.08891, table 2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimestepSpacing {
    /// Multiples of the whole stride, from 0 up; the only spacing that `steps_offset` moves.
    #[default]
    Leading,
    /// Equal distances that include both the first and the last timestep.
    Linspace,
    /// Equal distances down from the last timestep.
    Trailing,
}

/// A step between training timesteps, as DDIM and DDPM take it: from the noise of timestep `t` to the noise of an
/// earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Transition {
    /// The timestep that the model is asked about.
    pub t: usize,
    /// The timestep that the result belongs to; `None` after the last one.
    pub previous: Option<usize>,
}

impl Transition {
    /// Steps of one stride each, as DDIM takes them: `previous` is `t - stride`, whether the run
    /// visits that timestep or not (with [`TimestepSpacing::Linspace`] it may not).
    #[must_use]
    pub fn by_stride(timesteps: &[usize], stride: usize) -> Vec<Self> {
        timesteps.iter().map(|&t| Self { t, previous: t.checked_sub(stride) }).collect()
    }

    /// Steps from each visited timestep to the next one, as DDPM takes them.
    #[must_use]
    pub fn by_succession(timesteps: &[usize]) -> Vec<Self> {
        let previous = timesteps.iter().copied().map(Some).skip(1).chain([None]);
        timesteps.iter().zip(previous).map(|(&t, previous)| Self { t, previous }).collect()
    }
}

/// Why there is no such list of timesteps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimestepError {
    /// No step, or none that is different from another.
    #[error("{steps} steps of {train} training timesteps; choose a number from 1 to {train}")]
    Steps {
        /// The number of steps asked for.
        steps: usize,
        /// The number of training timesteps.
        train: usize,
    },
    /// A timestep that the model was not trained for.
    #[error(
        "timestep {timestep} of {train}, which count from 0; choose a smaller `steps_offset`, \
         fewer steps or smaller timesteps"
    )]
    TooLate {
        /// The timestep.
        timestep: usize,
        /// The number of training timesteps.
        train: usize,
    },
    /// The trailing spacing may add one step too many, at timestep -1.
    #[error(
        "{steps} trailing steps of {train}: rounding makes diffusers add a step at timestep -1, \
         which would wrap around to the last one; choose another number of steps or another \
         `timestep_spacing`"
    )]
    Negative {
        /// The number of steps asked for.
        steps: usize,
        /// The number of training timesteps.
        train: usize,
    },
    /// Given timesteps that stay or rise.
    #[error("timestep {next} follows {timestep}; list the timesteps in falling order, each once")]
    Order {
        /// A timestep.
        timestep: usize,
        /// The timestep after it, which is not smaller.
        next: usize,
    },
    /// No timestep given.
    #[error("an empty list of timesteps; give at least one")]
    Empty,
}

impl TimestepSpacing {
    /// The timesteps of a run of `steps` steps, falling, each below `train`.
    ///
    /// # Errors
    /// If `steps` is 0 or more than `train`, or a timestep would lie outside `0..train`.
    pub fn timesteps(
        self,
        train: usize,
        steps: usize,
        offset: usize,
    ) -> Result<Vec<usize>, TimestepError> {
        if steps == 0 || steps > train {
            return Err(TimestepError::Steps { steps, train });
        }
        // It is the last timestep visited; a larger one could not be added to the others.
        if self == Self::Leading && offset >= train {
            return Err(TimestepError::TooLate { timestep: offset, train });
        }
        let timesteps: Vec<usize> = spaced(self, train, steps, offset)
            .into_iter()
            .map(usize::try_from)
            .collect::<Result<_, _>>()
            .map_err(|_| TimestepError::Negative { steps, train })?;
        check_timesteps(&timesteps, train)?;
        Ok(timesteps)
    }
}

/// Timesteps that a user wrote down, if a run can visit them.
///
/// # Errors
/// If there are none, if they do not fall, or if one is not below `train`.
pub fn check_timesteps(timesteps: &[usize], train: usize) -> Result<(), TimestepError> {
    let Some(&first) = timesteps.first() else { return Err(TimestepError::Empty) };
    if let Some(pair) = timesteps.windows(2).find(|pair| pair[1] >= pair[0]) {
        return Err(TimestepError::Order { timestep: pair[0], next: pair[1] });
    }
    if first >= train {
        return Err(TimestepError::TooLate { timestep: first, train });
    }
    Ok(())
}

/// The timesteps as numpy computes them for diffusers, unchecked: for some numbers of trailing
/// steps there is one more than asked for, and it is -1; with an offset they may reach `train`.
///
/// # Panics
/// If `steps` or `train` is 0.
#[must_use]
pub fn spaced(spacing: TimestepSpacing, train: usize, steps: usize, offset: usize) -> Vec<i64> {
    assert!(steps > 0 && train > 0, "{steps} steps of {train} timesteps");
    match spacing {
        TimestepSpacing::Leading => {
            let stride = train / steps;
            (0..steps).rev().map(|index| (index * stride + offset) as i64).collect()
        }
        TimestepSpacing::Linspace => linspace(train - 1, steps),
        TimestepSpacing::Trailing => trailing(train, steps),
    }
}

/// `numpy.linspace(0, last, steps)`, rounded half to even, reversed.
fn linspace(last: usize, steps: usize) -> Vec<i64> {
    let step = last as f64 / (steps.max(2) - 1) as f64;
    let value = |index: usize| match index {
        0 => 0,
        index if index + 1 == steps => last as i64,
        index => (index as f64 * step).round_ties_even() as i64,
    };
    (0..steps).rev().map(value).collect()
}

/// `numpy.arange(train, 0, -train / steps)`, rounded half to even, minus 1.
fn trailing(train: usize, steps: usize) -> Vec<i64> {
    let train = train as f64;
    let stride = -train / steps as f64;
    let count = (-train / stride).ceil() as usize;
    // numpy adds multiples of the difference between the first two values, not of the stride.
    let difference = (train + stride) - train;
    (0..count)
        .map(|index| (train + index as f64 * difference).round_ties_even() as i64 - 1)
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::leading(TimestepSpacing::Leading, 1000, 7, &[852, 710, 568, 426, 284, 142, 0])]
    #[case::linspace_half_to_even(TimestepSpacing::Linspace, 6, 3, &[5, 2, 0])]
    #[case::linspace_of_one(TimestepSpacing::Linspace, 1000, 1, &[0])]
    #[case::trailing_half_down(TimestepSpacing::Trailing, 5, 2, &[4, 1])]
    #[case::trailing_half_up(TimestepSpacing::Trailing, 7, 2, &[6, 3])]
    fn spaces(
        #[case] spacing: TimestepSpacing,
        #[case] train: usize,
        #[case] steps: usize,
        #[case] want: &[i64],
    ) {
        let got = spaced(spacing, train, steps, 0);
        assert_eq!(got, want);
    }

    #[test]
    fn trailing_may_end_one_step_too_late() {
        let refusal = TimestepError::Negative { steps: 61, train: 1000 };
        assert_eq!(spaced(TimestepSpacing::Trailing, 1000, 61, 0)[60..], [15, -1]);
        assert_eq!(TimestepSpacing::Trailing.timesteps(1000, 61, 0), Err(refusal));
    }

    #[test]
    fn only_the_leading_spacing_is_offset() {
        assert_eq!(TimestepSpacing::Leading.timesteps(1000, 2, 1), Ok(vec![501, 1]));
        assert_eq!(TimestepSpacing::Linspace.timesteps(1000, 2, 1), Ok(vec![999, 0]));
        assert_eq!(TimestepSpacing::Trailing.timesteps(1000, 2, 1), Ok(vec![999, 499]));
        let refusal = TimestepError::TooLate { timestep: 1000, train: 1000 };
        assert_eq!(TimestepSpacing::Leading.timesteps(1000, 1000, 1), Err(refusal));
        for timestep in [1000, i64::MAX as usize, usize::MAX] {
            let refusal = TimestepError::TooLate { timestep, train: 1000 };
            assert_eq!(TimestepSpacing::Leading.timesteps(1000, 2, timestep), Err(refusal));
            assert!(TimestepSpacing::Linspace.timesteps(1000, 2, timestep).is_ok());
        }
    }

    #[test]
    fn ddim_strides_past_the_list_and_ddpm_follows_it() {
        let previous = |transitions: Vec<Transition>| -> Vec<Option<usize>> {
            transitions.iter().map(|transition| transition.previous).collect()
        };
        assert_eq!(
            previous(Transition::by_stride(&[999, 500, 0], 333)),
            [Some(666), Some(167), None]
        );
        assert_eq!(previous(Transition::by_succession(&[999, 500, 1])), [Some(500), Some(1), None]);
        assert!(Transition::by_succession(&[]).is_empty());
    }
}
