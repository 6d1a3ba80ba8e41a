//! Extrapolation over equal steps, as the pseudo linear multistep methods have it.

use burn::tensor::Tensor;

/// The prediction for the next step from the last ones, at most four, the newest last: the method of Adams and Bashforth of
/// as high an order (eq. 12; Zhang & Chen 2022, arXiv 2204.13902, eq. 36 to 38).
///
/// # Panics
/// If there is none.
pub(super) fn adams_bashforth<const D: usize>(last: &[Tensor<D>]) -> Tensor<D> {
    let times = |back: usize, factor: f64| last[last.len() - back].clone().mul_scalar(factor);
    match last.len() {
        1 => last[0].clone(),
        2 => (times(1, 3.0) - last[0].clone()).div_scalar(2.0),
        3 => (times(1, 23.0) - times(2, 16.0) + times(3, 5.0)).div_scalar(12.0),
        _ => {
            let sum = times(1, 55.0) - times(2, 59.0) + times(3, 37.0) - times(4, 9.0);
            sum.mul_scalar(1.0 / 24.0)
        }
    }
}
