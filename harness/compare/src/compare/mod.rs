//! Numbers about the difference of two tensors, and whether they lie within bounds.
//!
//! Pure: no I/O, no device, never a panic; returns numbers and leaves the verdict to `verdict`. One
//! pass over the data gives every elementwise measure (`pass`, `sums`, `ulp`, `places`); SSIM and
//! FLIP, for images, need passes of their own (`ssim`, `flip`).

mod element;
mod flip;
mod image;
mod pass;
mod places;
mod ssim;
mod sums;
mod ulp;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use element::Element;
pub use flip::{flip, flip_map};
pub use image::{Images, eight_bits};
pub use places::{LISTED, Place};
pub use ssim::ssim;
pub use ulp::ulp_distance;

use self::pass::{Pass, pass};
use crate::json_float;
use crate::tolerance::{Bounds, Measure};
use crate::trace::{ElementType, HostTensor};

/// A target's output beside the golden's.
///
/// NaN and infinity have no distance: such pairs are counted in `non_finite`, fail every bound, also
/// where both sides have them, and are left out of every measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Number of elements.
    pub count: usize,
    /// Number of elements that are NaN or infinite on either side.
    pub non_finite: usize,
    /// The golden's sum of absolute values.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub want_abs_sum: f64,
    /// Whether the sum lies within its bound.
    pub abs_sum_passes: bool,
    /// The relative bound under which the sum would have passed, with the absolute one as it is.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub abs_sum_rel_to_pass: f64,
    /// Largest absolute difference of an element.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub max_abs_diff: f64,
    /// Mean absolute difference.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub mean_abs_diff: f64,
    /// Largest difference relative to the golden's element; elements that are 0 there are left out.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub max_rel_diff: f64,
    /// Mean difference relative to the golden's element; elements that are 0 there are left out.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub mean_rel_diff: f64,
    /// Mean difference with its sign: positive where the target is larger.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub bias: f64,
    /// Root of the mean squared difference.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub rmse: f64,
    /// Mean squared difference over the golden's mean square.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub nmse: f64,
    /// Peak signal-to-noise ratio in decibels, the peak being the range of the golden's values;
    /// infinite where nothing differs, which JSON writes as null.
    #[serde(deserialize_with = "json_float::or_infinity")]
    pub psnr: f64,
    /// Cosine of the angle between the two, as vectors.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub cosine: f64,
    /// Largest distance in units in the last place of the type that was computed in.
    pub max_ulp: u64,
    /// The ULP distance that half of the elements do not exceed; exact below 64, at most a 32nd too
    /// large above.
    pub p50_ulp: u64,
    /// The ULP distance that 99 % of the elements do not exceed, as exact.
    pub p99_ulp: u64,
    /// Structural similarity, where the golden is an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssim: Option<f64>,
    /// Mean FLIP error, where the golden is an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flip: Option<f64>,
    /// Number of elements outside of their bound.
    pub outside: usize,
    /// The absolute bound under which every element would have passed, with the relative one as
    /// it is.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub pixel_abs_to_pass: f64,
    /// The first elements outside of their bound.
    pub first_outside: Vec<Place>,
    /// The elements that differ most, the worst first.
    pub worst: Vec<Place>,
    /// The bounded measures that are not met.
    pub violations: Vec<Violation>,
}

/// A bounded measure that is not met.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Violation {
    /// The measure.
    pub measure: Measure,
    /// Its value; nothing where it has none, as SSIM of a tensor that is not an image.
    pub got: Option<f64>,
    /// What the scenario asks.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub limit: f64,
}

impl Comparison {
    /// Whether every bound is met.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.non_finite == 0
            && self.abs_sum_passes
            && self.outside == 0
            && self.violations.is_empty()
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
    /// Computed in another type than was asked for.
    #[error("it came as {}, the scenario asks for {}", got.as_str(), want.as_str())]
    Dtype {
        /// The target's type.
        got: ElementType,
        /// The scenario's type.
        want: ElementType,
    },
    /// No elements: nothing would have been checked.
    #[error("there are no elements, so nothing would be checked")]
    Empty,
}

/// What a tensor is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Want<'a> {
    /// The golden's elements, in `f64`.
    pub tensor: &'a HostTensor,
    /// The sum of absolute values that the golden's text states.
    pub abs_sum: f64,
    /// The type that the target was to compute in.
    pub dtype: ElementType,
}

