//! Softmax and log-softmax along another axis or with another scale than torch's, for any class.
//!
//! Not here: the softmax inside of attention.

use super::arrays::{Array, figure, lanes};
use super::{Check, FEWEST, affordable};

/// A softmax that gives a result.
pub(super) struct Softmax {
    pub axis: usize,
    pub logarithm: bool,
    /// What the input is multiplied by.
    pub scale: f64,
}

/// What our softmax does in place of what torch's does.
pub(super) fn kind(check: &Check<'_>, input: &Array) -> Option<String> {
    let layer = check.layer;
    let ours =
        recognised(input, &layer.got.values, |values| check.values_hold(values.into_iter()))?;
    let Some(torch) =
        recognised(input, &layer.want.values, |values| check.is_want(values.into_iter()))
    else {
        return Some(format!("the result is {} of the input", named(&ours)));
    };
    Some(if torch.logarithm != ours.logarithm {
        format!("softmax: torch's is {}, here it is {}", named(&torch), named(&ours))
    } else if torch.axis != ours.axis {
        format!(
            "dim: torch's softmax is along dimension {}, here it is along dimension {}",
            torch.axis, ours.axis
        )
    } else {
        let (one, other) = (figure(torch.scale), figure(ours.scale));
        format!(
            "scale: torch's softmax is of {one} times the input, here it is of {other} times the input"
        )
    })
}

fn named(softmax: &Softmax) -> String {
    let name = if softmax.logarithm { "the log-softmax" } else { "the softmax" };
    format!("{name} along dimension {}", softmax.axis)
}

/// The softmax of the input that gives a result, whatever its scale.
fn recognised(input: &Array, result: &[f64], gives: impl Fn(Vec<f64>) -> bool) -> Option<Softmax> {
    // Two scales for each axis, with and without the logarithm.
    affordable(&[input.values.len(), 4])?;
    if result.len() != input.values.len() {
        return None;
    }
    let axes = (0..input.shape.len()).filter(|&axis| input.shape[axis] > 1);
    let kinds = axes.flat_map(|axis| [(axis, false), (axis, true)]);
    let kinds = kinds.filter(|&(axis, logarithm)| sums_to_one(input, axis, logarithm, result));
    kinds.into_iter().find_map(|(axis, logarithm)| {
        let scales = [Some(1.0), solved(input, axis, logarithm, result)];
        scales.into_iter().flatten().find_map(|scale| {
            let softmax = Softmax { axis, logarithm, scale };
            gives(computed(input, &softmax)).then_some(softmax)
        })
    })
}

/// Whether the first lane may be a softmax at all, which saves all but a few of them.
fn sums_to_one(input: &Array, axis: usize, logarithm: bool, result: &[f64]) -> bool {
    let (_, length, inner) = lanes(&input.shape, axis);
    let lane = (0..length).map(|i| result[i * inner]);
    let sum: f64 = lane.map(|value| if logarithm { value.exp() } else { value }).sum();
    (sum - 1.0).abs() < 1e-3
}

/// The scale, from the extremes of the first lane: differences of logarithms are those of scaled inputs.
fn solved(input: &Array, axis: usize, logarithm: bool, result: &[f64]) -> Option<f64> {
    let (_, length, inner) = lanes(&input.shape, axis);
    let lane = || (0..length).map(|i| i * inner);
    let by_value = |one: &usize, other: &usize| input.values[*one].total_cmp(&input.values[*other]);
    let (low, high) = (lane().min_by(by_value)?, lane().max_by(by_value)?);
    let value = |place: usize| if logarithm { result[place] } else { result[place].ln() };
    let scale = (value(high) - value(low)) / (input.values[high] - input.values[low]);
    (result.len() >= FEWEST && scale.is_finite() && scale.abs() > 0.0).then_some(scale)
}

/// The softmax of an input.
pub(super) fn computed(input: &Array, softmax: &Softmax) -> Vec<f64> {
    let (outer, length, inner) = lanes(&input.shape, softmax.axis);
    let mut values = input.values.clone();
    for lane in (0..outer).flat_map(|o| (0..inner).map(move |n| o * length * inner + n)) {
        let places = || (0..length).map(|i| lane + i * inner);
        let scaled = |place: usize| input.values[place] * softmax.scale;
        let most = places().map(scaled).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = places().map(|place| (scaled(place) - most).exp()).sum();
        for place in places() {
            let logarithm = scaled(place) - most - sum.ln();
            values[place] = if softmax.logarithm { logarithm } else { logarithm.exp() };
        }
    }
    values
}
