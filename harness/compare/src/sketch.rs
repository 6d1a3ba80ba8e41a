//! Smaller stand-ins for tensors that are too large for a golden: means of blocks, and sketches.
//! Pure.

use crate::splitmix::splitmix64;
use crate::trace::{Dtype, HostTensor};

/// Numbers of a sketch.
pub const SKETCH: usize = 64;

/// How much larger than the truth a sketch's estimate of a root mean square may come out: its
/// standard error is 1/sqrt(2 * 64) = 9 %, so that this is more than five of them.
pub const SKETCH_MARGIN: f64 = 1.5;

/// Sums of all elements with 64 fixed patterns of random signs, over the root of their number.
///
/// The difference of two tensors' sketches has in each place the expected square of their mean squared
/// difference (W. B. Johnson and J. Lindenstrauss, 1984; D. Achlioptas, 2003, for signs), so that 64
/// numbers tell how far two tensors of any size are apart: see [`rmse_estimate`]. It sees what sums
/// and block means cannot: elements that change places, or errors that cancel.
#[must_use]
pub fn sketch(values: &[f64]) -> HostTensor {
    let mut sums = [0.0; SKETCH];
    for (index, &value) in (0_u64..).zip(values) {
        let signs = splitmix64(index);
        for (bit, sum) in sums.iter_mut().enumerate() {
            *sum += if signs >> bit & 1 == 0 { value } else { -value };
        }
    }
    let root = (values.len() as f64).sqrt();
    let values = sums.iter().map(|sum| sum / root).collect();
    HostTensor { shape: vec![SKETCH], dtype: Dtype::F64.into(), values }
}

/// The root mean squared difference of two tensors, estimated from their sketches.
#[must_use]
pub fn rmse_estimate(left: &HostTensor, right: &HostTensor) -> f64 {
    let squares = left.values.iter().zip(&right.values).map(|(left, right)| (left - right).powi(2));
    (squares.sum::<f64>() / SKETCH as f64).sqrt()
}

/// The means of blocks of `side` by `side` elements over rows and columns; blocks at the far edges
/// hold what is left. Rows and columns are the middle two dimensions of (N, H, W, C) with 1 or 3
/// channels, otherwise the last two.
#[must_use]
pub fn reduced(tensor: &HostTensor, side: usize) -> HostTensor {
    let (outer, [rows, columns], inner) = planes(&tensor.shape);
    let [small_rows, small_columns] = [rows, columns].map(|length| length.div_ceil(side));
    let mut sums = vec![0.0; outer * small_rows * small_columns * inner];
    let mut counts = vec![0.0; sums.len()];
    for (flat, value) in tensor.values.iter().enumerate() {
        let (rest, channel) = (flat / inner, flat % inner);
        let (rest, column) = (rest / columns, rest % columns);
        let (plane, row) = (rest / rows, rest % rows);
        let place = (plane * small_rows + row / side) * small_columns + column / side;
        sums[place * inner + channel] += value;
        counts[place * inner + channel] += 1.0;
    }
    let values = sums.iter().zip(&counts).map(|(sum, count)| sum / count).collect();
    // Means of integers are none.
    let dtype = if tensor.dtype.is_float() { tensor.dtype } else { Dtype::F64.into() };
    HostTensor { shape: reduced_shape(&tensor.shape, side), dtype, values }
}

/// The shape that [`reduced`] gives.
#[must_use]
pub fn reduced_shape(shape: &[usize], side: usize) -> Vec<usize> {
    let mut small = shape.to_vec();
    let [rows, columns] = plane_axes(shape);
    for axis in [rows, columns].into_iter().flatten() {
        small[axis] = small[axis].div_ceil(side);
    }
    small
}

/// The axes of rows and columns; a vector has columns only.
fn plane_axes(shape: &[usize]) -> [Option<usize>; 2] {
    match shape {
        [_, _, _, 1 | 3] => [Some(1), Some(2)],
        _ => [shape.len().checked_sub(2), shape.len().checked_sub(1)],
    }
}

/// How many planes there are, their rows and columns, and how many elements one place of a plane
/// has.
fn planes(shape: &[usize]) -> (usize, [usize; 2], usize) {
    let axes = plane_axes(shape);
    let [rows, columns] = axes.map(|axis| axis.map_or(1, |axis| shape[axis]));
    let first = axes[0].or(axes[1]).unwrap_or(0);
    let behind = axes[1].map_or(0, |axis| axis + 1);
    (shape[..first].iter().product(), [rows, columns], shape[behind..].iter().product())
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums of few digits are exact")]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn tensor(shape: &[usize], value: impl Fn(usize) -> f64) -> HostTensor {
        let count = shape.iter().product();
        let values = (0..count).map(value).collect();
        HostTensor { shape: shape.to_vec(), dtype: Dtype::F64.into(), values }
    }

    #[rstest]
    #[case::image(&[1, 4, 4, 3], 2, &[1, 2, 2, 3])]
    #[case::latents(&[2, 3, 5, 4], 2, &[2, 3, 3, 2])]
    #[case::matrix(&[6, 9], 4, &[2, 3])]
    #[case::vector(&[10], 4, &[3])]
    fn blocks_are_taken_over_rows_and_columns(
        #[case] shape: &[usize],
        #[case] side: usize,
        #[case] small: &[usize],
    ) {
        let constant = reduced(&tensor(shape, |_| 0.75), side);
        assert_eq!(constant.shape, small);
        assert!(constant.values.iter().all(|value| *value == 0.75), "{:?}", constant.values);
    }

    #[test]
    fn a_block_is_the_mean_of_its_elements_and_channels_stay_apart() {
        let image = tensor(&[1, 2, 4, 3], |flat| flat as f64);
        // Rows of 4 places of 3 channels: the first block holds the places 0, 1, 4 and 5.
        assert_eq!(reduced(&image, 2).values, [7.5, 8.5, 9.5, 13.5, 14.5, 15.5]);
    }

    proptest! {
        /// The promise of the sketch, for random and for sparse differences.
        #[test]
        fn the_estimate_is_near_the_truth(
            seed in any::<u64>(),
            count in 1_usize..4000,
            every in 1_usize..500,
        ) {
            let noise = |index: usize| splitmix64(seed ^ index as u64) as f64 / u64::MAX as f64;
            let got = tensor(&[count], |i| noise(i) + if i % every == 0 { noise(i + 7) } else { 0.0 });
            let want = tensor(&[count], noise);
            let squares = got.values.iter().zip(&want.values).map(|(g, w)| (g - w).powi(2));
            let truth = (squares.sum::<f64>() / count as f64).sqrt();
            let estimate = rmse_estimate(&sketch(&got.values), &sketch(&want.values));
            prop_assert!(estimate <= truth * SKETCH_MARGIN + 1e-12, "{estimate} {truth}");
            prop_assert!(estimate >= truth / SKETCH_MARGIN - 1e-12, "{estimate} {truth}");
        }
    }

    #[test]
    fn elements_that_change_places_are_seen() {
        let want = tensor(&[900], |flat| (flat % 30) as f64);
        let turned = tensor(&[900], |flat| (flat / 30) as f64);
        assert_eq!(want.abs_sum(), turned.abs_sum());
        let estimate = rmse_estimate(&sketch(&want.values), &sketch(&turned.values));
        assert!(estimate > 5.0, "{estimate}");
    }
}
