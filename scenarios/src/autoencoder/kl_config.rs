//! `AutoencoderKLConfig`: the keys of diffusers' `AutoencoderKL` with diffusers' defaults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::frame::Frame;
use super::{DownBlockType, UpBlockType};
use crate::unet::{Activation, SampleSize};

/// The configuration of an `AutoencoderKL`: a diffusers `config.json`, or the same keys in YAML.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AutoencoderKLConfig {
    /// The class the file was saved from.
    #[serde(rename = "_class_name")]
    pub class_name: AutoencoderKLClass,
    /// The diffusers version that saved the file; not used.
    #[serde(rename = "_diffusers_version")]
    pub diffusers_version: Option<String>,
    /// Where the file was saved from; not used.
    #[serde(rename = "_name_or_path")]
    pub name_or_path: Option<String>,
    /// Channels of the image that is encoded.
    pub in_channels: usize,
    /// Channels of the image that is decoded.
    pub out_channels: usize,
    /// The blocks of the encoder, from the image on.
    pub down_block_types: Vec<DownBlockType>,
    /// The blocks of the decoder, from the latents on.
    pub up_block_types: Vec<UpBlockType>,
    /// Channels of each level, from the image on.
    pub block_out_channels: Vec<usize>,
    /// Residual blocks of each block of the encoder; one of the decoder has one more.
    pub layers_per_block: usize,
    /// The activation inside residual blocks.
    pub act_fn: Activation,
    /// Channels of the latents.
    pub latent_channels: usize,
    /// Groups of every group norm.
    pub norm_num_groups: usize,
    /// Height and width of the image; not used.
    pub sample_size: SampleSize,
    /// What latents are multiplied by for the denoiser, and divided by again before they are decoded.
    pub scaling_factor: f64,
    /// Taken from latents before they are scaled; not used by any pipeline here.
    pub shift_factor: Option<f64>,
    /// The mean of each channel of the latents; not used by any pipeline here.
    pub latents_mean: Option<Vec<f64>>,
    /// The standard deviation of each channel of the latents; not used by any pipeline here.
    pub latents_std: Option<Vec<f64>>,
    /// Whether float16 weights are run in float32; not used.
    pub force_upcast: bool,
    /// Whether a convolution follows the encoder.
    pub use_quant_conv: bool,
    /// Whether a convolution goes before the decoder.
    pub use_post_quant_conv: bool,
    /// Whether the blocks in the middle have attention.
    pub mid_block_add_attention: bool,
}

impl Default for AutoencoderKLConfig {
    fn default() -> Self {
        Self {
            class_name: AutoencoderKLClass::AutoencoderKL,
            diffusers_version: None,
            name_or_path: None,
            in_channels: 3,
            out_channels: 3,
            down_block_types: vec![DownBlockType::DownEncoderBlock2D],
            up_block_types: vec![UpBlockType::UpDecoderBlock2D],
            block_out_channels: vec![64],
            layers_per_block: 1,
            act_fn: Activation::Silu,
            latent_channels: 4,
            norm_num_groups: 32,
            sample_size: SampleSize { height: 32, width: 32 },
            scaling_factor: 0.18215,
            shift_factor: None,
            latents_mean: None,
            latents_std: None,
            force_upcast: true,
            use_quant_conv: true,
            use_post_quant_conv: true,
            mid_block_add_attention: true,
        }
    }
}

/// `_class_name`: the one model that has these keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AutoencoderKLClass {
    /// diffusers' `AutoencoderKL`.
    AutoencoderKL,
}

impl AutoencoderKLConfig {
    pub(super) fn frame(&self) -> Frame<'_> {
        Frame {
            input: self.in_channels,
            output: self.out_channels,
            latent: self.latent_channels,
            // A mean and the logarithm of a variance for each channel.
            encoded: 2 * self.latent_channels,
            channels: &self.block_out_channels,
            layers: self.layers_per_block,
            groups: self.norm_num_groups,
            activation: self.act_fn,
            attends: self.mid_block_add_attention,
            blocks: [self.down_block_types.len(), self.up_block_types.len()],
            scaling_factor: self.scaling_factor,
        }
    }
}
