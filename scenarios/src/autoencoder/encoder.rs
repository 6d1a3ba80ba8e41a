//! `Encoder`: an image to latents.

use burn::module::Module;
use burn::nn::GroupNorm;
use burn::nn::conv::Conv2d;
use burn::tensor::{Tensor, activation};
use burn_repro::{scope, within};

use super::frame::EPSILON;
use crate::unet::layers::LayersConfig;
use crate::unet::mid_block::{UNetMidBlock2D, UNetMidBlock2DConfig};
use crate::unet::parameters::Declaration;
use crate::unet::resnet::ResnetBlock2D;
use crate::unet::sampling::{Downsample2D, Downsample2DConfig, SAME};
use crate::unet::weights::Reader;

/// An encoder.
#[derive(Debug, Clone)]
pub(super) struct EncoderConfig {
    pub(super) input: usize,
    pub(super) output: usize,
    /// Channels of the level of the image.
    pub(super) first: usize,
    /// Channels of the level of the latents.
    pub(super) last: usize,
    pub(super) groups: usize,
    pub(super) blocks: Vec<EncoderBlockConfig>,
    pub(super) middle: UNetMidBlock2DConfig,
}

/// `DownEncoderBlock2D`
#[derive(Debug, Clone)]
pub(super) struct EncoderBlockConfig {
    pub(super) layers: LayersConfig,
    /// None at the last level.
    pub(super) downsampler: Option<Downsample2DConfig>,
}

impl EncoderConfig {
    pub(super) fn declare(&self, parameters: &mut Declaration<'_>) {
        parameters.conv2d("conv_in", [self.input, self.first], 3);
        for (level, block) in self.blocks.iter().enumerate() {
            let mut place = parameters.enter(format!("down_blocks.{level}"));
            block.layers.declare(&mut place);
            if let Some(downsampler) = &block.downsampler {
                downsampler.declare(&mut place.enter("downsamplers.0"));
            }
        }
        self.middle.declare(&mut parameters.enter("mid_block"));
        parameters.norm("conv_norm_out", self.last);
        parameters.conv2d("conv_out", [self.last, self.output], 3);
    }

    pub(super) fn init(&self, weights: &Reader<'_>) -> Encoder {
        let block = |(level, block): (usize, &EncoderBlockConfig)| {
            let place = weights.enter(format!("down_blocks.{level}"));
            let downsampler = block.downsampler.as_ref();
            EncoderBlock {
                resnets: block.layers.init(&place).0,
                downsampler: downsampler.map(|config| config.init(&place.enter("downsamplers.0"))),
            }
        };
        Encoder {
            conv_in: weights.conv2d("conv_in", 1, SAME),
            down_blocks: self.blocks.iter().enumerate().map(block).collect(),
            mid_block: self.middle.init(&weights.enter("mid_block")),
            conv_norm_out: weights.group_norm("conv_norm_out", self.groups, EPSILON),
            conv_out: weights.conv2d("conv_out", 1, SAME),
        }
    }
}

/// An image to latents.
#[derive(Module, Debug)]
pub(super) struct Encoder {
    conv_in: Conv2d,
    down_blocks: Vec<EncoderBlock>,
    mid_block: UNetMidBlock2D,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
}

/// One level.
#[derive(Module, Debug)]
struct EncoderBlock {
    resnets: Vec<ResnetBlock2D>,
    downsampler: Option<Downsample2D>,
}

impl Encoder {
    /// `(N, input, H, W)` to `(N, output, H', W')`, smaller by half at each level but the last.
    pub(super) fn forward(&self, image: Tensor<4>) -> Tensor<4> {
        let mut hidden = within("conv_in", || self.conv_in.forward(image));
        for (level, block) in self.down_blocks.iter().enumerate() {
            let _scope = scope(format_args!("down_blocks.{level}"));
            hidden = block.forward(hidden);
        }
        let hidden = within("mid_block", || self.mid_block.forward(hidden, None));
        let hidden = within("conv_norm_out", || self.conv_norm_out.forward(hidden));
        let hidden = within("conv_act", || activation::silu(hidden));
        within("conv_out", || self.conv_out.forward(hidden))
    }
}

impl EncoderBlock {
    fn forward(&self, mut hidden: Tensor<4>) -> Tensor<4> {
        for (layer, resnet) in self.resnets.iter().enumerate() {
            hidden = within(format_args!("resnets.{layer}"), || resnet.forward(hidden, None));
        }
        match &self.downsampler {
            Some(downsampler) => within("downsamplers.0", || downsampler.forward(hidden)),
            None => hidden,
        }
    }
}
