#![expect(clippy::float_cmp, reason = "the answers are exact")]

use super::*;

fn values(known: &[Expected]) -> Vec<f64> {
    known.iter().map(|known| known.value).collect()
}

fn scales(known: &[Expected]) -> Vec<f64> {
    known.iter().map(|known| known.scale).collect()
}

/// By hand: [[1, 2], [3, 4]] times [[5, -6], [7, 8]].
#[test]
fn a_matrix_product() {
    let product = matmul(&[1.0, 2.0, 3.0, 4.0], &[5.0, -6.0, 7.0, 8.0], [1, 2, 2, 2]);
    assert_eq!(values(&product), [19.0, 10.0, 43.0, 14.0]);
    assert_eq!(scales(&product), [19.0, 22.0, 43.0, 50.0]);
}

fn convolution(kernel: usize, stride: usize, padding: usize) -> Convolution {
    let (batch, channels_in, channels_out, height, width) = (1, 1, 1, 2, 3);
    Convolution { batch, channels_in, channels_out, height, width, kernel, stride, padding }
}

/// By hand: [[1, 2, 3], [4, 5, 6]] with a kernel [[0, 1, 0], [2, 0, 0], [0, 0, -1]], padded by one, bias 10.
#[test]
fn a_convolution_with_padding() {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let kernel = [0.0, 1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, -1.0];
    let known = convolution(3, 1, 1).forward(&x, &kernel, &[10.0]);
    assert_eq!(values(&known), [5.0, 6.0, 14.0, 11.0, 20.0, 23.0]);
    assert_eq!(scales(&known)[0], 15.0);
    assert_eq!(convolution(3, 2, 1).size_out(), [1, 2]);
    let strided = convolution(3, 2, 1).forward(&x, &kernel, &[10.0]);
    assert_eq!(values(&strided), [5.0, 14.0]);
}

/// By hand: each input paints the kernel, two steps from the one before; a border of one is cut off.
#[test]
fn a_transposed_convolution() {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let kernel = [1.0, 10.0, 100.0, 1000.0];
    let whole = convolution(2, 2, 0).transposed(&x, &kernel, &[0.0]);
    let want = [
        [1.0, 10.0, 2.0, 20.0, 3.0, 30.0],
        [100.0, 1000.0, 200.0, 2000.0, 300.0, 3000.0],
        [4.0, 40.0, 5.0, 50.0, 6.0, 60.0],
        [400.0, 4000.0, 500.0, 5000.0, 600.0, 6000.0],
    ];
    assert_eq!(values(&whole), want.concat());
    let cut = convolution(2, 2, 1).transposed(&x, &kernel, &[0.5]);
    assert_eq!(convolution(2, 2, 1).transposed_size_out(), [2, 4]);
    assert_eq!(values(&cut), [1000.5, 200.5, 2000.5, 300.5, 40.5, 5.5, 50.5, 6.5]);
}

#[test]
fn statistics_of_a_line() {
    let line = [1.0, -3.0, 5.0, 1.0];
    assert_eq!((sum(&line).value, sum(&line).scale), (4.0, 10.0));
    assert_eq!((mean(&line).value, mean(&line).scale), (1.0, 2.5));
    assert_eq!(variance(&line).value, 32.0 / 3.0);
    assert_eq!(largest(&[1.0, 5.0, 5.0]), (1, 5.0));
    assert_eq!(largest(&[1.0, f32::NAN, 5.0, f32::NAN]).0, 1);
}

#[test]
fn softmax_of_the_logarithms_of_weights() {
    let known = softmax(&[0.0, 0.0, 0.0, 0.0]);
    assert_eq!(values(&known), [0.25; 4]);
    let known = softmax(&[1.0, 0.0]);
    assert!((known[0].value - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-15);
}

/// By hand: mean 3, variance 4.
#[test]
fn normalisation() {
    let known = normalised(&[1.0, 5.0], 0.0, &[[2.0, 0.5], [1.0, -1.0]]);
    assert_eq!(values(&known), [-1.5, 0.0]);
    assert_eq!(scales(&known), [4.5, 5.0]);
}
