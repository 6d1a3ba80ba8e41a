//! How far one result of an operation is from another, in the units that its class is measured by. Pure.

#![expect(clippy::float_cmp, reason = "an element that is equal needs no measure")]

use burn::tensor::DType;
use burn_repro_device::ir::TensorIr;

use crate::numeric::{Eps, round};
use crate::operation::OpKind;
use burn_repro_core::diagnose::Error;

/// What results are measured with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ErrorScale {
    /// The type of the result.
    pub dtype: DType,
    /// The class of the operation.
    pub class: OpKind,
    /// The largest sum of absolute terms, where it was needed.
    pub(crate) largest_sum: Option<f64>,
    /// Whether the result is made of floats; integers and booleans are measured in ones.
    pub floats: bool,
}

impl ErrorScale {
    /// The scale of a class.
    pub fn new(class: OpKind) -> Self {
        Self { dtype: DType::F32, class, largest_sum: None, floats: true }
    }

    /// The scale of one result.
    pub fn of(self, out: &TensorIr) -> Self {
        Self { dtype: out.dtype, floats: out.dtype.is_float(), ..self }
    }

    /// The worst of all elements: of those in ULP, and among equals of those in absolute terms.
    pub fn measure(self, got: &[f64], want: &[f64]) -> Error {
        let (eps, shared) = (Eps::of(self.dtype), self.shared_scale(want));
        if got.len() != want.len() {
            // A kernel that gave another number of elements.
            return Error { difference: f64::INFINITY, ulp: f64::INFINITY, ..Error::default() };
        }
        let mut worst = Error::default();
        for (index, (&got, &want)) in got.iter().zip(want).enumerate() {
            if got == want || (got.is_nan() && want.is_nan()) {
                continue;
            }
            let difference = (got - want).abs();
            let ulp = match (difference.is_finite(), self.floats) {
                (false, _) => self.beyond(got, want),
                (true, true) => eps.error(difference, shared.unwrap_or(self.scale(want))),
                (true, false) => difference,
            };
            if ulp > worst.ulp || (ulp == worst.ulp && difference > worst.difference) {
                worst = Error { difference, ulp, index, got, want };
            }
        }
        worst
    }

    /// What an element is measured beside: itself, and where its own size is what a function gets wrong, more of it.
    fn scale(self, want: f64) -> f64 {
        match self.class {
            // WGSL allows exp 3 + 2 |x| units: an eighth of 16 for each unit of the exponent.
            OpKind::Exponential => want.abs() * (1.0 + want.abs().ln().abs() / 8.0),
            _ => want.abs(),
        }
    }

    /// What all elements are measured beside, if it is not each one itself.
    fn shared_scale(self, want: &[f64]) -> Option<f64> {
        let finite = want.iter().map(|value| value.abs()).filter(|value| value.is_finite());
        match self.class {
            OpKind::Sum(_) => {
                Some(finite.fold(0.0, f64::max).max(self.largest_sum.unwrap_or_default()))
            }
            OpKind::NearZero => Some(finite.fold(1.0, f64::max)),
            _ => None,
        }
    }

    /// A number that the target's type cannot hold is an infinity there.
    fn beyond(self, got: f64, want: f64) -> f64 {
        let overflows = round(want, self.dtype) == got;
        if overflows { 0.0 } else { f64::INFINITY }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn ulp(class: OpKind, got: &[f64], want: &[f64]) -> f64 {
        ErrorScale { dtype: DType::F32, class, largest_sum: None, floats: true }
            .measure(got, want)
            .ulp
    }

    const EPSILON: f64 = f32::EPSILON as f64;

    #[rstest]
    #[case::same(OpKind::DataMovement, &[1.0, f64::NAN], &[1.0, f64::NAN], 0.0)]
    #[case::each_beside_itself(OpKind::Rounded, &[1024.0, 1.0 + EPSILON], &[1024.0, 1.0], 1.0)]
    #[case::sums_beside_the_largest(OpKind::Sum(4), &[1024.0, 1.0 + EPSILON], &[1024.0, 1.0], 1.0 / 1024.0)]
    #[case::crossings_beside_one(OpKind::NearZero, &[EPSILON], &[0.0], 1.0)]
    #[case::too_few(OpKind::DataMovement, &[1.0], &[1.0, 1.0], f64::INFINITY)]
    #[case::flushed(OpKind::Rounded, &[0.0], &[1e-39], 1e-39 / f32::MIN_POSITIVE as f64)]
    #[case::nan(OpKind::Rounded, &[f64::NAN], &[1.0], f64::INFINITY)]
    #[case::overflow(OpKind::Rounded, &[f64::INFINITY], &[1e39], 0.0)]
    #[case::no_overflow(OpKind::Rounded, &[f64::INFINITY], &[1e30], f64::INFINITY)]
    fn the_worst_element(
        #[case] class: OpKind,
        #[case] got: &[f64],
        #[case] want: &[f64],
        #[case] expected: f64,
    ) {
        assert_eq!(ulp(class, got, want), expected);
    }

    #[test]
    fn a_sum_that_cancels_is_measured_beside_its_terms() {
        let scale = ErrorScale {
            dtype: DType::F32,
            class: OpKind::Sum(2),
            largest_sum: Some(8.0),
            floats: true,
        };
        let error = scale.measure(&[8.0 * EPSILON], &[0.0]);
        assert_eq!((error.ulp, error.index), (1.0, 0));
    }

    #[test]
    fn integers_are_measured_in_ones() {
        let scale = ErrorScale {
            dtype: DType::F32,
            class: OpKind::Exact,
            largest_sum: None,
            floats: false,
        };
        assert_eq!(scale.measure(&[1_073_741_825.0], &[1_073_741_824.0]).ulp, 1.0);
    }

    #[test]
    fn a_small_exponential_may_be_off_by_more() {
        let exp = |x: f64, units: f64| {
            let want = x.exp();
            ulp(OpKind::Exponential, &[want * (1.0 + units * EPSILON)], &[want])
        };
        assert!(exp(0.0, 17.0) > 16.0);
        assert!(exp(-40.0, 80.0) < 16.0 && exp(-40.0, 200.0) > 16.0);
    }
}
