//! `Decoder`: latents to an image.

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
use crate::unet::sampling::{SAME, Upsample2D, Upsample2DConfig};
use crate::unet::weights::Reader;

/// A decoder.
#[derive(Debug, Clone)]
pub(super) struct DecoderConfig {
    pub(super) input: usize,
    pub(super) output: usize,
    /// Channels of the level of the image.
    pub(super) first: usize,
    /// Channels of the level of the latents.
    pub(super) last: usize,
    pub(super) groups: usize,
    pub(super) middle: UNetMidBlock2DConfig,
    pub(super) blocks: Vec<DecoderBlockConfig>,
}

/// `UpDecoderBlock2D`
#[derive(Debug, Clone)]
pub(super) struct DecoderBlockConfig {
    pub(super) layers: LayersConfig,
    /// None at the level of the image.
    pub(super) upsampler: Option<Upsample2DConfig>,
}

impl DecoderConfig {
    pub(super) fn declare(&self, parameters: &mut Declaration<'_>) {
        parameters.conv2d("conv_in", [self.input, self.last], 3);
        self.middle.declare(&mut parameters.enter("mid_block"));
        for (level, block) in self.blocks.iter().enumerate() {
            let mut place = parameters.enter(format!("up_blocks.{level}"));
            block.layers.declare(&mut place);
            if let Some(upsampler) = &block.upsampler {
                upsampler.declare(&mut place.enter("upsamplers.0"));
            }
        }
        parameters.norm("conv_norm_out", self.first);
        parameters.conv2d("conv_out", [self.first, self.output], 3);
    }

    pub(super) fn init(&self, weights: &Reader<'_>) -> Decoder {
        let block = |(level, block): (usize, &DecoderBlockConfig)| {
            let place = weights.enter(format!("up_blocks.{level}"));
            let upsampler = block.upsampler.as_ref();
            DecoderBlock {
                resnets: block.layers.init(&place).0,
                upsampler: upsampler.map(|config| config.init(&place.enter("upsamplers.0"))),
            }
        };
        Decoder {
            conv_in: weights.conv2d("conv_in", 1, SAME),
            mid_block: self.middle.init(&weights.enter("mid_block")),
            up_blocks: self.blocks.iter().enumerate().map(block).collect(),
            conv_norm_out: weights.group_norm("conv_norm_out", self.groups, EPSILON),
            conv_out: weights.conv2d("conv_out", 1, SAME),
        }
    }
}

/// Latents to an image.
#[derive(Module, Debug)]
pub(super) struct Decoder {
    conv_in: Conv2d,
    mid_block: UNetMidBlock2D,
    up_blocks: Vec<DecoderBlock>,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
}

/// One level.
#[derive(Module, Debug)]
struct DecoderBlock {
    resnets: Vec<ResnetBlock2D>,
    upsampler: Option<Upsample2D>,
}

impl Decoder {
    /// `(N, input, H, W)` to `(N, output, H', W')`, doubled at each level but the last.
    pub(super) fn forward(&self, latents: Tensor<4>) -> Tensor<4> {
        let hidden = within("conv_in", || self.conv_in.forward(latents));
        let mut hidden = within("mid_block", || self.mid_block.forward(hidden, None));
        for (level, block) in self.up_blocks.iter().enumerate() {
            let _scope = scope(format_args!("up_blocks.{level}"));
            hidden = block.forward(hidden);
        }
        let hidden = within("conv_norm_out", || self.conv_norm_out.forward(hidden));
        let hidden = within("conv_act", || activation::silu(hidden));
        within("conv_out", || self.conv_out.forward(hidden))
    }
}

impl DecoderBlock {
    fn forward(&self, mut hidden: Tensor<4>) -> Tensor<4> {
        for (layer, resnet) in self.resnets.iter().enumerate() {
            hidden = within(format_args!("resnets.{layer}"), || resnet.forward(hidden, None));
        }
        match &self.upsampler {
            Some(upsampler) => within("upsamplers.0", || upsampler.forward(hidden)),
            None => hidden,
        }
    }
}
