//! Arrays of the hypotheses: shapes, strides, labels, distances, and how a figure is written.
//!
//! Not here: anything that a layer computes.

use burn_repro_core::trace::HostTensor;

/// What a hypothesis gives.
#[derive(Clone)]
pub(super) struct Array {
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<f64>,
}

impl From<&HostTensor> for Array {
    fn from(tensor: &HostTensor) -> Self {
        Self { shape: tensor.shape.clone(), values: tensor.values.clone() }
    }
}

/// The number of elements of a shape, if a `usize` holds it.
pub(super) fn count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, &length| product.checked_mul(length))
}

/// By how many elements each axis advances.
pub(super) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// Lengths before, at and after an axis: element `(o, i, n)` is at `(o * length + i) * inner + n`.
pub(super) fn lanes(shape: &[usize], axis: usize) -> (usize, usize, usize) {
    let outer = shape[..axis].iter().product();
    (outer, shape[axis], shape[axis + 1..].iter().product())
}

/// The flat positions of an array's elements in the order of permuted axes.
pub(super) fn permuted(shape: &[usize], axes: &[usize]) -> impl Iterator<Item = usize> {
    let all = strides(shape);
    let lengths = axes.iter().map(|&axis| shape[axis]).collect();
    walked(lengths, axes.iter().map(|&axis| all[axis]).collect())
}

/// For each element its flat index over the kept axes alone: those that share it form a group.
pub(super) fn labels(shape: &[usize], kept: &[usize]) -> Vec<usize> {
    let mut steps = vec![0; shape.len()];
    let mut step = 1;
    for &axis in kept.iter().rev() {
        steps[axis] = step;
        step *= shape[axis];
    }
    walked(shape.to_vec(), steps).collect()
}

/// The sums of index times step over all axes, the last axis fastest. Without a division for each element: these are
/// asked for millions of them.
fn walked(lengths: Vec<usize>, steps: Vec<usize>) -> impl Iterator<Item = usize> {
    let total: usize = lengths.iter().product();
    let mut index = vec![0; lengths.len()];
    let mut position = 0;
    (0..total).map(move |_| {
        let here = position;
        for axis in (0..index.len()).rev() {
            index[axis] += 1;
            position += steps[axis];
            if index[axis] < lengths[axis] {
                break;
            }
            position -= steps[axis] * lengths[axis];
            index[axis] = 0;
        }
        here
    })
}

/// All orders of `0..length`, the given one first.
pub(super) fn orders(length: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..length {
        let longer = |order: &Vec<usize>| {
            let free: Vec<usize> = (0..length).filter(|axis| !order.contains(axis)).collect();
            free.into_iter().map(|axis| [order.as_slice(), &[axis]].concat()).collect::<Vec<_>>()
        };
        orders = orders.iter().flat_map(longer).collect();
    }
    orders
}

/// The divisors of a number, in ascending order.
pub(super) fn divisors(number: usize) -> Vec<usize> {
    (1..=number).filter(|&divisor| number.is_multiple_of(divisor)).collect()
}

/// The largest absolute value.
pub(super) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| value.abs().max(largest))
}

/// The largest difference of two arrays; infinite if there is one that is not a number.
pub(super) fn farthest(one: &[f64], other: &[f64]) -> f64 {
    let worse = |worst: f64, difference: f64| {
        if difference.is_nan() { f64::INFINITY } else { worst.max(difference) }
    };
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, worse)
}

/// A number as a person writes it: `1e-6`, `0.25`, `11.3137`.
pub(super) fn figure(number: f64) -> String {
    let rounded = format!("{number:.5e}").parse().unwrap_or(number);
    if rounded.abs() > 0.0 && !(1e-2..1e6).contains(&rounded.abs()) {
        format!("{rounded:e}")
    } else {
        format!("{rounded}")
    }
}

/// A shape or a permutation as torch prints it: `[2, 3]`.
pub(super) fn list(numbers: &[usize]) -> String {
    format!("{numbers:?}")
}
