//! `BasicTransformerBlock` with `ada_norm_zero`: attention and a feed-forward network, whose scales, shifts and gates come
//! from the timestep and the class (arXiv 2212.09748, section 3.2, "adaLN-Zero").

use std::f64::consts::FRAC_2_PI;

use burn::module::Module;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Device, Tensor, activation};
use burn_repro::{linear, within};

use super::DiTActivation;
use super::conditioning::{Conditioning, ConditioningConfig};
use crate::unet::attention::{Attention, AttentionConfig};
use crate::unet::parameters::Declaration;
use crate::unet::weights::Reader;

/// Added to the variance in the norm in front of attention, and in the last norm of the model.
pub(super) const EPSILON: f64 = 1e-6;
/// Scale, shift and gate of attention, and of the feed-forward network.
const CHUNKS: usize = 6;
/// How much wider the feed-forward network is inside.
const WIDER: usize = 4;

/// One block.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockConfig {
    pub(super) width: usize,
    pub(super) head_dim: usize,
    pub(super) has_bias: bool,
    pub(super) activation: DiTActivation,
    pub(super) classes: usize,
    /// Whether the norm in front of the feed-forward network has scale and shift of its own.
    pub(super) is_affine: bool,
    /// Added to the variance in that norm.
    pub(super) epsilon: f64,
}

impl BlockConfig {
    fn conditioning(&self) -> ConditioningConfig {
        ConditioningConfig { classes: self.classes, width: self.width }
    }

    fn attention(&self) -> AttentionConfig {
        AttentionConfig {
            channels: self.width,
            head_dim: self.head_dim,
            groups: None,
            epsilon: EPSILON,
            rescale_output_factor: 1.0,
            has_bias: self.has_bias,
        }
    }

    pub(super) fn declare(&self, parameters: &mut Declaration<'_>) {
        let width = self.width;
        let mut norm1 = parameters.enter("norm1");
        self.conditioning().declare(&mut norm1.enter("emb"));
        norm1.linear("linear", [width, CHUNKS * width]);
        self.attention().declare(&mut parameters.enter("attn1"));
        if self.is_affine {
            parameters.norm("norm3", width);
        }
        parameters.linear("ff.net.0.proj", [width, WIDER * width]);
        parameters.linear("ff.net.2", [WIDER * width, width]);
    }

    pub(super) fn init(&self, weights: &Reader<'_>) -> Block {
        let norm1 = weights.enter("norm1");
        Block {
            emb: self.conditioning().init(&norm1.enter("emb")),
            linear: norm1.linear("linear"),
            norm1: weights.layer_norm("norm1.norm", self.width, EPSILON),
            attn1: self.attention().init(&weights.enter("attn1")),
            norm3: weights.layer_norm("norm3", self.width, self.epsilon),
            ff_in: weights.linear("ff.net.0.proj"),
            ff_out: weights.linear("ff.net.2"),
            activation: self.activation,
        }
    }
}

/// One block.
#[derive(Module, Debug)]
pub(super) struct Block {
    emb: Conditioning,
    linear: Linear,
    norm1: LayerNorm,
    attn1: Attention,
    norm3: LayerNorm,
    ff_in: Linear,
    ff_out: Linear,
    #[module(skip)]
    activation: DiTActivation,
}

impl Block {
    /// What a timestep and classes add up to, `(N, width)`.
    pub(super) fn conditioning(
        &self,
        timestep: f64,
        labels: &[usize],
        device: &Device,
    ) -> Tensor<2> {
        within("norm1/emb", || self.emb.forward(timestep, labels, device))
    }

    /// `(N, tokens, width)` to the same shape.
    pub(super) fn forward(&self, tokens: Tensor<3>, timestep: f64, labels: &[usize]) -> Tensor<3> {
        let conditioning = self.conditioning(timestep, labels, &tokens.device());
        let conditioning = within("norm1/linear", || {
            linear(&self.linear, activation::silu(conditioning)).unsqueeze_dim::<3>(1)
        });
        let width = tokens.dims()[2];
        let chunk = |index: usize| conditioning.clone().narrow(2, index * width, width);
        let hidden = within("norm1/norm", || self.norm1.forward(tokens.clone()));
        let hidden = hidden * (chunk(1) + 1.0) + chunk(0);
        let attended = within("attn1", || self.attn1.attend(hidden));
        let tokens = chunk(2) * attended + tokens;
        let hidden = within("norm3", || self.norm3.forward(tokens.clone()));
        let hidden = hidden * (chunk(4) + 1.0) + chunk(3);
        chunk(5) * within("ff", || self.feed_forward(hidden)) + tokens
    }

    fn feed_forward(&self, hidden: Tensor<3>) -> Tensor<3> {
        let hidden = within("net.0", || linear(&self.ff_in, hidden));
        let hidden = within("net.0/gelu", || match self.activation {
            DiTActivation::Gelu => activation::gelu(hidden),
            DiTActivation::GeluApproximate => gelu_approximate(hidden),
        });
        within("net.2", || linear(&self.ff_out, hidden))
    }
}

/// `x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))` (Hendrycks & Gimpel 2016, arXiv 1606.08415, section 2).
///
/// Burn's takes a power for the cube, which is not defined for negative numbers everywhere.
fn gelu_approximate(x: Tensor<3>) -> Tensor<3> {
    let cube = x.clone() * x.clone() * x.clone();
    let inner = (x.clone() + cube * 0.044715) * FRAC_2_PI.sqrt();
    x * (inner.tanh() + 1.0) * 0.5
}
