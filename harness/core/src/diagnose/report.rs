//! What a lockstep says: the worst operations, and the distance of everything that was read. Plain data.

use serde::{Deserialize, Serialize};

use crate::json_float;
use crate::tolerance::Bound;

/// How many operations are listed one by one.
pub const TOLD: usize = 10;

/// The worst element of a result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Error {
    /// The absolute difference.
    #[serde(deserialize_with = "json_float::or_infinity")]
    pub difference: f64,
    /// The same in units in the last place of what the class is measured beside; infinite where only one is finite.
    #[serde(deserialize_with = "json_float::or_infinity")]
    pub ulp: f64,
    /// Its place in the flattened result.
    pub index: usize,
    /// What it is.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub got: f64,
    /// What it should be.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub want: f64,
}

impl Error {
    /// The worse of two.
    pub fn worse(self, other: Self) -> Self {
        if (other.ulp, other.difference) > (self.ulp, self.difference) { other } else { self }
    }
}

/// What a lockstep of a scenario on a target says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LockstepReport {
    /// How many operations were compared.
    pub operations: usize,
    /// Those with the largest local error beside what their kind may have, the worst first.
    pub worst: Vec<OperationReport>,
    /// The first that has more than it may.
    pub first: Option<OperationReport>,
    /// How many have more than they may, by name; in records, `guilty`.
    #[serde(rename = "guilty")]
    pub inaccurate: Vec<(String, usize)>,
    /// Everything that a probe read, in order.
    pub reads: Vec<ReadReport>,
    /// Wall time of the lockstep in seconds.
    pub seconds: f64,
    /// Wall time of the plain run in seconds.
    pub plain_seconds: f64,
    /// The largest difference of the target's outputs in the lockstep from those of the plain run.
    #[serde(deserialize_with = "json_float::or_infinity")]
    pub plain_difference: f64,
    /// Whether the comparison ended with the first tensor that was out of tolerance.
    pub stopped: bool,
    /// What became of the project that was asked for, as one sentence.
    pub emitted: Option<Result<String, String>>,
    /// How often a planted fault changed something.
    pub struck: usize,
}

/// One operation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OperationReport {
    /// Its number in the stream, from 0.
    pub number: usize,
    /// Where in the model it is: the scopes that were open.
    pub place: String,
    /// The parameter that it reads, if the pipeline named its model.
    pub parameter: Option<String>,
    /// What it is called.
    pub name: String,
    /// What it is given beside tensors.
    pub arguments: String,
    /// The shapes of its tensors.
    pub shapes: String,
    /// The line that opened the innermost scope around it, if there is one.
    pub source: Option<String>,
    /// Its own error: the target was given the reference's values.
    pub local: Error,
    /// The error that it and everything before it made: the target was given its own values.
    pub accumulated: Error,
    /// Whether it is a whole activation beside its operations; since Burn 0.22 activations are operations, and it is not.
    #[serde(default)]
    pub whole: bool,
    /// The units in the last place that an operation of its kind may be off.
    #[serde(deserialize_with = "json_float::or_infinity")]
    pub allowed: f64,
}

impl OperationReport {
    /// `conv2d at step.00/unet/conv_in`.
    pub fn title(&self) -> String {
        let place = match (self.place.as_str(), &self.parameter) {
            ("", Some(parameter)) => format!(" with {parameter}"),
            ("", None) => String::new(),
            (place, _) if place.starts_with("after ") => format!(" {place}"),
            (place, _) => format!(" at {place}"),
        };
        format!("{}{place}", self.name)
    }
}

/// A tensor that a probe read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadReport {
    /// Its name.
    pub name: String,
    /// The number of the operation that comes next.
    pub number: usize,
    /// The largest absolute difference of the target from the reference.
    #[serde(deserialize_with = "json_float::or_infinity")]
    pub difference: f64,
    /// The largest absolute value of the reference.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub largest: f64,
}

impl ReadReport {
    /// Whether the difference is more than a bound allows beside the largest element.
    pub fn is_outside(&self, bound: Bound) -> bool {
        // A NaN is outside of everything.
        self.difference.is_nan() || self.difference > bound.allowance(self.largest)
    }
}
