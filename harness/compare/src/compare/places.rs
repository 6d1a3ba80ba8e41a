//! Which elements a comparison shows: the first ones outside of the bound, and the worst ones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json_float;
use crate::trace::coordinates;

/// How many elements are listed of each kind.
pub const LISTED: usize = 5;

/// One element where two tensors differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Coordinates in the tensor.
    pub index: Vec<usize>,
    /// The target's value.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub got: f64,
    /// The golden's value.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub want: f64,
}

impl Place {
    /// The absolute difference; NaN if a side is not finite.
    #[must_use]
    pub fn difference(&self) -> f64 {
        (self.got - self.want).abs()
    }
}

/// An element by its flat index, while the pass runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    pub(super) flat: usize,
    pub(super) got: f64,
    pub(super) want: f64,
}

impl Pair {
    fn difference(&self) -> f64 {
        (self.got - self.want).abs()
    }

    /// The place in a tensor of a shape.
    pub(super) fn place(&self, shape: &[usize]) -> Place {
        Place { index: coordinates(shape, self.flat), got: self.got, want: self.want }
    }
}

/// The elements to be shown, gathered block by block.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The first ones outside, those that are not finite among them.
    pub(super) first_outside: Vec<Pair>,
    /// Those that differ most, the worst first; finite ones only.
    pub(super) worst: Vec<Pair>,
}

impl Places {
    /// Whether a block with elements outside has to be looked at one by one.
    pub(super) fn want_outside(&self) -> bool {
        self.first_outside.len() < LISTED
    }

    /// Whether a block of this largest difference has to be looked at one by one.
    pub(super) fn want_worst(&self, largest: f64) -> bool {
        largest > self.least()
    }

    pub(super) fn outside(&mut self, pair: Pair) {
        if self.want_outside() {
            self.first_outside.push(pair);
        }
    }

    /// Keeps a finite pair if it is among the worst; of equal ones the first.
    pub(super) fn candidate(&mut self, pair: Pair) {
        if pair.difference() <= self.least() {
            return;
        }
        let at = self.worst.partition_point(|worse| worse.difference() >= pair.difference());
        self.worst.insert(at, pair);
        self.worst.truncate(LISTED);
    }

    /// What a difference must exceed to be kept.
    fn least(&self) -> f64 {
        if self.worst.len() < LISTED { 0.0 } else { self.worst[LISTED - 1].difference() }
    }
}
