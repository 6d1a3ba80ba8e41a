//! Two convolutions with a group norm between them, and a linear layer on the mean of each channel. No batch norm: Burn
//! keeps the biased variance as its running one, PyTorch the unbiased.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{GroupNorm, GroupNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor};

use super::{Activation, CLASSES, Classifier};

/// The model; 466 trained parameters.
#[derive(Module, Debug)]
pub struct ConvNet {
    conv1: Conv2d,
    norm: GroupNorm,
    conv2: Conv2d,
    head: Linear,
}

impl Classifier<4> for ConvNet {
    const SAMPLE: &'static [usize] = &[3, 8, 8];

    fn new(device: &Device) -> Self {
        let padding = PaddingConfig2d::Explicit(1, 1, 1, 1);
        let conv1 = Conv2dConfig::new([3, 4], [3, 3]).with_padding(padding.clone());
        let conv2 = Conv2dConfig::new([4, 8], [3, 3]).with_stride([2, 2]).with_padding(padding);
        Self {
            conv1: conv1.init(device),
            norm: GroupNormConfig::new(2, 4).init(device),
            conv2: conv2.init(device),
            head: LinearConfig::new(8, CLASSES).init(device),
        }
    }

    fn forward(&self, images: Tensor<4>, activation: Activation) -> Tensor<2> {
        let x = activation.of(self.norm.forward(self.conv1.forward(images)));
        let x = activation.of(self.conv2.forward(x));
        self.head.forward(x.flatten::<3>(2, 3).mean_dim(2).squeeze_dim(2))
    }
}
