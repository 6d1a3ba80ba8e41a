//! The measures of a difference by name: the keys under which a record states them and under which
//! a scenario may bound them. How each is computed is in `compare`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A measure that a scenario can bound.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Largest absolute difference.
    MaxAbsDiff,
    /// Mean absolute difference.
    MeanAbsDiff,
    /// Largest difference relative to the golden's element.
    MaxRelDiff,
    /// Mean difference relative to the golden's element.
    MeanRelDiff,
    /// Size of the mean difference, whose sign cancels.
    Bias,
    /// Root of the mean squared difference.
    Rmse,
    /// Mean squared difference over the golden's mean square.
    Nmse,
    /// Peak signal-to-noise ratio in decibels, at least.
    Psnr,
    /// Cosine of the angle between the two, at least.
    Cosine,
    /// Largest distance in units in the last place.
    MaxUlp,
    /// The ULP distance that half of the elements do not exceed.
    P50Ulp,
    /// The ULP distance that 99 % of the elements do not exceed.
    P99Ulp,
    /// Structural similarity of images, at least.
    Ssim,
    /// Mean FLIP error of images.
    Flip,
}

impl Measure {
    /// Every measure, in the order of reports.
    pub const ALL: [Self; 14] = [
        Self::MaxAbsDiff,
        Self::MeanAbsDiff,
        Self::MaxRelDiff,
        Self::MeanRelDiff,
        Self::Bias,
        Self::Rmse,
        Self::Nmse,
        Self::Psnr,
        Self::Cosine,
        Self::MaxUlp,
        Self::P50Ulp,
        Self::P99Ulp,
        Self::Ssim,
        Self::Flip,
    ];

    /// The key in records and scenarios.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MaxAbsDiff => "max_abs_diff",
            Self::MeanAbsDiff => "mean_abs_diff",
            Self::MaxRelDiff => "max_rel_diff",
            Self::MeanRelDiff => "mean_rel_diff",
            Self::Bias => "bias",
            Self::Rmse => "rmse",
            Self::Nmse => "nmse",
            Self::Psnr => "psnr",
            Self::Cosine => "cosine",
            Self::MaxUlp => "max_ulp",
            Self::P50Ulp => "p50_ulp",
            Self::P99Ulp => "p99_ulp",
            Self::Ssim => "ssim",
            Self::Flip => "flip",
        }
    }

    /// Whether more is better, so that a scenario's number is the least that passes.
    #[must_use]
    pub fn at_least(self) -> bool {
        matches!(self, Self::Psnr | Self::Cosine | Self::Ssim)
    }

    /// Whether a value passes a scenario's number; NaN never does.
    #[must_use]
    pub fn passes(self, value: f64, limit: f64) -> bool {
        if self.at_least() { value >= limit } else { value <= limit }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
