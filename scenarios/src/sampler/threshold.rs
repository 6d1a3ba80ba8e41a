//! Bounds on the predicted clean sample: clipping and dynamic thresholding.

use burn::tensor::Tensor;

/// What keeps the predicted clean sample `x_0` within the range of the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Nothing does.
    Free,
    /// Values beyond `-range..=range` become the nearer end.
    Clip {
        /// The largest absolute value, above 0.
        range: f64,
    },
    /// Each sample is clipped at a quantile of its absolute values and divided by it (Saharia et
    /// al. 2022, Imagen, arXiv 2205.11487, section 2.3).
    Dynamic {
        /// The quantile, from 0 to 1.
        ratio: f64,
        /// The largest threshold; the smallest is 1, unless this is smaller.
        largest: f64,
    },
}

impl Bound {
    /// Applies the bound to `original`, whose first dimension counts samples.
    ///
    /// NaN stays NaN on every backend, although `clamp` on WGSL would make a bound of it: a model
    /// that fails must not look well.
    ///
    /// # Panics
    /// If the ratio of a dynamic threshold is not within 0 and 1, which a validated config excludes.
    #[must_use]
    pub fn apply<const D: usize>(self, original: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Free => original,
            Self::Clip { range } => clip(original, -range, range),
            Self::Dynamic { ratio, largest } => {
                let threshold = thresholds(original.clone(), ratio, largest);
                clip(original.div(threshold), -1.0, 1.0)
            }
        }
    }
}

fn clip<const D: usize>(x: Tensor<D>, low: f64, high: f64) -> Tensor<D> {
    let nan = x.clone().is_nan();
    x.clone().clamp(low, high).mask_where(nan, x)
}

/// One threshold for each sample, shaped `[N, 1, …]`.
fn thresholds<const D: usize>(original: Tensor<D>, ratio: f64, largest: f64) -> Tensor<D> {
    let shape = original.dims();
    let in_sample: usize = shape[1..].iter().product();
    let quantile = quantile(original.abs().reshape([shape[0], in_sample]), ratio);
    let mut column = [1; D];
    column[0] = shape[0];
    clip(quantile, largest.min(1.0), largest).reshape(column)
}

/// The `ratio` quantile of each row, `[N, M]` to `[N, 1]`, with linear interpolation between
/// neighbours as `torch.quantile` has it; NaN if one value of the row is, with the sign that `abs`
/// leaves.
///
/// # Panics
/// If rows are empty or `ratio` is not within 0 and 1.
#[must_use]
pub fn quantile(rows: Tensor<2>, ratio: f64) -> Tensor<2> {
    assert!((0.0..=1.0).contains(&ratio), "{ratio} is no quantile");
    let last = rows.dims()[1] - 1;
    let sorted = rows.sort(1);
    let at = |place| sorted.clone().narrow(1, place, 1);
    let rank = ratio * last as f64;
    let (below, above) = (at(rank.floor() as usize), at(rank.ceil() as usize));
    let gap = above.clone() - below.clone();
    let weight = rank.fract();
    // From the nearer neighbour, so that both ends of the interval are met exactly.
    let between = if weight < 0.5 {
        below + gap.mul_scalar(weight)
    } else {
        above - gap.mul_scalar(1.0 - weight)
    };
    // NaN is sorted behind all numbers. Taken from there, because a scalar NaN in a recorded
    // operation is not equal to itself.
    let end = at(last);
    between.mask_where(end.clone().is_nan(), end)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{DType, Device, TensorData};
    use rstest::rstest;

    use super::*;

    fn quantiles<const M: usize>(rows: &[[f64; M]], ratio: f64) -> Vec<f64> {
        let data = TensorData::new(rows.concat(), [rows.len(), M]);
        let rows = Tensor::from_data(data, (&Device::flex(), DType::F64));
        quantile(rows, ratio).into_data().try_to_vec().unwrap()
    }

    #[rstest]
    #[case::lowest(0.0, 1.0)]
    #[case::nearer_the_lower(0.1, 1.4)]
    #[case::middle(0.5, 3.0)]
    #[case::nearer_the_upper(0.9, 10.8)]
    #[case::highest(1.0, 16.0)]
    fn quantile_interpolates(#[case] ratio: f64, #[case] want: f64) {
        let got = quantiles(&[[16.0, 1.0, 3.0, 2.0, 3.0]], ratio)[0];
        assert!((got - want).abs() < 1e-12, "{got}");
    }

    #[test]
    fn quantile_keeps_nan_in_its_row() {
        let got = quantiles(&[[1.0, f64::NAN], [4.0, 3.0]], 0.0);
        assert!(got[0].is_nan() && (got[1] - 3.0).abs() < 1e-12, "{got:?}");
    }
}
