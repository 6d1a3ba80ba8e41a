//! What a lockstep says: the worst operations, and the distance of everything that was read. Plain data.

use serde::{Deserialize, Serialize};

use super::error::Error;
use crate::number;
use crate::scenario::Bound;

/// How many operations are told one by one.
pub(crate) const TOLD: usize = 10;

/// What a lockstep of a scenario on a target says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LockstepReport {
    /// How many operations were compared.
    pub(crate) operations: usize,
    /// Those with the largest local error beside what their kind may have, the worst first.
    pub(crate) worst: Vec<OperationReport>,
    /// The first that has more than it may.
    pub(crate) first: Option<OperationReport>,
    /// How many have more than they may, by name.
    pub(crate) guilty: Vec<(String, usize)>,
    /// Everything that a probe read, in order.
    pub(crate) reads: Vec<ReadReport>,
    /// Wall time of the lockstep in seconds.
    pub(crate) seconds: f64,
    /// Wall time of the plain run in seconds.
    pub(crate) plain_seconds: f64,
    /// The largest difference of the target's outputs in the lockstep from those of the plain run.
    #[serde(deserialize_with = "number::or_infinity")]
    pub(crate) plain_difference: f64,
    /// Whether the comparison ended with the first tensor that was out of tolerance.
    pub(crate) stopped: bool,
    /// What became of the project that was asked for, as one sentence.
    pub(crate) emitted: Option<Result<String, String>>,
    /// How often a planted fault changed something.
    pub(crate) struck: usize,
}

/// One operation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct OperationReport {
    /// Its number in the stream, from 0.
    pub(crate) number: usize,
    /// Where in the model it is: the scopes that were open.
    pub(crate) place: String,
    /// The parameter that it reads, if the pipeline named its model.
    pub(crate) parameter: Option<String>,
    /// What it is called.
    pub(crate) name: String,
    /// What it is given beside tensors.
    pub(crate) arguments: String,
    /// The shapes of its tensors.
    pub(crate) shapes: String,
    /// The line of the model that asked for it, if it was looked for and found.
    pub(crate) source: Option<String>,
    /// Its own error: the target was given the reference's values.
    pub(crate) local: Error,
    /// The error that it and everything before it made: the target was given its own values.
    pub(crate) accumulated: Error,
    /// Whether it is an activation in one piece, which is no single operation of the stream.
    #[serde(default)]
    pub(crate) whole: bool,
    /// The units in the last place that an operation of its kind may be off.
    #[serde(deserialize_with = "number::or_infinity")]
    pub(crate) allowed: f64,
}

impl OperationReport {
    /// `conv2d at step.00/unet/conv_in`.
    pub(crate) fn title(&self) -> String {
        let place = match (self.place.as_str(), &self.parameter) {
            ("", Some(parameter)) => format!(" with {parameter}"),
            ("", None) => String::new(),
            (place, _) => format!(" at {place}"),
        };
        format!("{}{place}", self.name)
    }
}

/// A tensor that a probe read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReadReport {
    /// Its name.
    pub(crate) name: String,
    /// The number of the operation that comes next.
    pub(crate) number: usize,
    /// The largest absolute difference of the target from the reference.
    #[serde(deserialize_with = "number::or_infinity")]
    pub(crate) difference: f64,
    /// The largest absolute value of the reference.
    #[serde(deserialize_with = "number::or_nan")]
    pub(crate) largest: f64,
}

impl ReadReport {
    /// Whether the difference is more than a bound allows beside the largest element.
    pub(crate) fn is_outside(&self, bound: Bound) -> bool {
        // A NaN is outside of everything.
        self.difference.is_nan() || self.difference > bound.allowance(self.largest)
    }
}
