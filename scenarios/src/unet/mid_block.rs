//! `UNetMidBlock2D`: what lies between the way down and the way up.

use burn::module::Module;
use burn::tensor::Tensor;
use burn_repro::within;

use super::attention::{Attention, AttentionConfig};
use super::parameters::Declaration;
use super::resnet::{ResnetBlock2D, ResnetBlock2DConfig};
use super::weights::Reader;

/// The block in the middle: two equal residual blocks around an attention layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UNetMidBlock2DConfig {
    pub(crate) resnet: ResnetBlock2DConfig,
    pub(crate) attention: Option<AttentionConfig>,
}

impl UNetMidBlock2DConfig {
    pub(crate) fn declare(&self, parameters: &mut Declaration<'_>) {
        self.resnet.declare(&mut parameters.enter("resnets.0"));
        if let Some(attention) = &self.attention {
            attention.declare(&mut parameters.enter("attentions.0"));
        }
        self.resnet.declare(&mut parameters.enter("resnets.1"));
    }

    pub(crate) fn init(&self, weights: &Reader<'_>) -> UNetMidBlock2D {
        let attention = |config: &AttentionConfig| config.init(&weights.enter("attentions.0"));
        UNetMidBlock2D {
            resnets: [0, 1].map(|i| self.resnet.init(&weights.enter(format!("resnets.{i}")))),
            attention: self.attention.as_ref().map(attention),
        }
    }
}

/// The block in the middle.
#[derive(Module, Debug)]
pub(crate) struct UNetMidBlock2D {
    resnets: [ResnetBlock2D; 2],
    attention: Option<Attention>,
}

impl UNetMidBlock2D {
    /// `(N, C, H, W)` to the same shape.
    pub(crate) fn forward(&self, hidden: Tensor<4>, time: Option<&Tensor<2>>) -> Tensor<4> {
        let [first, second] = &self.resnets;
        let mut hidden = within("resnets.0", || first.forward(hidden, time));
        if let Some(attention) = &self.attention {
            hidden = within("attentions.0", || attention.forward(hidden));
        }
        within("resnets.1", || second.forward(hidden, time))
    }
}
