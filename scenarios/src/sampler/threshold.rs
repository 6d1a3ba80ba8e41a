//! Bounds on the predicted clean sample: clipping and dynamic thresholding.
//!
//! The only place of the samplers that reads a tensor back.

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use super::SamplerError;

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
    /// # Errors
    /// If a dynamic threshold is asked for and the device cannot be read.
    ///
    /// # Panics
    /// If the ratio of a dynamic threshold is not within 0 and 1, which a validated config excludes.
    pub fn apply<B: Backend, const D: usize>(
        self,
        original: Tensor<B, D>,
    ) -> Result<Tensor<B, D>, SamplerError> {
        match self {
            Self::Free => Ok(original),
            Self::Clip { range } => Ok(clip(original, range)),
            Self::Dynamic { ratio, largest } => {
                let threshold = thresholds(&original, ratio, largest)?;
                Ok(clip(original.div(threshold), 1.0))
            }
        }
    }
}

fn clip<B: Backend, const D: usize>(x: Tensor<B, D>, range: f64) -> Tensor<B, D> {
    let nan = x.clone().is_nan();
    x.clone().clamp(-range, range).mask_where(nan, x)
}

/// One threshold for each sample, shaped `[N, 1, …]`.
///
/// A quantile needs a sort, whose result on a device depends on the backend where values are NaN;
/// so the sample is read back and the threshold is made on the host in `f64`.
fn thresholds<B: Backend, const D: usize>(
    original: &Tensor<B, D>,
    ratio: f64,
    largest: f64,
) -> Result<Tensor<B, D>, SamplerError> {
    let device = original.device();
    // Without a sync, some backends answer the read after a failure with stale memory.
    B::sync(&device).map_err(|error| SamplerError::Read(format!("{error:?}")))?;
    let data = original
        .clone()
        .try_into_data()
        .map_err(|error| SamplerError::Read(format!("{error:?}")))?;
    let mut values: Vec<f64> = data.iter::<f64>().map(f64::abs).collect();
    let samples = original.dims()[0];
    let in_sample = (values.len() / samples.max(1)).max(1);
    let threshold = |sample: &mut [f64]| {
        let quantile = quantile(sample, ratio);
        // `f64::max` would drop a NaN.
        if quantile.is_nan() { quantile } else { quantile.max(1.0).min(largest) }
    };
    let thresholds: Vec<f64> = values.chunks_mut(in_sample).map(threshold).collect();
    let mut shape = [1; D];
    shape[0] = samples;
    let data = TensorData::new(thresholds, shape);
    Ok(Tensor::from_data(data, (&device, original.dtype())))
}

/// The `ratio` quantile of `values`, with linear interpolation between neighbours as
/// `torch.quantile` has it; NaN if one value is. Sorts `values`.
///
/// # Panics
/// If `values` is empty or `ratio` is not within 0 and 1.
#[must_use]
pub fn quantile(values: &mut [f64], ratio: f64) -> f64 {
    assert!((0.0..=1.0).contains(&ratio), "{ratio} is no quantile");
    if values.iter().any(|value| value.is_nan()) {
        return f64::NAN;
    }
    values.sort_unstable_by(f64::total_cmp);
    let rank = ratio * (values.len() - 1) as f64;
    let below = values[rank.floor() as usize];
    let above = values[rank.ceil() as usize];
    let weight = rank.fract();
    // From the nearer neighbour, so that both ends of the interval are met exactly.
    if weight < 0.5 {
        below + weight * (above - below)
    } else {
        above - (1.0 - weight) * (above - below)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::lowest(0.0, 1.0)]
    #[case::nearer_the_lower(0.1, 1.4)]
    #[case::middle(0.5, 3.0)]
    #[case::nearer_the_upper(0.9, 10.8)]
    #[case::highest(1.0, 16.0)]
    fn quantile_interpolates(#[case] ratio: f64, #[case] want: f64) {
        let got = quantile(&mut [16.0, 1.0, 3.0, 2.0, 3.0], ratio);
        assert!((got - want).abs() < 1e-12, "{got}");
    }

    #[test]
    fn quantile_keeps_nan() {
        assert!(quantile(&mut [1.0, f64::NAN], 0.0).is_nan());
    }
}
