//! The layers of one level: residual blocks, each followed by attention if the level has it. The
//! same on the way down and on the way up.

use super::attention::{Attention, AttentionConfig};
use super::parameters::Declaration;
use super::resnet::{ResnetBlock2D, ResnetBlock2DConfig};
use super::weights::Reader;

/// The layers of one level.
#[derive(Debug, Clone)]
pub(crate) struct LayersConfig {
    pub(crate) resnets: Vec<ResnetBlock2DConfig>,
    /// What follows every residual block, if anything does.
    pub(crate) attention: Option<AttentionConfig>,
}

impl LayersConfig {
    pub(crate) fn declare(&self, parameters: &mut Declaration<'_>) {
        for (layer, resnet) in self.resnets.iter().enumerate() {
            resnet.declare(&mut parameters.enter(format!("resnets.{layer}")));
            if let Some(attention) = &self.attention {
                attention.declare(&mut parameters.enter(format!("attentions.{layer}")));
            }
        }
    }

    /// The residual blocks, and as many attention layers or none.
    pub(crate) fn init(&self, weights: &Reader<'_>) -> (Vec<ResnetBlock2D>, Vec<Attention>) {
        let enter = |kind: &str, layer: usize| weights.enter(format!("{kind}.{layer}"));
        let resnets = (self.resnets.iter().enumerate())
            .map(|(layer, resnet)| resnet.init(&enter("resnets", layer)))
            .collect();
        let attentions = (0..self.resnets.len())
            .filter_map(|layer| Some(self.attention?.init(&enter("attentions", layer))))
            .collect();
        (resnets, attentions)
    }
}