/// Compares a target's output with the golden's.
///
/// # Errors
/// If shape or type differ or there is nothing to compare.
pub fn compare(
    got: &HostTensor,
    want: Want<'_>,
    bounds: &Bounds,
) -> Result<Comparison, CompareError> {
    let tensor = want.tensor;
    if got.shape != tensor.shape || got.values.len() != tensor.values.len() {
        return Err(CompareError::Shape { got: got.shape.clone(), want: tensor.shape.clone() });
    }
    if got.dtype != want.dtype {
        return Err(CompareError::Dtype { got: got.dtype, want: want.dtype });
    }
    let mut comparison =
        compare_elements(&got.values, &tensor.values, &got.shape, got.dtype, want.abs_sum, bounds)?;
    if let (Some(images), 0) = (Images::of(tensor), comparison.non_finite) {
        let got = Images { values: &got.values, ..images };
        comparison.ssim = Some(ssim(&got, &images));
        comparison.flip = flip(&got, &images);
    }
    let violations = bounds.limits.iter().filter_map(|(&measure, &limit)| {
        let got = comparison.value(measure);
        let met = got.is_some_and(|got| measure.passes(got, limit));
        (!met).then_some(Violation { measure, got, limit })
    });
    comparison.violations = violations.collect();
    Ok(comparison)
}

/// Every elementwise measure of two slices of one shape, in one pass.
///
/// # Errors
/// If the slices differ in length or have no elements.
pub fn compare_elements<E: Element>(
    got: &[E],
    want: &[E],
    shape: &[usize],
    dtype: ElementType,
    want_abs_sum: f64,
    bounds: &Bounds,
) -> Result<Comparison, CompareError> {
    if got.len() != want.len() {
        return Err(CompareError::Shape { got: vec![got.len()], want: vec![want.len()] });
    }
    if got.is_empty() {
        return Err(CompareError::Empty);
    }
    let pass = pass(got, want, bounds.pixel, dtype);
    Ok(Comparison::new(&pass, got.len(), shape, want_abs_sum, bounds))
}

impl Comparison {
    /// The value of a measure; nothing for SSIM and FLIP of a tensor that is not an image.
    #[must_use]
    pub fn value(&self, measure: Measure) -> Option<f64> {
        Some(match measure {
            Measure::MaxAbsDiff => self.max_abs_diff,
            Measure::MeanAbsDiff => self.mean_abs_diff,
            Measure::MaxRelDiff => self.max_rel_diff,
            Measure::MeanRelDiff => self.mean_rel_diff,
            Measure::Bias => self.bias.abs(),
            Measure::Rmse => self.rmse,
            Measure::Nmse => self.nmse,
            Measure::Psnr => self.psnr,
            Measure::Cosine => self.cosine,
            Measure::MaxUlp => self.max_ulp as f64,
            Measure::P50Ulp => self.p50_ulp as f64,
            Measure::P99Ulp => self.p99_ulp as f64,
            Measure::Ssim => return self.ssim,
            Measure::Flip => return self.flip,
        })
    }

    fn new(pass: &Pass, count: usize, shape: &[usize], want_abs_sum: f64, bounds: &Bounds) -> Self {
        let Pass { sums, non_finite, ulp: [max_ulp, p50_ulp, p99_ulp], places } = pass;
        let finite = (count - non_finite) as f64;
        let mean = |sum: f64| if finite > 0.0 { sum / finite } else { 0.0 };
        let mse = mean(sums.squared_difference);
        let bound = bounds.abs_sum;
        let excess = ((sums.abs_got - want_abs_sum).abs() - bound.abs()).max(0.0);
        let shown = |pairs: &[places::Pair]| pairs.iter().map(|pair| pair.place(shape)).collect();
        Self {
            count,
            non_finite: *non_finite,
            want_abs_sum,
            abs_sum_passes: *non_finite == 0 && bound.passes(sums.abs_got, want_abs_sum),
            abs_sum_rel_to_pass: ratio(excess, want_abs_sum.abs()),
            max_abs_diff: sums.max_abs,
            mean_abs_diff: mean(sums.abs_difference),
            max_rel_diff: sums.max_rel,
            mean_rel_diff: ratio(sums.rel_difference, sums.rel_count),
            bias: mean(sums.difference),
            rmse: mse.sqrt(),
            nmse: ratio(sums.squared_difference, sums.squared_want),
            psnr: psnr(mse, sums.max_want + sums.max_minus_want),
            cosine: cosine(sums),
            max_ulp: *max_ulp,
            p50_ulp: *p50_ulp,
            p99_ulp: *p99_ulp,
            ssim: None,
            flip: None,
            outside: sums.outside as usize + non_finite,
            pixel_abs_to_pass: sums.max_excess,
            first_outside: shown(&places.first_outside),
            worst: shown(&places.worst),
            violations: Vec::new(),
        }
    }
}

/// 0 where there is nothing to divide: no difference has no share.
fn ratio(part: f64, whole: f64) -> f64 {
    if part == 0.0 { 0.0 } else { part / whole }
}

fn psnr(mse: f64, peak: f64) -> f64 {
    // A constant golden has no range; its own size would be another measure.
    if mse == 0.0 { f64::INFINITY } else { 10.0 * (peak * peak / mse).log10() }
}

fn cosine(sums: &sums::Sums) -> f64 {
    if sums.squared_difference == 0.0 {
        return 1.0;
    }
    let lengths = (sums.squared_got * sums.squared_want).sqrt();
    if lengths == 0.0 { 0.0 } else { (sums.product / lengths).clamp(-1.0, 1.0) }
}

#[cfg(test)]
mod tests;
