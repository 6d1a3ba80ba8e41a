//! Test data, a copy of a model that tests may spoil, devices and comparisons.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::backend::DispatchDevice;
use burn::tensor::{Device, Tensor, TensorData};
use burn_repro_scenarios::unet::{ModelFolder, UNet2DConfig, UNet2DModel, Weights};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};

/// The CPU backends, by the name a failure shows.
pub fn devices() -> [(&'static str, Device); 2] {
    [
        ("flex", Device::flex()),
        ("ndarray", Device::new(DispatchDevice::NdArray(Default::default()))),
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
    device: &Device,
    (shape, values): (&[usize], &[f32]),
    timesteps: &[f64],
) -> Vec<f64> {
    let model = UNet2DModel::new(config, weights, device).unwrap();
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

/// The weights of the copied model.
pub const FILE: &str = "unet/diffusion_pytorch_model.safetensors";

/// Tensors of a file that a test changes before it writes them.
pub type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

/// A copy of the tiny model that is removed at the end of the test.
pub struct Copy(pub PathBuf);

impl Copy {
    /// The model below `unet/`.
    pub fn new() -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("unet_{}_{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(folder.join("unet")).unwrap();
        for file in ["unet/config.json", FILE] {
            fs::copy(data("ddim_tiny").join(file), folder.join(file)).unwrap();
        }
        Self(folder)
    }

    /// Changes the bytes of a file.
    pub fn edit(&self, file: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.0.join(file)).unwrap();
        edit(&mut bytes);
        fs::write(self.0.join(file), bytes).unwrap();
    }

    /// Changes the tensors of the weights.
    pub fn edit_tensors(&self, edit: impl FnOnce(&mut Tensors)) {
        self.edit(FILE, |bytes| {
            let mut tensors = tensors(bytes);
            edit(&mut tensors);
            *bytes = written(&tensors);
        });
    }

    /// Opens the folder and reads the weights.
    pub fn load(&self) -> Result<Weights, String> {
        let folder = ModelFolder::open(&self.0).map_err(|error| error.to_string())?;
        folder.weights().map_err(|error| error.to_string())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The weights as they are.
pub fn original() -> Weights {
    ModelFolder::open(&data("ddim_tiny")).unwrap().weights().unwrap()
}

/// The tensors of a safetensors file.
pub fn tensors(bytes: &[u8]) -> Tensors {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let tensor = |(name, view): (&str, TensorView<'_>)| {
        (name.into(), (view.dtype(), view.shape().to_vec(), view.data().to_vec()))
    };
    file.iter().map(tensor).collect()
}

/// A safetensors file of tensors.
pub fn written(tensors: &Tensors) -> Vec<u8> {
    let views = tensors.iter().map(|(name, (dtype, shape, data))| {
        (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    serialize(views, None).unwrap()
}
