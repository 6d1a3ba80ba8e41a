//! Generated from `model.onnx` by burn-onnx 0.22.0. By hand: the names of the layers, which are those of the nodes'
//! outputs, and LayerNorm without its casts to `f32`, which fail in another type.

extern crate alloc;
use burn::nn::LayerNorm;
use burn::nn::LayerNormConfig;
use burn::nn::Linear;
use burn::nn::LinearConfig;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::nn::conv::Conv2dConfig;
use burn::nn::pool::MaxPool2d;
use burn::nn::pool::MaxPool2dConfig;
use burn::prelude::*;
use burn::tensor::Bytes;
use burn_repro_hooks::module;
use burn_store::BurnpackStore;
use burn_store::ModuleSnapshot;

#[derive(Module, Debug)]
pub struct Model {
    conv2d1: Conv2d,
    maxpool2d1: MaxPool2d,
    linear1: Linear,
    layernormalization1: LayerNorm,
    linear2: Linear,
    #[module(skip)]
    device: Device,
}

extern crate std;

impl Default for Model {
    fn default() -> Self {
        Self::from_file("src/model.bpk", &Default::default())
    }
}

impl Model {
    /// Load model weights from a burnpack file.
    pub fn from_file<P: AsRef<std::path::Path>>(file: P, device: &Device) -> Self {
        let mut model = Self::new(device);
        let mut store = BurnpackStore::from_file(&file);
        model.load_from(&mut store).unwrap_or_else(|e| {
            panic!("Failed to load burnpack file {}: {e}", file.as_ref().display())
        });
        model
    }

    /// Load model weights from in-memory bytes.
    ///
    /// The bytes must be the contents of a `.bpk` file.
    pub fn from_bytes(bytes: Bytes, device: &Device) -> Self {
        let mut model = Self::new(device);
        let mut store = BurnpackStore::from_bytes(Some(bytes));
        model
            .load_from(&mut store)
            .unwrap_or_else(|e| panic!("Failed to load burnpack bytes: {e}"));
        model
    }
}

impl Model {
    #[allow(unused_variables)]
    pub fn new(device: &Device) -> Self {
        let conv2d1 = Conv2dConfig::new([3, 8], [3, 3])
            .with_stride([2, 2])
            .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
            .with_dilation([1, 1])
            .with_groups(1)
            .with_bias(true)
            .init(device);
        let maxpool2d1 = MaxPool2dConfig::new([2, 2])
            .with_strides([2, 2])
            .with_padding(PaddingConfig2d::Valid)
            .with_dilation([1, 1])
            .with_ceil_mode(false)
            .init();
        let linear1 = LinearConfig::new(32, 16).with_bias(true).init(device);
        let layernormalization1 = LayerNormConfig::new(16)
            .with_epsilon(0.000009999999747378752f64)
            .with_bias(true)
            .init(device);
        let linear2 = LinearConfig::new(16, 5).with_bias(true).init(device);
        Self { conv2d1, maxpool2d1, linear1, layernormalization1, linear2, device: device.clone() }
    }

    #[allow(clippy::let_and_return, clippy::approx_constant)]
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let conv2d1_out1 = module("/conv/Conv_output_0", images, |x| self.conv2d1.forward(x));
        let relu1_out1 = module("/Relu_output_0", conv2d1_out1, burn::tensor::activation::relu);
        let maxpool2d1_out1 =
            module("/pool/MaxPool_output_0", relu1_out1, |x| self.maxpool2d1.forward(x));
        let flatten1_out1 = {
            let leading_dim = maxpool2d1_out1.shape()[..1].iter().product::<usize>() as i32;
            maxpool2d1_out1.reshape::<2, _>([leading_dim, -1])
        };
        let linear1_out1 = module("/fc1/Gemm_output_0", flatten1_out1, |x| self.linear1.forward(x));
        let layernormalization1_out1 =
            module("/norm/LayerNormalization_output_0", linear1_out1, |x| {
                self.layernormalization1.forward(x)
            });
        let sigmoid1_out1 = module(
            "/Sigmoid_output_0",
            layernormalization1_out1,
            burn::tensor::activation::sigmoid,
        );
        let linear2_out1 = module("/fc2/Gemm_output_0", sigmoid1_out1, |x| self.linear2.forward(x));
        let softmax1_out1 =
            module("probabilities", linear2_out1, |x| burn::tensor::activation::softmax(x, 1));
        softmax1_out1
    }
}
