//! Convolution over two axes, as a recipe that a hypothesis changes.
//!
//! Not here: the mistakes, which `convolution` has.

use super::affordable;
use super::arrays::Array;

/// What lies outside of the input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Padding {
    Zeros,
    Reflect,
    Replicate,
    Circular,
}

pub(super) const PADDINGS: [(&str, Padding); 4] = [
    ("zeros", Padding::Zeros),
    ("reflect", Padding::Reflect),
    ("replicate", Padding::Replicate),
    ("circular", Padding::Circular),
];

/// A convolution over two axes; Conv1d has a first one of length 1.
#[derive(Clone)]
pub(super) struct Convolution {
    /// `(batch, channels, rows, columns)`.
    pub input: Array,
    /// `(outputs, channels of a group, rows, columns)`.
    pub weight: Array,
    pub bias: Vec<f64>,
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    pub groups: usize,
    pub before: [usize; 2],
    pub after: [usize; 2],
    pub padding: Padding,
}

/// The result. Nothing if the shapes do not fit or it is too much work.
pub(super) fn computed(c: &Convolution) -> Option<Array> {
    let &[batch, channels, ..] = c.input.shape.as_slice() else { return None };
    let &[outputs, depth, height, width] = c.weight.shape.as_slice() else { return None };
    let fits = c.groups > 0
        && depth.checked_mul(c.groups) == Some(channels)
        && outputs.is_multiple_of(c.groups)
        && c.bias.len() == outputs;
    let (rows, columns) = (c.steps(0)?, c.steps(1)?);
    affordable(&[batch, outputs, rows, columns, depth, height, width])?;
    if !fits || outputs == 0 {
        return None;
    }
    let value = |index: usize| {
        let (plane, at) = (index / columns / rows, [index / columns % rows, index % columns]);
        c.value(plane / outputs, plane % outputs, at)
    };
    let values = (0..batch * outputs * rows * columns).map(value).collect();
    Some(Array { shape: vec![batch, outputs, rows, columns], values })
}

impl Convolution {
    /// How often the kernel fits along an axis.
    fn steps(&self, axis: usize) -> Option<usize> {
        let room = self.input.shape[axis + 2] + self.before[axis] + self.after[axis];
        let span = self.dilation[axis] * self.weight.shape[axis + 2].checked_sub(1)? + 1;
        room.checked_sub(span)?.checked_div(self.stride[axis]).map(|steps| steps + 1)
    }

    /// The value of an output channel at one place.
    fn value(&self, n: usize, output: usize, at: [usize; 2]) -> f64 {
        let (lengths, kernel) = (&self.input.shape[1..], &self.weight.shape[1..]);
        let first = output / (self.weight.shape[0] / self.groups) * kernel[0];
        let place = |axis: usize, tap: usize| {
            let padded = at[axis] * self.stride[axis] + tap * self.dilation[axis];
            inside(padded, self.before[axis], lengths[axis + 1], self.padding)
        };
        let mut sum = self.bias[output];
        for (r, c) in (0..kernel[1]).flat_map(|r| (0..kernel[2]).map(move |c| (r, c))) {
            let Some((row, column)) = place(0, r).zip(place(1, c)) else { continue };
            for depth in 0..kernel[0] {
                let channel = n * lengths[0] + first + depth;
                let tap = ((output * kernel[0] + depth) * kernel[1] + r) * kernel[2] + c;
                let from = (channel * lengths[1] + row) * lengths[2] + column;
                sum += self.input.values[from] * self.weight.values[tap];
            }
        }
        sum
    }
}

/// The index in the input of an index in the padded input; nothing where a zero lies.
fn inside(padded: usize, before: usize, length: usize, padding: Padding) -> Option<usize> {
    if (before..before + length).contains(&padded) {
        return Some(padded - before);
    }
    let last = length.checked_sub(1)?;
    match padding {
        Padding::Zeros => None,
        Padding::Replicate => Some(if padded < before { 0 } else { last }),
        Padding::Circular => Some((padded + before * last) % length),
        Padding::Reflect if padded < before => Some(before - padded).filter(|&index| index <= last),
        Padding::Reflect => (2 * last + before).checked_sub(padded),
    }
}
