//! The orders in which diffusers' tests of schedulers visit timesteps.

use schemars::JsonSchema;
use serde::Deserialize;

/// Which timesteps a loop visits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Loop {
    /// Those that the scheduler spaces.
    #[default]
    Standard,
    /// Every training timestep, the last one first.
    ReversedRange,
    /// Those that the scheduler spaces, and then the same again on the result, with the history kept.
    Twice,
    /// PNDM's own order, which its timesteps have: Runge-Kutta first.
    PrkThenPlms,
    /// The corrector and the predictor of score SDEs at each timestep.
    ScoreSdeVe,
    /// Those that the scheduler spaces; the step is given the next one.
    ExplicitPrevTimestep,
    /// One step of three samples (`x`, `x + 0.1`, `x - 0.1`) at the timesteps 0, 1 and 2, and no noise.
    BatchStepNoNoise,
}
