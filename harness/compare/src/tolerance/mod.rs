//! Bounds on a difference, as the comparison takes them. Which bounds hold for which output on which backend is
//! `scenario::Tolerance`.

mod measure;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

pub use measure::Measure;

use crate::checked;

/// A finite number that is not negative.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, JsonSchema)]
pub struct NonNegative(#[schemars(range(min = 0.0))] pub f64);

impl<'de> Deserialize<'de> for NonNegative {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::number(deserializer, "a number of at least 0", |number| {
            if number.is_finite() && number >= 0.0 {
                return Ok(Self(number));
            }
            Err(format!("invalid bound {number}: expected a finite number of at least 0"))
        })
    }
}

/// A bound on a difference: `|got - want| <= abs + rel * |want|`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "`abs`, `rel` or both, as in `{ abs: 1.0e-6 }`")]
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

impl Bounds {
    /// Takes what is overridden.
    pub fn take(&mut self, overrides: &Overrides) {
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
