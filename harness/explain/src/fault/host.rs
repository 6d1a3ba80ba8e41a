//! The elements of a tensor on the host, and how a fault changes them. Pure.

use burn::tensor::{DType, TensorData};

use crate::numeric::numbers;
use burn_repro_core::splitmix::splitmix64;

/// A tensor's elements, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Elements {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
    dtype: DType,
}

impl Elements {
    pub fn of(data: &TensorData) -> Self {
        Self {
            shape: data.shape().to_vec(),
            values: numbers(data).into_owned(),
            dtype: data.dtype(),
        }
    }

    /// Elements of a shape in this one's type.
    pub fn like(&self, shape: Vec<usize>, values: Vec<f64>) -> Self {
        Self { shape, values, dtype: self.dtype }
    }

    pub fn into_data(self) -> TensorData {
        let data = match self.dtype {
            DType::F32 => {
                let floats: Vec<f32> = self.values.iter().map(|&value| value as f32).collect();
                return TensorData::new(floats, self.shape);
            }
            _ => TensorData::new(self.values, self.shape),
        };
        data.convert_dtype(self.dtype)
    }

    pub fn map(&mut self, change: impl Fn(f64) -> f64) {
        self.values.iter_mut().for_each(|value| *value = change(*value));
    }

    /// The largest finite magnitude.
    pub fn largest(&self) -> f64 {
        let finite = self.values.iter().map(|value| value.abs()).filter(|value| value.is_finite());
        finite.fold(0.0, f64::max)
    }

    /// The place of the element of the largest finite magnitude: what is done to it shows.
    #[expect(clippy::float_cmp, reason = "the largest is one of them")]
    pub(crate) fn largest_place(&self) -> usize {
        let largest = self.largest();
        self.values.iter().position(|value| value.abs() == largest).unwrap_or_default()
    }

    /// Length of a row, the last dimension.
    pub fn row(&self) -> usize {
        self.shape.last().copied().unwrap_or(1).max(1)
    }

    /// Length of what lies behind one index of the first two dimensions: a channel of an image.
    pub fn channel(&self) -> usize {
        self.shape.iter().skip(2).product::<usize>().max(1)
    }

    /// The channels, one after another over all samples.
    pub(crate) fn channels_mut(&mut self) -> impl Iterator<Item = (usize, &mut [f64])> {
        let (count, length) = (self.shape.get(1).copied().unwrap_or(1).max(1), self.channel());
        let channels = self.values.chunks_mut(length).enumerate();
        channels.map(move |(index, values)| (index % count, values))
    }

    /// Exchanges the last two dimensions, which must be as long as each other.
    pub fn transpose(&mut self) {
        let side = self.row();
        for square in self.values.chunks_exact_mut(side * side) {
            for row in 0..side {
                for column in 0..row {
                    square.swap(row * side + column, column * side + row);
                }
            }
        }
    }

    /// Moves every row by one place; what comes in from outside is zero.
    pub(crate) fn shift_rows(&mut self) {
        let length = self.row();
        for row in self.values.chunks_mut(length) {
            row.rotate_right(1);
            row[0] = 0.0;
        }
    }

    /// Adds noise of a size relative to each element, the same on every run.
    pub(crate) fn shake(&mut self, size: f64) {
        for (index, value) in self.values.iter_mut().enumerate() {
            let unit = (splitmix64(index as u64) >> 11) as f64 / (1_u64 << 53) as f64;
            *value *= 1.0 + size * (2.0 * unit - 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(shape: &[usize]) -> Elements {
        let count: usize = shape.iter().product();
        let values = (1..=count).map(|value| value as f64).collect();
        Elements { shape: shape.to_vec(), values, dtype: DType::F32 }
    }

    #[test]
    fn squares_are_transposed_one_by_one() {
        let mut squares = elements(&[2, 2, 2]);
        squares.transpose();
        assert_eq!(squares.values, [1.0, 3.0, 2.0, 4.0, 5.0, 7.0, 6.0, 8.0]);
    }

    #[test]
    fn channels_repeat_for_each_sample() {
        let mut images = elements(&[2, 3, 1, 2]);
        let channels: Vec<usize> = images.channels_mut().map(|(channel, _)| channel).collect();
        assert_eq!(channels, [0, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn a_shifted_row_begins_with_a_zero() {
        let mut rows = elements(&[2, 3]);
        rows.shift_rows();
        assert_eq!(rows.values, [0.0, 1.0, 2.0, 0.0, 4.0, 5.0]);
    }
}
