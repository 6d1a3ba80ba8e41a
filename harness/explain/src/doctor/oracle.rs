//! What the operations of a diffusion model are by definition, in `f64` and in plain loops. Pure; the functions of one
//! number are beside their probes in `operations`.
//!
//! Tensors are flat and row-major. Where an element is a sum, its [`Expected::scale`] is the sum of the absolute values
//! of the terms.

use super::expected::Expected;

/// A sum that also adds up the sizes of its terms.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    value: f64,
    size: f64,
}

impl Sum {
    fn add(&mut self, term: f64) {
        self.value += term;
        self.size += term.abs();
    }

    fn known(self) -> Expected {
        Expected::sum(self.value, self.size)
    }
}

/// The sizes of a two-dimensional convolution with square kernels, without groups and dilation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Convolution {
    pub batch: usize,
    pub channels_in: usize,
    pub channels_out: usize,
    pub height: usize,
    pub width: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
}

impl Convolution {
    /// Height and width of the result.
    pub(crate) fn size_out(&self) -> [usize; 2] {
        [self.height, self.width]
            .map(|size| (size + 2 * self.padding - self.kernel) / self.stride + 1)
    }

    /// Height and width of the transposed convolution's result.
    pub(crate) fn transposed_size_out(&self) -> [usize; 2] {
        [self.height, self.width]
            .map(|size| (size - 1) * self.stride + self.kernel - 2 * self.padding)
    }

    /// Products that one element adds up at most, with the bias.
    pub fn terms(&self) -> usize {
        self.channels_in * self.kernel * self.kernel + 1
    }

    /// `x` is (batch, in, height, width), `weight` (out, in, kernel, kernel), `bias` (out).
    pub fn forward(&self, x: &[f32], weight: &[f32], bias: &[f32]) -> Vec<Expected> {
        let [high, wide] = self.size_out();
        let mut known = Vec::new();
        for (image, channel, row, column) in places(self.batch, self.channels_out, high, wide) {
            let mut sum = Sum::default();
            sum.add(f64::from(bias[channel]));
            for (from, y, x_) in places3(self.channels_in, self.kernel, self.kernel) {
                // Below zero, that is in the padding, wraps around to what is too large.
                let at_y = (row * self.stride + y).wrapping_sub(self.padding);
                let at_x = (column * self.stride + x_).wrapping_sub(self.padding);
                if at_y < self.height && at_x < self.width {
                    let plane = (image * self.channels_in + from) * self.height;
                    let kernel = (channel * self.channels_in + from) * self.kernel;
                    let input = x[(plane + at_y) * self.width + at_x];
                    let weight = weight[(kernel + y) * self.kernel + x_];
                    sum.add(f64::from(input) * f64::from(weight));
                }
            }
            known.push(sum.known());
        }
        known
    }

    /// `x` is (batch, in, height, width), `weight` (in, out, kernel, kernel), `bias` (out).
    pub fn transposed(&self, x: &[f32], weight: &[f32], bias: &[f32]) -> Vec<Expected> {
        let [high, wide] = self.transposed_size_out();
        let mut sums = vec![Sum::default(); self.batch * self.channels_out * high * wide];
        for (index, sum) in sums.iter_mut().enumerate() {
            sum.add(f64::from(bias[index / (high * wide) % self.channels_out]));
        }
        for (image, from, row, column) in
            places(self.batch, self.channels_in, self.height, self.width)
        {
            let plane = (image * self.channels_in + from) * self.height;
            let input = f64::from(x[(plane + row) * self.width + column]);
            for (to, y, x_) in places3(self.channels_out, self.kernel, self.kernel) {
                let at_y = (row * self.stride + y).wrapping_sub(self.padding);
                let at_x = (column * self.stride + x_).wrapping_sub(self.padding);
                if at_y < high && at_x < wide {
                    let kernel = (from * self.channels_out + to) * self.kernel;
                    let weight = f64::from(weight[(kernel + y) * self.kernel + x_]);
                    let plane = (image * self.channels_out + to) * high;
                    sums[(plane + at_y) * wide + at_x].add(input * weight);
                }
            }
        }
        sums.into_iter().map(Sum::known).collect()
    }
}

/// All indices of a four-dimensional tensor, row-major.
fn places(
    first: usize,
    second: usize,
    third: usize,
    fourth: usize,
) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    (0..first).flat_map(move |a| places3(second, third, fourth).map(move |(b, c, d)| (a, b, c, d)))
}

/// All indices of a three-dimensional tensor, row-major.
fn places3(
    first: usize,
    second: usize,
    third: usize,
) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..first).flat_map(move |a| (0..second).flat_map(move |b| (0..third).map(move |c| (a, b, c))))
}

/// Products of `batch` pairs of matrices, (rows, inner) times (inner, columns).
pub(super) fn matmul(
    left: &[f32],
    right: &[f32],
    [batch, rows, inner, columns]: [usize; 4],
) -> Vec<Expected> {
    let element = |(pair, row, column): (usize, usize, usize)| {
        let mut sum = Sum::default();
        for index in 0..inner {
            let left = f64::from(left[(pair * rows + row) * inner + index]);
            let right = f64::from(right[(pair * inner + index) * columns + column]);
            sum.add(left * right);
        }
        sum.known()
    };
    places3(batch, rows, columns).map(element).collect()
}

/// The sum of each line: a row of a matrix, or a column.
pub(super) fn sum(line: &[f32]) -> Expected {
    let mut sum = Sum::default();
    line.iter().for_each(|&value| sum.add(f64::from(value)));
    sum.known()
}

/// The mean of a line.
pub(super) fn mean(line: &[f32]) -> Expected {
    let (sum, count) = (sum(line), line.len() as f64);
    Expected::sum(sum.value / count, sum.scale / count)
}

/// The variance of a line, with n - 1 in the denominator.
pub(super) fn variance(line: &[f32]) -> Expected {
    let mean = mean(line).value;
    let squares: f64 = line.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum();
    Expected::of(squares / (line.len() as f64 - 1.0))
}

/// The largest of a line and its place; the first of equals, and a NaN before all.
pub(super) fn largest(line: &[f32]) -> (usize, f32) {
    let mut best = (0, line[0]);
    for (index, &value) in line.iter().enumerate() {
        if !best.1.is_nan() && (value > best.1 || value.is_nan()) {
            best = (index, value);
        }
    }
    best
}

/// Softmax over a line.
pub(super) fn softmax(line: &[f32]) -> Vec<Expected> {
    let largest = f64::from(largest(line).1);
    let powers: Vec<f64> = line.iter().map(|&value| (f64::from(value) - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| Expected::of(power / sum)).collect()
}

/// A line, normalised by its mean and its variance with n in the denominator; `gamma` and `beta` as they apply to each
/// element. Two subtractions and additions may cancel: those of the mean and of `beta`.
pub(super) fn normalised(line: &[f32], epsilon: f64, scale: &[[f32; 2]]) -> Vec<Expected> {
    let mean = mean(line).value;
    let squares: f64 = line.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum();
    let deviation = (squares / line.len() as f64 + epsilon).sqrt();
    let element = |(&value, gamma_beta): (&f32, &[f32; 2])| {
        let (value, [gamma, beta]) = (f64::from(value), gamma_beta.map(f64::from));
        let size = (value.abs() + mean.abs()) / deviation * gamma.abs() + beta.abs();
        Expected::sum((value - mean) / deviation * gamma + beta, size)
    };
    line.iter().zip(scale).map(element).collect()
}

#[cfg(test)]
#[path = "oracle_tests.rs"]
mod tests;
