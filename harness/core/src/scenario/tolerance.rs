//! How far a result may be from its golden: bounds, and where they differ, with the reason. How they are written in a
//! file is `tolerance_keys`.

use super::bounded::Sentence;
use super::selector::BackendSelector;
use crate::tolerance::{Bound, Bounds, Limits, Overrides};
use crate::trace::ElementType;
use burn_repro_target::Target;

/// The bounds of a scenario, and where they differ for an output or a backend.
#[derive(Debug, Clone, PartialEq)]
pub struct Tolerance {
    /// On the sum of the absolute values.
    pub abs_sum: Bound,
    /// On every element.
    pub pixel: Bound,
    /// On measures.
    pub limits: Limits,
    /// Other bounds for one output; where several match, the last one counts.
    pub outputs: Vec<OutputTolerance>,
    /// Other bounds for one backend, which go before those of an output; where several match, the
    /// last one counts.
    pub per_backend: Vec<BackendTolerance>,
}

impl Default for Tolerance {
    /// The bounds of the scenario format's own example: 1e-5 of the sum, 1e-4 a pixel.
    fn default() -> Self {
        Self {
            abs_sum: Bound::new(0.0, 1.0e-5),
            pixel: Bound::new(1.0e-4, 0.0),
            limits: Limits::new(),
            outputs: Vec::new(),
            per_backend: Vec::new(),
        }
    }
}

/// Other bounds for one output.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputTolerance {
    /// The output's name.
    pub output: String,
    /// The bounds.
    pub bounds: Overrides,
}

/// Other bounds for one backend, with the reason.
#[derive(Debug, Clone, PartialEq)]
pub struct BackendTolerance {
    /// Where it holds.
    pub backend: BackendSelector,
    /// The output it holds for; every one if left out.
    pub output: Option<String>,
    /// The bounds.
    pub bounds: Overrides,
    /// What was observed and why the bound is what it is.
    pub reason: Sentence,
}

/// No difference.
const SAME: Bound = Bound::new(0.0, 0.0);

impl Tolerance {
    /// The bounds for one output on one target. What is no float is to be the same, unless a bound names the output.
    #[must_use]
    pub fn bounds(&self, target: &Target, output: &str, dtype: ElementType) -> Bounds {
        let mut bounds = match dtype.is_float() {
            true => {
                Bounds { abs_sum: self.abs_sum, pixel: self.pixel, limits: self.limits.clone() }
            }
            false => Bounds { abs_sum: SAME, pixel: SAME, limits: Limits::new() },
        };
        for other in self.outputs.iter().filter(|other| other.output == output) {
            bounds.take(&other.bounds);
        }
        let is_meant = |other: &&BackendTolerance| {
            let named = other.output.as_ref().map(|name| name == output);
            other.backend.matches(target) && named.unwrap_or(dtype.is_float())
        };
        for other in self.per_backend.iter().filter(is_meant) {
            bounds.take(&other.bounds);
        }
        bounds
    }

    /// The outputs that some bound is stated for by name.
    pub(crate) fn named_outputs(&self) -> impl Iterator<Item = &str> {
        let outputs = self.outputs.iter().map(|other| other.output.as_str());
        outputs.chain(self.per_backend.iter().filter_map(|other| other.output.as_deref()))
    }
}
