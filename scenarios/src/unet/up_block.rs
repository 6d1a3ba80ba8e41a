//! `UpBlock2D`, `AttnUpBlock2D` and `ResnetUpsampleBlock2D`: one level on the way up.

use burn::module::Module;
use burn::tensor::Tensor;
use burn_repro::within;

use super::attention::Attention;
use super::layers::LayersConfig;
use super::parameters::Declaration;
use super::resnet::{ResnetBlock2D, ResnetBlock2DConfig};
use super::sampling::{Upsample2D, Upsample2DConfig};
use super::weights::Reader;

/// One level on the way up.
#[derive(Debug, Clone)]
pub(super) struct UpBlock2DConfig {
    pub(super) layers: LayersConfig,
    /// None at the shallowest level.
    pub(super) upsampler: Option<UpsamplerConfig>,
}

/// What doubles the resolution at the end of a level.
#[derive(Debug, Clone, Copy)]
pub(super) enum UpsamplerConfig {
    Conv(Upsample2DConfig),
    Resnet(ResnetBlock2DConfig),
}

impl UpBlock2DConfig {
    pub(super) fn declare(&self, parameters: &mut Declaration<'_>) {
        self.layers.declare(parameters);
        let mut place = parameters.enter("upsamplers.0");
        match &self.upsampler {
            None => {}
            Some(UpsamplerConfig::Conv(config)) => config.declare(&mut place),
            Some(UpsamplerConfig::Resnet(config)) => config.declare(&mut place),
        }
    }

    pub(super) fn init(&self, weights: &Reader<'_>) -> UpBlock2D {
        let (resnets, attentions) = self.layers.init(weights);
        let place = weights.enter("upsamplers.0");
        UpBlock2D {
            resnets,
            attentions,
            upsampler: self.upsampler.map(|upsampler| match upsampler {
                UpsamplerConfig::Conv(config) => Upsampler::Conv(config.init(&place)),
                UpsamplerConfig::Resnet(config) => Upsampler::Resnet(config.init(&place)),
            }),
        }
    }
}

/// One level on the way up.
#[derive(Module, Debug)]
pub(super) struct UpBlock2D {
    resnets: Vec<ResnetBlock2D>,
    /// One for each residual block, or none at all.
    attentions: Vec<Attention>,
    upsampler: Option<Upsampler>,
}

/// What doubles the resolution at the end of a level.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "one per level; a box would hide the module tree")]
pub(super) enum Upsampler {
    Conv(Upsample2D),
    Resnet(ResnetBlock2D),
}

impl UpBlock2D {
    /// Takes one tensor from the stack in front of every residual block.
    pub(super) fn forward(
        &self,
        mut hidden: Tensor<4>,
        time: &Tensor<2>,
        skips: &mut Vec<Tensor<4>>,
    ) -> Tensor<4> {
        for (layer, resnet) in self.resnets.iter().enumerate() {
            let skip = skips.pop().expect("the way down leaves one tensor per block on the way up");
            let joined = Tensor::cat(vec![hidden, skip], 1);
            hidden = within(format_args!("resnets.{layer}"), || resnet.forward(joined, Some(time)));
            if let Some(attention) = self.attentions.get(layer) {
                hidden = within(format_args!("attentions.{layer}"), || attention.forward(hidden));
            }
        }
        let Some(upsampler) = &self.upsampler else { return hidden };
        within("upsamplers.0", || match upsampler {
            Upsampler::Conv(conv) => conv.forward(hidden),
            Upsampler::Resnet(resnet) => resnet.forward(hidden, Some(time)),
        })
    }
}
