//! Where Burn trains otherwise than PyTorch: what the training scenarios go around, or name as known.

use burn::backend::DispatchDevice;
use burn::nn::BatchNormConfig;
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor};
use rstest::rstest;

/// `torch.nn.BatchNorm1d(1)` on `[[1], [2], [6]]` has a running variance of `0.9 * 1 + 0.1 * 7`, of the unbiased variance.
#[test]
fn a_running_variance_is_the_biased_one() {
    let norm = BatchNormConfig::new(1).init(&Device::flex().autodiff());
    let x = Tensor::<3>::from_data([[[1.0]], [[2.0]], [[6.0]]], &Device::flex().autodiff());
    norm.forward(x);
    let variance: f32 = norm.running_var.value_sync().into_scalar();
    let biased = 0.9 + 0.1 * (14.0 / 3.0);
    assert!((variance - biased).abs() < 1e-6, "{variance}; PyTorch has 1.6");
}

/// `torch.nn.functional.gelu` has the derivative 1.0833154 at 1.
#[rstest]
#[case::flex(Device::flex(), 1.083_315_4)]
#[case::ndarray(Device::new(DispatchDevice::NdArray(Default::default())), 1.082_964_1)]
fn the_derivative_of_gelu_is_that_of_its_approximation(#[case] device: Device, #[case] want: f32) {
    let x = Tensor::<1>::from_data([1.0], &device.autodiff()).require_grad();
    let gradients = gelu(x.clone()).backward();
    let got: f32 = x.grad(&gradients).expect("a gradient").into_scalar();
    assert!((got - want).abs() < 1e-5, "{got}, not {want}");
}
