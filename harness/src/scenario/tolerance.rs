//! How far a result may be from its golden: bounds, and overrides that must say why. How they are
//! written in a file is `tolerance_keys`.

use std::collections::BTreeMap;

use burn_repro_target::Target;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounded::{NonNegative, Sentence};
use super::selector::BackendSelector;
use crate::compare::Measure;

/// A bound on a difference: `|got - want| <= abs + rel * |want|`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bound {
    abs: NonNegative,
    rel: NonNegative,
}

impl Bound {
    /// A bound from its two parts, both finite and at least 0.
    #[must_use]
    pub const fn new(abs: f64, rel: f64) -> Self {
        Self { abs: NonNegative(abs), rel: NonNegative(rel) }
    }

    /// The absolute part.
    #[must_use]
    pub fn abs(&self) -> f64 {
        self.abs.0
    }

    /// The part relative to the wanted value.
    #[must_use]
    pub fn rel(&self) -> f64 {
        self.rel.0
    }

    /// The largest difference that passes for a wanted value.
    #[must_use]
    pub fn allowance(&self, want: f64) -> f64 {
        self.abs.0 + self.rel.0 * want.abs()
    }

    /// Whether `got` is close enough; never for NaN or infinity on either side.
    #[must_use]
    pub fn passes(&self, got: f64, want: f64) -> bool {
        got.is_finite() && want.is_finite() && (got - want).abs() <= self.allowance(want)
    }
}

/// Bounds on measures: at most, or at least where more is better.
pub type Limits = BTreeMap<Measure, f64>;

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

/// Bounds that take the place of others; what is left out stays as it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Overrides {
    /// On the sum of the absolute values.
    pub abs_sum: Option<Bound>,
    /// On every element.
    pub pixel: Option<Bound>,
    /// On measures.
    pub limits: Limits,
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

/// The bounds that hold for one output on one target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bounds {
    /// On the sum of the absolute values.
    pub abs_sum: Bound,
    /// On every element.
    pub pixel: Bound,
    /// On measures.
    pub limits: Limits,
}

impl Tolerance {
    /// The bounds for one output on one target.
    #[must_use]
    pub fn bounds(&self, target: &Target, output: &str) -> Bounds {
        let mut bounds =
            Bounds { abs_sum: self.abs_sum, pixel: self.pixel, limits: self.limits.clone() };
        for other in self.outputs.iter().filter(|other| other.output == output) {
            bounds.take(&other.bounds);
        }
        let is_meant = |other: &&BackendTolerance| {
            other.backend.matches(target) && other.output.as_ref().is_none_or(|name| name == output)
        };
        for other in self.per_backend.iter().filter(is_meant) {
            bounds.take(&other.bounds);
        }
        bounds
    }

    /// The outputs that some bound is stated for by name.
    pub fn named_outputs(&self) -> impl Iterator<Item = &str> {
        let outputs = self.outputs.iter().map(|other| other.output.as_str());
        outputs.chain(self.per_backend.iter().filter_map(|other| other.output.as_deref()))
    }
}

impl Bounds {
    fn take(&mut self, overrides: &Overrides) {
        self.abs_sum = overrides.abs_sum.unwrap_or(self.abs_sum);
        self.pixel = overrides.pixel.unwrap_or(self.pixel);
        self.limits.extend(overrides.limits.iter().map(|(&measure, &limit)| (measure, limit)));
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::Bound;

    #[rstest]
    #[case(Bound::new(0.1, 0.0), 1.05, 1.0, true)]
    #[case(Bound::new(0.1, 0.0), 1.2, 1.0, false)]
    #[case(Bound::new(0.0, 0.1), 10.9, 10.0, true)]
    #[case(Bound::new(0.0, 0.1), 0.05, 0.0, false)]
    #[case(Bound::new(0.1, 0.1), -2.0, -2.25, true)]
    #[case(Bound::new(0.0, 0.1), 1.0, f64::INFINITY, false)]
    #[case(Bound::new(0.0, 0.1), f64::INFINITY, f64::INFINITY, false)]
    #[case(Bound::new(1.0, 1.0), f64::NAN, f64::NAN, false)]
    fn passes_within_and_never_for_what_is_not_finite(
        #[case] bound: Bound,
        #[case] got: f64,
        #[case] want: f64,
        #[case] passes: bool,
    ) {
        assert_eq!(bound.passes(got, want), passes);
    }
}
