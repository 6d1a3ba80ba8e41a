//! Test data, devices and comparisons.

use std::path::PathBuf;

use burn::tensor::{Tensor, TensorData};
use burn::{Dispatch, DispatchDevice};
use burn_repro_scenarios::unet::{UNet2DConfig, UNet2DModel, Weights};
use safetensors::{Dtype, SafeTensors};

/// The CPU backends, by the name a failure shows.
pub fn devices() -> [(&'static str, DispatchDevice); 2] {
    [
        ("flex", DispatchDevice::Flex(Default::default())),
        ("ndarray", DispatchDevice::NdArray(Default::default())),
    ]
}

/// A file or folder of the test data.
pub fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A float32 tensor of a safetensors file.
pub fn float32(file: &SafeTensors<'_>, name: &str) -> (Vec<usize>, Vec<f32>) {
    let view = file.tensor(name).unwrap();
    assert_eq!(view.dtype(), Dtype::F32, "{name}");
    let values = view.data().as_chunks().0.iter().copied().map(f32::from_le_bytes).collect();
    (view.shape().to_vec(), values)
}

/// Runs a model on a device and reads its output.
pub fn forward(
    config: &UNet2DConfig,
    weights: &Weights,
    device: &DispatchDevice,
    (shape, values): (&[usize], &[f32]),
    timesteps: &[f64],
) -> Vec<f64> {
    let model = UNet2DModel::<Dispatch>::new(config, weights, device).unwrap();
    let sample = TensorData::new(values.to_vec(), shape.to_vec());
    let output = model.forward(Tensor::from_data(sample, device), timesteps);
    output.into_data().iter::<f64>().collect()
}

/// The largest absolute difference; NaN anywhere, or another length, is infinitely far.
pub fn distance(got: &[f64], want: &[f64]) -> f64 {
    if got.len() != want.len() {
        return f64::INFINITY;
    }
    let differences = got.iter().zip(want).map(|(got, want)| (got - want).abs());
    differences.fold(0.0, |most, next| if next <= most { most } else { next.max(most) })
}
