//! A model as its author wrote it: any Burn module. It knows nothing of burn-repro.

use burn::config::Config;
use burn::module::Module;
use burn::nn::attention::{MhaInput, MultiHeadAttention, MultiHeadAttentionConfig};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Gelu, LayerNorm, LayerNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor, activation};

/// The sizes of a [`Classifier`].
#[derive(Config, Debug)]
pub struct ClassifierConfig {
    /// Channels behind the convolution.
    #[config(default = 16)]
    pub width: usize,
    /// Classes.
    #[config(default = 10)]
    pub classes: usize,
}

/// Patches of an image, a layer of attention over them, and a class.
#[derive(Module, Debug)]
pub struct Classifier {
    patches: Conv2d,
    norm: LayerNorm,
    attention: MultiHeadAttention,
    hidden: Linear,
    activation: Gelu,
    classes: Linear,
}

impl ClassifierConfig {
    /// A classifier with random weights.
    pub fn init(&self, device: &Device) -> Classifier {
        let width = self.width;
        Classifier {
            patches: Conv2dConfig::new([3, width], [4, 4])
                .with_stride([4, 4])
                .with_padding(PaddingConfig2d::Valid)
                .init(device),
            norm: LayerNormConfig::new(width).init(device),
            attention: MultiHeadAttentionConfig::new(width, 4).with_dropout(0.0).init(device),
            hidden: LinearConfig::new(width, 2 * width).init(device),
            activation: Gelu::new(),
            classes: LinearConfig::new(2 * width, self.classes).init(device),
        }
    }
}

impl Classifier {
    /// `(N, 3, H, W)` to the probabilities `(N, classes)`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let patches = self.patches.forward(images).flatten::<3>(2, 3).swap_dims(1, 2);
        let normed = self.norm.forward(patches.clone());
        let attended = self.attention.forward(MhaInput::self_attn(normed)).context + patches;
        let pooled = attended.mean_dim(1).squeeze_dim::<2>(1);
        let hidden = self.activation.forward(self.hidden.forward(pooled));
        activation::softmax(self.classes.forward(hidden), 1)
    }
}
