//! Targets, tensors and noise that the tests share.

use burn::backend::DispatchDevice;
use burn::tensor::{Device, Tensor, TensorData};
use burn_repro::Probe;
use burn_repro::torch::Generator;
use burn_repro_scenarios::sampler::{Sampler, SamplerError, Stepped};

pub type Sample = Tensor<4>;

/// The two CPU backends; every test on tensors runs on both.
pub fn flex() -> Device {
    Device::flex()
}

/// See [`flex`].
pub fn ndarray() -> Device {
    Device::new(DispatchDevice::NdArray(Default::default()))
}

pub fn tensor(device: &Device, shape: [usize; 4], values: &[f32]) -> Sample {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

pub fn values(sample: &Sample) -> Vec<f32> {
    sample.to_data().try_to_vec().expect("a tensor of f32")
}

/// The model of diffusers' scheduler tests: `x t / (t + 1)`.
pub fn model(x: Sample, t: f64) -> Sample {
    x.mul_scalar(t).div_scalar(t + 1.0)
}

/// The sample of diffusers' scheduler tests: `0, 1/n, 2/n, …` laid out as (C, H, W, B) and seen as
/// (B, C, H, W).
pub fn dummy_sample(shape: [usize; 4]) -> Vec<f32> {
    laid_out_batch_last(shape, |index, _| index)
}

/// The noise of diffusers' scheduler tests: the sample's values in the opposite order.
pub fn dummy_noise(shape: [usize; 4]) -> Vec<f32> {
    laid_out_batch_last(shape, |index, numel| numel - 1 - index)
}

fn laid_out_batch_last(shape: [usize; 4], value: impl Fn(usize, usize) -> usize) -> Vec<f32> {
    let numel: usize = shape.iter().product();
    let batch = shape[0];
    let in_sample = numel / batch;
    let index = |flat: usize| (flat % in_sample) * batch + flat / in_sample;
    (0..numel).map(|flat| value(index(flat), numel) as f32 / numel as f32).collect()
}

/// One step, of a model that answers with `output`.
pub fn step<S: Sampler>(
    sampler: &S,
    step: &S::Step,
    x: Sample,
    output: Sample,
    mut noise: impl FnMut([usize; 4]) -> Sample,
) -> Result<Stepped<4>, SamplerError> {
    sampler.step(step, x, output, &mut Default::default(), &mut noise)
}

/// A noise source that draws from a torch generator.
pub fn torch_noise(generator: &mut Generator) -> impl FnMut([usize; 4], &mut Probe) -> Sample {
    |shape, probe| probe.noise(shape, &generator.randn::<f32>(shape.iter().product()))
}

/// A noise source that must not be asked.
pub fn no_noise(_: [usize; 4], _: &mut Probe) -> Sample {
    panic!("noise was drawn where none is used")
}
