//! What both autoencoders have in common: the widths of an encoder and a decoder, and what a pipeline asks of either.

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decoder::{DecoderBlockConfig, DecoderConfig};
use super::encoder::{EncoderBlockConfig, EncoderConfig};
use crate::unet::attention::AttentionConfig;
use crate::unet::extent::KERNEL;
use crate::unet::layers::LayersConfig;
use crate::unet::mid_block::UNetMidBlock2DConfig;
use crate::unet::resnet::{ResnetBlock2DConfig, ResnetStyle};
use crate::unet::sampling::{Downsample2DConfig, Upsample2DConfig};
use crate::unet::validation::{MOST_BLOCKS, MOST_CHANNELS, divides, ensure, within};
use crate::unet::{Activation, Architecture, ConfigError, Extent, TimeScaleShift};

/// Added to the variance in every group norm.
pub(super) const EPSILON: f64 = 1e-6;

/// A configuration of an autoencoder, as a pipeline with latents sees it.
pub trait Autoencoder: Architecture {
    /// Channels of the latents that are decoded.
    fn latent_channels(&self) -> usize;

    /// What latents are divided by before they are decoded.
    fn scaling_factor(&self) -> f64;

    /// What decoding a batch of latents of a height and a width asks of a target.
    fn extent(&self, batch_size: usize, height: usize, width: usize) -> Extent;

    /// Latents `(N, C, H, W)` to images `(N, out_channels, H', W')`.
    fn decode(model: &Self::Model, latents: Tensor<4>) -> Tensor<4>;
}

/// An entry of `down_block_types`: the one block that is implemented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DownEncoderBlockType")]
pub enum DownBlockType {
    /// Residual blocks, then a convolution that halves.
    DownEncoderBlock2D,
}

/// An entry of `up_block_types`: the one block that is implemented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "UpDecoderBlockType")]
pub enum UpBlockType {
    /// Residual blocks, then doubling and a convolution.
    UpDecoderBlock2D,
}

/// The keys that both configurations have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    /// Channels of the image that is encoded.
    pub(super) input: usize,
    /// Channels of the image that is decoded.
    pub(super) output: usize,
    /// Channels of the latents.
    pub(super) latent: usize,
    /// Channels of the encoder's output.
    pub(super) encoded: usize,
    /// Channels of each level, from the image on.
    pub(super) channels: &'a [usize],
    pub(super) layers: usize,
    pub(super) groups: usize,
    pub(super) activation: Activation,
    /// Whether the blocks in the middle have attention.
    pub(super) attends: bool,
    /// Entries of `down_block_types` and of `up_block_types`.
    pub(super) blocks: [usize; 2],
    pub(super) scaling_factor: f64,
}

impl Frame<'_> {
    pub(super) fn encoder(&self) -> EncoderConfig {
        let mut input = self.first();
        let block = |(level, &channels): (usize, &usize)| {
            let from_above = std::mem::replace(&mut input, channels);
            let is_last = level + 1 == self.channels.len();
            EncoderBlockConfig {
                layers: self.layers(from_above, channels, self.layers),
                // diffusers pads the far row and column only.
                downsampler: (!is_last).then_some(Downsample2DConfig { channels, padding: 0 }),
            }
        };
        EncoderConfig {
            input: self.input,
            output: self.encoded,
            first: self.first(),
            last: self.last(),
            groups: self.groups,
            blocks: self.channels.iter().enumerate().map(block).collect(),
            middle: self.middle(),
        }
    }

    pub(super) fn decoder(&self) -> DecoderConfig {
        let mut input = self.last();
        let block = |(level, &channels): (usize, &usize)| {
            let from_below = std::mem::replace(&mut input, channels);
            DecoderBlockConfig {
                layers: self.layers(from_below, channels, self.layers + 1),
                upsampler: (level > 0).then_some(Upsample2DConfig { channels }),
            }
        };
        DecoderConfig {
            input: self.latent,
            output: self.output,
            first: self.first(),
            last: self.last(),
            groups: self.groups,
            middle: self.middle(),
            blocks: self.channels.iter().enumerate().rev().map(block).collect(),
        }
    }

    /// Checks what the types cannot express.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let levels = self.channels.len();
        within("block_out_channels", "levels", levels, 16)?;
        for (key, found) in ["down_block_types", "up_block_types"].into_iter().zip(self.blocks) {
            ensure(found == levels, key, || {
                format!("has {found} entries, but block_out_channels has {levels}; give as many")
            })?;
        }
        within("layers_per_block", "layers", self.layers, MOST_BLOCKS)?;
        for &channels in self.channels {
            within("block_out_channels", "channels", channels, MOST_CHANNELS)?;
            divides("norm_num_groups", self.groups, channels)?;
        }
        within("in_channels", "channels", self.input, MOST_CHANNELS)?;
        within("out_channels", "channels", self.output, MOST_CHANNELS)?;
        within("latent_channels", "channels", self.latent, MOST_CHANNELS)?;
        let factor = self.scaling_factor;
        ensure(factor.is_finite() && factor != 0.0, "scaling_factor", || {
            format!("is {factor}; write a number other than 0, usually 0.18215")
        })
    }

    /// What decoding asks of a target, as an upper bound.
    pub(super) fn extent(&self, batch_size: usize, height: usize, width: usize) -> Extent {
        let pixels = height * width;
        let row = if self.attends { pixels } else { 0 };
        let middle = Extent { longest_reduction: row, largest_tensor: batch_size * row * row };
        let of_level = |(doublings, &channels): (usize, &usize)| {
            // What comes from the level below may be wider, and is doubled there.
            let widest = self.channels.iter().copied().max().unwrap_or(channels);
            let pixels = pixels << (2 * doublings);
            Extent {
                longest_reduction: (KERNEL * widest)
                    .max(widest.div_ceil(self.groups.max(1)) * pixels),
                largest_tensor: batch_size * widest * pixels,
            }
        };
        self.channels.iter().rev().enumerate().map(of_level).fold(middle, Extent::or)
    }

    fn first(&self) -> usize {
        self.channels.first().copied().unwrap_or(0)
    }

    fn last(&self) -> usize {
        self.channels.last().copied().unwrap_or(0)
    }

    fn layers(&self, input: usize, output: usize, count: usize) -> LayersConfig {
        let input = |layer| if layer == 0 { input } else { output };
        let resnet = |layer| ResnetBlock2DConfig::new(input(layer), output, self.style());
        LayersConfig { resnets: (0..count).map(resnet).collect(), attention: None }
    }

    fn middle(&self) -> UNetMidBlock2DConfig {
        let channels = self.last();
        UNetMidBlock2DConfig {
            resnet: ResnetBlock2DConfig::new(channels, channels, self.style()),
            attention: self.attends.then_some(AttentionConfig {
                channels,
                head_dim: channels,
                groups: Some(self.groups),
                epsilon: EPSILON,
                rescale_output_factor: 1.0,
                has_bias: true,
            }),
        }
    }

    fn style(&self) -> ResnetStyle {
        ResnetStyle {
            time_channels: None,
            groups: self.groups,
            epsilon: EPSILON,
            activation: self.activation,
            time_scale_shift: TimeScaleShift::Default,
        }
    }
}
