//! Numbers about the difference of two tensors, and whether they lie within bounds.
//!
//! Pure: no I/O, no device, never a panic; returns numbers and leaves the verdict to `verdict`.

mod expectation;
mod ulp;

use serde::Serialize;

pub use expectation::{ExpectationResult, Numbers, check_expectation};
pub use ulp::ulp_distance;

use crate::scenario::Bounds;
use crate::trace::HostTensor;

/// How many differing elements a comparison lists.
const LISTED: usize = 5;

/// One element where two tensors differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// Coordinates in the tensor.
    pub index: Vec<usize>,
    /// The target's value.
    pub got: f64,
    /// The golden's value.
    pub want: f64,
}

impl Place {
    /// The absolute difference.
    #[must_use]
    pub fn difference(&self) -> f64 {
        (self.got - self.want).abs()
    }
}

/// A target's output beside the golden's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Number of elements.
    pub count: usize,
    /// The golden's sum of absolute values.
    pub want_abs_sum: f64,
    /// Whether the sum lies within its bound.
    pub abs_sum_passes: bool,
    /// The relative bound under which the sum would have passed, with the absolute one as it is.
    pub abs_sum_rel_to_pass: f64,
    /// Largest absolute difference of an element.
    pub max_abs_diff: f64,
    /// Mean absolute difference.
    pub mean_abs_diff: f64,
    /// Largest difference relative to the golden's element; elements that are 0 there are left out.
    pub max_rel_diff: f64,
    /// Largest distance in units in the last place of `f32`.
    pub max_ulp: u64,
    /// Number of elements outside of their bound.
    pub outside: usize,
    /// The absolute bound under which every element would have passed, with the relative one as
    /// it is.
    pub pixel_abs_to_pass: f64,
    /// The first elements outside of their bound.
    pub first_outside: Vec<Place>,
    /// The element that differs most.
    pub worst: Option<Place>,
}

impl Comparison {
    /// Whether sum and elements lie within their bounds.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.abs_sum_passes && self.outside == 0
    }
}

/// Why two tensors cannot be compared element by element.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CompareError {
    /// Different shapes.
    #[error("the shape is {got:?}, the golden's is {want:?}")]
    Shape {
        /// The target's shape.
        got: Vec<usize>,
        /// The golden's shape.
        want: Vec<usize>,
    },
    /// No elements: nothing would have been checked.
    #[error("there are no elements, so nothing would be checked")]
    Empty,
}

/// Compares a target's output with the golden's, element by element and by `want_abs_sum`, the sum
/// that the golden's text states.
///
/// NaN and infinity are outside of every bound, also where both sides have them.
///
/// # Errors
/// If the shapes differ or there is nothing to compare.
pub fn compare(
    got: &HostTensor,
    want: &HostTensor,
    want_abs_sum: f64,
    bounds: &Bounds,
) -> Result<Comparison, CompareError> {
    if got.shape != want.shape || got.values.len() != want.values.len() {
        return Err(CompareError::Shape { got: got.shape.clone(), want: want.shape.clone() });
    }
    if got.values.is_empty() {
        return Err(CompareError::Empty);
    }
    let mut comparison = Comparison::of_sums(got, want_abs_sum, bounds);
    let mut total = 0.0;
    for (flat, (&got_value, &want_value)) in got.values.iter().zip(&want.values).enumerate() {
        let place = || Place { index: got.coordinates(flat), got: got_value, want: want_value };
        total += comparison.add(got_value, want_value, bounds, place);
    }
    comparison.mean_abs_diff = total / comparison.count as f64;
    Ok(comparison)
}

impl Comparison {
    fn of_sums(got: &HostTensor, want_abs_sum: f64, bounds: &Bounds) -> Self {
        let got_abs_sum = got.abs_sum();
        let bound = bounds.abs_sum;
        let excess = ((got_abs_sum - want_abs_sum).abs() - bound.abs()).max(0.0);
        Self {
            count: got.values.len(),
            want_abs_sum,
            abs_sum_passes: bound.passes(got_abs_sum, want_abs_sum),
            abs_sum_rel_to_pass: if excess == 0.0 { 0.0 } else { excess / want_abs_sum.abs() },
            max_abs_diff: 0.0,
            mean_abs_diff: 0.0,
            max_rel_diff: 0.0,
            max_ulp: 0,
            outside: 0,
            pixel_abs_to_pass: 0.0,
            first_outside: Vec::new(),
            worst: None,
        }
    }

    /// Takes in one element and gives its absolute difference.
    fn add(&mut self, got: f64, want: f64, bounds: &Bounds, place: impl Fn() -> Place) -> f64 {
        // A difference of infinities is NaN, which no comparison would ever report.
        let difference =
            if got.is_finite() && want.is_finite() { (got - want).abs() } else { f64::INFINITY };
        if difference > self.max_abs_diff || self.worst.is_none() {
            self.max_abs_diff = difference;
            self.worst = Some(place());
        }
        if want != 0.0 {
            self.max_rel_diff = self.max_rel_diff.max(difference / want.abs());
        }
        self.max_ulp = self.max_ulp.max(ulp_distance(got as f32, want as f32));
        let bound = bounds.pixel;
        self.pixel_abs_to_pass = self.pixel_abs_to_pass.max(difference - bound.rel() * want.abs());
        if !bound.passes(got, want) {
            self.outside += 1;
            if self.first_outside.len() < LISTED {
                self.first_outside.push(place());
            }
        }
        difference
    }
}

#[cfg(test)]
mod tests;
