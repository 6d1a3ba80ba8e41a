//! Mistakes of MaxPool2d and AvgPool2d, from torch's input and attributes.
//!
//! Not here: adaptive pooling, and pooling along one or three axes.

use super::arrays::{Array, lanes};
use super::{Check, affordable};

/// One pooling. Copied and changed by each hypothesis.
#[derive(Clone, Copy)]
struct Pooling {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
    ceil_mode: bool,
    /// Whether an average counts the zeros of the padding.
    count_include_pad: bool,
    average: bool,
    /// Whether a maximum sees the padding as zeros.
    zeros: bool,
}

/// The mistake of a pooling.
pub(super) fn kind(check: &Check<'_>) -> Option<String> {
    let layer = check.layer;
    let kernel = layer.pair("kernel_size", None)?;
    let torch = Pooling {
        kernel,
        stride: layer.pair("stride", None).unwrap_or(kernel),
        padding: layer.pair("padding", None).unwrap_or([0, 0]),
        dilation: layer.pair("dilation", None).unwrap_or([1, 1]),
        ceil_mode: layer.flag("ceil_mode").unwrap_or(false),
        count_include_pad: layer.flag("count_include_pad").unwrap_or(true),
        average: layer.class == "AvgPool2d",
        zeros: false,
    };
    let flag =
        |name: &str, torch: bool| format!("{name}: torch's is {torch}, here it is {}", !torch);
    let kinds = ["a maximum", "an average"];
    let other = format!(
        "torch's pooling is {}, here it is {}",
        kinds[usize::from(torch.average)],
        kinds[usize::from(!torch.average)]
    );
    let hypotheses = [
        (Pooling { ceil_mode: !torch.ceil_mode, ..torch }, flag("ceil_mode", torch.ceil_mode)),
        (
            Pooling { count_include_pad: !torch.count_include_pad, ..torch },
            flag("count_include_pad", torch.count_include_pad),
        ),
        (Pooling { padding: [0, 0], ..torch }, "padding: it is left out".to_owned()),
        (
            Pooling { zeros: true, ..torch },
            "padding: it is of zeros, torch's is of negative infinity".to_owned(),
        ),
        (Pooling { stride: kernel, ..torch }, "stride: it is that of the kernel".to_owned()),
        (Pooling { stride: [1, 1], ..torch }, "stride: it is 1".to_owned()),
        (Pooling { dilation: [1, 1], ..torch }, "dilation: it is left out".to_owned()),
        (Pooling { average: !torch.average, ..torch }, other),
    ];
    hypotheses
        .into_iter()
        .find_map(|(pooling, words)| check.clause(pooling.computed(check), || words))
}

/// How often a window fits along an axis. One that starts in the padding at the end is dropped, as in torch.
fn steps(pooling: &Pooling, axis: usize, length: usize) -> Option<usize> {
    let span = pooling.dilation[axis] * pooling.kernel[axis].checked_sub(1)? + 1;
    let left = (length + 2 * pooling.padding[axis]).checked_sub(span)?;
    let stride = pooling.stride[axis];
    let rounded = if pooling.ceil_mode { left + stride.checked_sub(1)? } else { left };
    let steps = rounded.checked_div(stride)? + 1;
    let outside = pooling.ceil_mode && (steps - 1) * stride >= length + pooling.padding[axis];
    Some(steps - usize::from(outside))
}

impl Pooling {
    fn computed(&self, check: &Check<'_>) -> Option<Array> {
        let input = check.input()?;
        let rank = input.shape.len();
        let first = rank.checked_sub(2)?;
        let lengths = [input.shape[first], input.shape[first + 1]];
        let (planes, ..) = lanes(&input.shape, first);
        let steps = [steps(self, 0, lengths[0])?, steps(self, 1, lengths[1])?];
        affordable(&[planes, steps[0], steps[1], self.kernel[0], self.kernel[1]])?;
        let mut values = Vec::with_capacity(planes * steps[0] * steps[1]);
        for plane in
            input.values.chunks(lengths[0].checked_mul(lengths[1]).filter(|&area| area > 0)?)
        {
            for (y, x) in (0..steps[0]).flat_map(|y| (0..steps[1]).map(move |x| (y, x))) {
                values.push(self.window(plane, lengths, [y, x])?);
            }
        }
        let shape = [&input.shape[..first], &steps].concat();
        Some(Array { shape, values })
    }

    /// The value of one window. Nothing if it lies in the padding as a whole.
    fn window(&self, plane: &[f64], lengths: [usize; 2], at: [usize; 2]) -> Option<f64> {
        let index =
            |axis: usize, tap: usize| at[axis] * self.stride[axis] + tap * self.dilation[axis];
        let inside = |axis: usize, tap: usize| {
            index(axis, tap).checked_sub(self.padding[axis]).filter(|&index| index < lengths[axis])
        };
        let taps = || (0..self.kernel[0]).flat_map(|r| (0..self.kernel[1]).map(move |c| (r, c)));
        let values =
            || taps().filter_map(|(r, c)| Some(plane[inside(0, r)? * lengths[1] + inside(1, c)?]));
        let seen = values().count();
        if seen == 0 {
            return None;
        }
        let all = self.kernel[0] * self.kernel[1];
        Some(if self.average {
            // A window of `ceil_mode` that goes beyond the padding does not count what lies there.
            let padded =
                |axis: usize, tap: usize| index(axis, tap) < lengths[axis] + 2 * self.padding[axis];
            let counted = taps().filter(|&(r, c)| padded(0, r) && padded(1, c)).count();
            values().sum::<f64>() / if self.count_include_pad { counted } else { seen } as f64
        } else {
            values().fold(if self.zeros && seen < all { 0.0 } else { f64::NEG_INFINITY }, f64::max)
        })
    }
}
