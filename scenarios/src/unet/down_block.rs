//! `DownBlock2D`, `AttnDownBlock2D` and `ResnetDownsampleBlock2D`: one level on the way down.

use burn::module::Module;
use burn::tensor::Tensor;
use burn_repro::within;

use super::attention::Attention;
use super::layers::LayersConfig;
use super::parameters::Declaration;
use super::resnet::{ResnetBlock2D, ResnetBlock2DConfig};
use super::sampling::{Downsample2D, Downsample2DConfig};
use super::weights::Reader;

/// One level on the way down.
#[derive(Debug, Clone)]
pub(super) struct DownBlock2DConfig {
    pub(super) layers: LayersConfig,
    /// None at the deepest level.
    pub(super) downsampler: Option<DownsamplerConfig>,
}

/// What halves the resolution at the end of a level.
#[derive(Debug, Clone, Copy)]
pub(super) enum DownsamplerConfig {
    Conv(Downsample2DConfig),
    Resnet(ResnetBlock2DConfig),
}

impl DownBlock2DConfig {
    pub(super) fn declare(&self, parameters: &mut Declaration<'_>) {
        self.layers.declare(parameters);
        let mut place = parameters.enter("downsamplers.0");
        match &self.downsampler {
            None => {}
            Some(DownsamplerConfig::Conv(config)) => config.declare(&mut place),
            Some(DownsamplerConfig::Resnet(config)) => config.declare(&mut place),
        }
    }

    pub(super) fn init(&self, weights: &Reader<'_>) -> DownBlock2D {
        let (resnets, attentions) = self.layers.init(weights);
        let place = weights.enter("downsamplers.0");
        DownBlock2D {
            resnets,
            attentions,
            downsampler: self.downsampler.map(|downsampler| match downsampler {
                DownsamplerConfig::Conv(config) => Downsampler::Conv(config.init(&place)),
                DownsamplerConfig::Resnet(config) => Downsampler::Resnet(config.init(&place)),
            }),
        }
    }
}

/// One level on the way down.
#[derive(Module, Debug)]
pub(super) struct DownBlock2D {
    resnets: Vec<ResnetBlock2D>,
    /// One for each residual block, or none at all.
    attentions: Vec<Attention>,
    downsampler: Option<Downsampler>,
}

/// What halves the resolution at the end of a level.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "one per level; a box would hide the module tree")]
pub(super) enum Downsampler {
    Conv(Downsample2D),
    Resnet(ResnetBlock2D),
}

impl DownBlock2D {
    /// Gives the level's output and leaves every intermediate one on the stack for the way up.
    pub(super) fn forward(
        &self,
        mut hidden: Tensor<4>,
        time: &Tensor<2>,
        skips: &mut Vec<Tensor<4>>,
    ) -> Tensor<4> {
        for (layer, resnet) in self.resnets.iter().enumerate() {
            hidden = within(format_args!("resnets.{layer}"), || resnet.forward(hidden, Some(time)));
            if let Some(attention) = self.attentions.get(layer) {
                hidden = within(format_args!("attentions.{layer}"), || attention.forward(hidden));
            }
            skips.push(hidden.clone());
        }
        if let Some(downsampler) = &self.downsampler {
            hidden = within("downsamplers.0", || match downsampler {
                Downsampler::Conv(conv) => conv.forward(hidden),
                Downsampler::Resnet(resnet) => resnet.forward(hidden, Some(time)),
            });
            skips.push(hidden.clone());
        }
        hidden
    }
}
