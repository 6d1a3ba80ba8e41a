//! Small models that are trained: a convolutional net and a transformer block, classifying random samples.
//!
//! The optimisers are Burn's. The order of the fields is that of the PyTorch original in `ci/peers/training.py`, so that
//! one generator gives both the same weights. The loop is `pipeline::training`'s.

mod conv_net;
mod transformer_block;

pub use conv_net::ConvNet;
pub use transformer_block::TransformerBlock;

use burn::module::Module;
use burn::tensor::activation::{gelu, relu};
use burn::tensor::{Device, Tensor};
use schemars::JsonSchema;
use serde::Deserialize;

/// Classes that samples are sorted into.
pub const CLASSES: usize = 5;

/// A model that the loop can train, on samples of `D` dimensions.
pub trait Classifier<const D: usize>: Module {
    /// The shape of one sample.
    const SAMPLE: &'static [usize];

    /// The model, before its parameters are drawn.
    fn new(device: &Device) -> Self;

    /// Samples `[N, …]` to logits `[N, CLASSES]`.
    fn forward(&self, samples: Tensor<D>, activation: Activation) -> Tensor<2>;
}

/// What stands between layers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `max(x, 0)`
    #[default]
    Relu,
    /// By the error function.
    Gelu,
}

impl Activation {
    fn of<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Relu => relu(x),
            Self::Gelu => gelu(x),
        }
    }
}
