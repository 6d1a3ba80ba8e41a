//! A convolutional network, ported from the one in `record.py`, with the weights that PyTorch saved.

use std::path::Path;

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{AvgPool2d, AvgPool2dConfig, MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::{relu, silu, softmax};
use burn::tensor::{Device, Tensor};
use burn_repro_hooks::module;
use burn_store::{ModuleSnapshot, PytorchStore, PytorchStoreError};

/// Two convolutions and a linear layer; the fields are named as in PyTorch.
#[derive(Module, Debug)]
pub struct Net {
    conv1: Conv2d,
    bn1: BatchNorm,
    pool1: MaxPool2d,
    conv2: Conv2d,
    bn2: BatchNorm,
    pool2: AvgPool2d,
    fc: Linear,
}

impl Net {
    /// With the weights of a `.pth` file, in its type.
    ///
    /// # Errors
    /// If the file cannot be read, or a weight is missing or has another shape.
    pub fn load(weights: impl AsRef<Path>, device: &Device) -> Result<Self, PytorchStoreError> {
        let mut net = Self::new(device);
        net.load_from(&mut PytorchStore::from_file(weights.as_ref()))?;
        Ok(net)
    }

    fn new(device: &Device) -> Self {
        let padding = PaddingConfig2d::Explicit(1, 1, 1, 1);
        Self {
            conv1: Conv2dConfig::new([3, 4], [3, 3])
                .with_padding(padding.clone())
                .with_bias(false)
                .init(device),
            bn1: BatchNormConfig::new(4).init(device),
            pool1: MaxPool2dConfig::new([2, 2]).with_ceil_mode(true).init(),
            conv2: Conv2dConfig::new([4, 8], [3, 3])
                .with_stride([2, 2])
                .with_padding(padding.clone())
                .init(device),
            bn2: BatchNormConfig::new(8).with_epsilon(1e-3).init(device),
            pool2: AvgPool2dConfig::new([3, 3]).with_strides([2, 2]).with_padding(padding).init(),
            fc: LinearConfig::new(32, 10).init(device),
        }
    }

    /// The probability of each class, for each image.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let x = module("conv1", images, |x| self.conv1.forward(x));
        let x = module("bn1", x, |x| self.bn1.forward(x));
        let x = module("relu", x, relu);
        let x = module("pool1", x, |x| self.pool1.forward(x));
        let x = module("conv2", x, |x| self.conv2.forward(x));
        let x = module("bn2", x, |x| self.bn2.forward(x));
        let x = module("silu", x, silu);
        let x = module("pool2", x, |x| self.pool2.forward(x));
        let x = module("fc", x.flatten::<2>(1, 3), |x| self.fc.forward(x));
        module("softmax", x, |x| softmax(x, 1))
    }
}
