//! How far a result may be from its golden: bounds, and overrides that must say why.

use burn_repro_backends::Target;
use serde::{Deserialize, Serialize};

use super::bounded::{NonNegative, Sentence};
use super::selector::BackendSelector;

/// A bound on a difference: `|got - want| <= abs + rel * |want|`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, Serialize)]
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

/// The bounds of a scenario, and where they differ for a backend.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tolerance {
    /// On the sum of the absolute values.
    pub abs_sum: Bound,
    /// On every element.
    pub pixel: Bound,
    /// Overrides; where several match, the last one counts.
    pub per_backend: Vec<BackendTolerance>,
}

impl Default for Tolerance {
    /// The bounds of the scenario format's own example: 1e-5 of the sum, 1e-4 a pixel.
    fn default() -> Self {
        Self {
            abs_sum: Bound::new(0.0, 1.0e-5),
            pixel: Bound::new(1.0e-4, 0.0),
            per_backend: Vec::new(),
        }
    }
}

/// Other bounds for one backend, with the reason.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackendTolerance {
    /// Where it holds.
    pub backend: BackendSelector,
    /// On the sum of the absolute values; unchanged if left out.
    #[serde(default)]
    pub abs_sum: Option<Bound>,
    /// On every element; unchanged if left out.
    #[serde(default)]
    pub pixel: Option<Bound>,
    /// What was observed and why the bound is what it is.
    pub reason: Sentence,
}

/// The bounds that hold for one target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bounds {
    /// On the sum of the absolute values.
    pub abs_sum: Bound,
    /// On every element.
    pub pixel: Bound,
}

impl Tolerance {
    /// The bounds for one target.
    #[must_use]
    pub fn bounds(&self, target: &Target) -> Bounds {
        let mut bounds = Bounds { abs_sum: self.abs_sum, pixel: self.pixel };
        for other in self.per_backend.iter().filter(|other| other.backend.matches(target)) {
            bounds.abs_sum = other.abs_sum.unwrap_or(bounds.abs_sum);
            bounds.pixel = other.pixel.unwrap_or(bounds.pixel);
        }
        bounds
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
