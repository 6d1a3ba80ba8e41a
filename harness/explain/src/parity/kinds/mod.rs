//! Which porting mistake a wrong layer has: each hypothesis is computed in f64 and compared with our result.
//!
//! Here: the layer, the order of the hypotheses, and when one holds. The hypotheses are in the files beside this one.
//! Not here: which layer is the wrong one, and the words around the clause.

mod activation;
mod arrangement;
mod arrays;
mod attention;
mod attention_recipe;
mod attributes;
mod constants;
mod convolution;
mod convolution_recipe;
mod linear;
mod norm;
mod norm_groups;
mod norm_recipe;
mod pooling;
mod rotary;
mod softmax;
mod upsampling;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use arrays::{Array, count, farthest, largest};
use burn_repro_core::trace::HostTensor;

/// Multiply-adds that one hypothesis may take, and elements that a result may have. All hypotheses of a convolution of
/// this size take about a second on one core; a larger layer would keep a person waiting.
const MOST_WORK: usize = 4 * 4_000_000;

/// A hypothesis may miss our result by this part of its largest value: ours may have been computed with f32 constants.
const ROUNDING: f64 = 1e-5;

/// How many times closer than torch's result a hypothesis must be, so that rounding alone is never a mistake.
const CLOSER: f64 = 100.0;

/// With fewer elements than this a solved constant could fit a result that has nothing to do with torch's.
const FEWEST: usize = 8;

/// A layer that gives another result than the reference's although it was given the reference's input.
pub struct Layer<'a> {
    /// Torch's class name: `LayerNorm`, `Linear`, `MultiheadAttention`; empty if it is unknown.
    pub class: &'a str,
    /// Torch's attributes: `eps`, `approximate`, `num_heads`, `padding`, `batch_first`.
    pub attributes: &'a serde_json::Map<String, serde_json::Value>,
    /// What PyTorch gave it; may be empty.
    pub inputs: &'a [&'a HostTensor],
    /// PyTorch's weights, by their name in the layer: `weight`, `bias`, `running_mean`, `out_proj.weight`.
    pub weights: &'a BTreeMap<String, &'a HostTensor>,
    /// PyTorch's result.
    pub want: &'a HostTensor,
    /// Our result.
    pub got: &'a HostTensor,
}

/// The mistake that gives exactly our result, as one clause: `eps: torch's is 1e-6, here it is 1e-5`.
///
/// Nothing if no known mistake gives it.
#[must_use]
pub fn kind(layer: &Layer<'_>) -> Option<String> {
    let check = Check::new(layer)?;
    if layer.got.values.iter().all(|value| value.abs() <= 0.0) {
        return Some("every value of the result is 0".to_owned());
    }
    // What the class has an attribute or a weight for comes first: it names the line to change.
    of_class(&check)
        .or_else(|| activation::kind(&check))
        .or_else(|| rotary::kind(&check))
        .or_else(|| arrangement::kind(&check))
        .or_else(|| constants::kind(&check))
}

/// The hypotheses about the layer's own class.
fn of_class(check: &Check<'_>) -> Option<String> {
    match check.layer.class {
        "Linear" => linear::linear(check),
        "Embedding" => linear::embedding(check),
        "Conv1d" | "Conv2d" => convolution::kind(check),
        "MultiheadAttention" => attention::kind(check),
        "MaxPool2d" | "AvgPool2d" => pooling::kind(check),
        "Upsample" | "UpsamplingBilinear2d" | "UpsamplingNearest2d" => upsampling::kind(check),
        class if class.contains("Norm") => norm::kind(check),
        _ => None,
    }
}

/// When a hypothesis about one layer holds.
struct Check<'a> {
    layer: &'a Layer<'a>,
    /// How far a hypothesis may be from our result at any element.
    tolerance: f64,
}

impl<'a> Check<'a> {
    /// Nothing if there is nothing to explain, the tensors are not what their shapes say, or even to read them takes
    /// long.
    fn new(layer: &'a Layer<'a>) -> Option<Self> {
        let (want, got) = (layer.want, layer.got);
        affordable(&[want.values.len().max(got.values.len())])?;
        let tensors = layer.inputs.iter().chain(layer.weights.values()).chain([&want, &got]);
        let sound = tensors.into_iter().all(|t| count(&t.shape) == Some(t.values.len()));
        let finite = want.values.iter().chain(&got.values).all(|value| value.is_finite());
        if !sound || !finite || got.values.is_empty() || want.values.is_empty() {
            return None;
        }
        let mut tolerance = ROUNDING * largest(&got.values);
        if want.shape == got.shape {
            let distance = farthest(&want.values, &got.values);
            if distance <= 0.0 {
                return None;
            }
            tolerance = tolerance.min(distance / CLOSER);
        }
        Some(Self { layer, tolerance })
    }

    /// Whether a hypothesis gives our result: its shape and, within the tolerance, each of its values.
    fn holds(&self, candidate: &Array) -> bool {
        candidate.shape == self.layer.got.shape
            && self.values_hold(candidate.values.iter().copied())
    }

    /// Whether a hypothesis gives the values of our result.
    fn values_hold(&self, candidate: impl Iterator<Item = f64>) -> bool {
        are_near(candidate, &self.layer.got.values, self.tolerance)
    }

    /// The clause, if the hypothesis holds.
    fn clause(&self, candidate: Option<Array>, words: impl FnOnce() -> String) -> Option<String> {
        candidate.is_some_and(|candidate| self.holds(&candidate)).then(words)
    }

    /// The clause, if the hypothesis holds, which has the shape of our result and is computed as far as it does.
    fn clause_of_values(
        &self,
        candidate: Option<impl Iterator<Item = f64>>,
        words: impl FnOnce() -> String,
    ) -> Option<String> {
        candidate.is_some_and(|candidate| self.values_hold(candidate)).then(words)
    }

    /// Whether values are torch's result, which says what torch's layer computes.
    fn is_want(&self, values: impl Iterator<Item = f64>) -> bool {
        let want = &self.layer.want.values;
        are_near(values, want, ROUNDING * largest(want))
    }

    /// A weight of torch's, by its name in the layer.
    fn weight(&self, name: &str) -> Option<&'a HostTensor> {
        self.layer.weights.get(name).copied()
    }

    /// Torch's first input.
    fn input(&self) -> Option<&'a HostTensor> {
        self.layer.inputs.first().copied()
    }
}

/// Whether there are as many values, and all within the tolerance. Stops at the first one that is not.
fn are_near(mut values: impl Iterator<Item = f64>, other: &[f64], tolerance: f64) -> bool {
    let near = |other: &f64| values.next().is_some_and(|value| (value - other).abs() <= tolerance);
    other.iter().all(near) && values.next().is_none()
}

/// Whether a hypothesis may take so many multiply-adds. Nothing (as from `?`) if it may not.
fn affordable(factors: &[usize]) -> Option<()> {
    count(factors).filter(|&work| work <= MOST_WORK).map(|_| ())
}
