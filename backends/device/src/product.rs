//! The matrix product, and the linear layer, in the tensors' own type, on every backend.
//!
//! On CUDA, Burn rounds the inputs of every `f32` matrix product to TF32 from compute capability 8.0 on
//! (cubek-matmul 0.3.1, `multi_level/definition/blueprint.rs`), and no setting, variable or public function
//! switches that off. Its convolutions do not: without autotune they are the direct kernel, which multiplies and adds
//! in `f32`. So the product is written as a convolution with a kernel of one element.
//!
//! Of the other ways, calling CubeK's kernels needs the tensors of a backend's own and follows its internals, and a
//! patched crate reaches nobody who depends on this one.

#[cfg(feature = "cuda")]
use burn::backend::{Backend as _, Dispatch};
use burn::nn::Linear;
use burn::tensor::Tensor;
use burn::tensor::module::conv1d;
use burn::tensor::ops::ConvOptions;

#[cfg(feature = "cuda")]
use crate::steady::is_held;

/// The matrix product of `(…, m, k)` and `(…, k, n)` with broadcast batches, as `(…, m, n)`.
///
/// With full determinism it keeps `f32` on CUDA, where [`Tensor::matmul`] does not; on every other backend, and with
/// `determinism: fast`, it is `Tensor::matmul` itself.
///
/// # Panics
/// If the shapes do not fit.
pub fn matmul<const D: usize>(left: Tensor<D>, right: Tensor<D>) -> Tensor<D> {
    if rounds(&left) { by_convolution(left, right) } else { left.matmul(right) }
}

/// A linear layer with the product of [`matmul`]; where that is Burn's own, so is the layer.
pub fn linear<const D: usize>(layer: &Linear, input: Tensor<D>) -> Tensor<D> {
    if !rounds(&input) {
        return layer.forward(input);
    }
    let product = by_convolution(input, layer.weight.val().unsqueeze());
    match &layer.bias {
        Some(bias) => product + bias.val().unsqueeze(),
        None => product,
    }
}

/// Whether Burn's own product would round the tensor's elements, and this process is to be held still.
#[cfg(feature = "cuda")]
fn rounds<const D: usize>(tensor: &Tensor<D>) -> bool {
    is_held()
        && tensor.dtype() == burn::tensor::DType::F32
        && Dispatch::name(tensor.device().as_dispatch()).contains("cuda")
}

/// Only CUDA rounds them.
#[cfg(not(feature = "cuda"))]
fn rounds<const D: usize>(_tensor: &Tensor<D>) -> bool {
    false
}

/// A group of channels for each matrix of the batch, `k` channels in and `n` out, and `m` places.
pub(crate) fn by_convolution<const D: usize>(left: Tensor<D>, right: Tensor<D>) -> Tensor<D> {
    let (mut left_shape, mut right_shape) = (left.dims(), right.dims());
    let (rows, shared, columns) = (left_shape[D - 2], left_shape[D - 1], right_shape[D - 1]);
    assert_eq!(shared, right_shape[D - 2], "{left_shape:?} and {right_shape:?} do not fit");
    for place in 0..D - 2 {
        let length = left_shape[place].max(right_shape[place]);
        (left_shape[place], right_shape[place]) = (length, length);
    }
    let batch: usize = left_shape[..D - 2].iter().product();
    let input = left.expand(left_shape).reshape([batch, rows, shared]).swap_dims(1, 2).reshape([
        1,
        batch * shared,
        rows,
    ]);
    let kernel = right
        .expand(right_shape)
        .reshape([batch, shared, columns])
        .swap_dims(1, 2)
        .reshape([batch * columns, shared, 1]);
    let options = ConvOptions::new([1], [0], [1], batch);
    let product = conv1d(input, kernel, None, options).reshape([batch, columns, rows]);
    let mut shape = left_shape;
    shape[D - 1] = columns;
    product.swap_dims(1, 2).reshape(shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::TensorData;
    use rstest::rstest;

    fn tensor<const D: usize>(shape: [usize; D], step: i32) -> Tensor<D> {
        let count: usize = shape.iter().product();
        // Whole numbers, so that no order of adding rounds.
        let values: Vec<f32> =
            (0..count as i32).map(|index| f32::from(((index * step) % 17 - 8) as i16)).collect();
        Tensor::from_data(TensorData::new(values, shape), &crate::Device::flex())
    }

    #[rstest]
    #[case::plain([1, 1, 3, 4], [1, 1, 4, 5])]
    #[case::batches([2, 3, 4, 5], [2, 3, 5, 1])]
    #[case::weights_for_all([2, 3, 1, 7], [1, 1, 7, 2])]
    #[case::both_broadcast([2, 1, 3, 3], [1, 4, 3, 6])]
    fn the_convolution_is_the_product(#[case] left: [usize; 4], #[case] right: [usize; 4]) {
        let (left, right) = (tensor(left, 5), tensor(right, 7));
        let wanted = left.clone().matmul(right.clone());
        let got = by_convolution(left, right);
        assert_eq!(got.dims(), wanted.dims());
        assert_eq!(got.into_data(), wanted.into_data());
    }

    #[test]
    fn two_dimensions_are_one_matrix() {
        let (left, right) = (tensor([6, 4], 3), tensor([4, 2], 11));
        let wanted = left.clone().matmul(right.clone());
        assert_eq!(by_convolution(left, right).into_data(), wanted.into_data());
    }
}
