//! `Attention`: self-attention over all pixels of a feature map, with heads and a residual.

use burn::module::Module;
use burn::nn::{GroupNorm, Linear};
use burn::tensor::{Tensor, activation};
use burn_repro::{linear, matmul, within};

use super::parameters::Declaration;
use super::resnet::rescale;
use super::weights::Reader;

/// One attention layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttentionConfig {
    pub(crate) channels: usize,
    /// Channels of one head, at most `channels`.
    pub(crate) head_dim: usize,
    /// Groups of the norm in front; none for no norm.
    pub(crate) groups: Option<usize>,
    pub(crate) epsilon: f64,
    pub(crate) rescale_output_factor: f64,
    /// Whether queries, keys and values have a bias; the output always has one.
    pub(crate) has_bias: bool,
}

impl AttentionConfig {
    /// As many heads as fit; what is left over when `head_dim` does not divide `channels` is
    /// projected away, as in diffusers.
    fn heads(&self) -> usize {
        self.channels.checked_div(self.head_dim).unwrap_or(0)
    }

    pub(crate) fn declare(&self, parameters: &mut Declaration<'_>) {
        let (channels, inner) = (self.channels, self.heads() * self.head_dim);
        if self.groups.is_some() {
            parameters.norm("group_norm", channels);
        }
        for name in ["to_q", "to_k", "to_v"] {
            match self.has_bias {
                true => parameters.linear(name, [channels, inner]),
                false => parameters.linear_without_bias(name, [channels, inner]),
            }
        }
        parameters.linear("to_out.0", [inner, channels]);
    }

    pub(crate) fn init(&self, weights: &Reader<'_>) -> Attention {
        Attention {
            group_norm: self
                .groups
                .map(|groups| weights.group_norm("group_norm", groups, self.epsilon)),
            to_q: weights.linear("to_q"),
            to_k: weights.linear("to_k"),
            to_v: weights.linear("to_v"),
            to_out: weights.linear("to_out.0"),
            heads: self.heads(),
            rescale_output_factor: self.rescale_output_factor,
        }
    }
}

/// Self-attention over all pixels, or over any other tokens.
#[derive(Module, Debug)]
pub(crate) struct Attention {
    group_norm: Option<GroupNorm>,
    to_q: Linear,
    to_k: Linear,
    to_v: Linear,
    to_out: Linear,
    heads: usize,
    rescale_output_factor: f64,
}

impl Attention {
    /// `(N, C, H, W)` to the same shape.
    pub(crate) fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = input.dims();
        let hidden = match &self.group_norm {
            Some(norm) => within("group_norm", || norm.forward(input.clone())),
            None => input.clone(),
        };
        let pixels = hidden.reshape([batch, channels, height * width]).swap_dims(1, 2);
        let attended = self.attend(pixels);
        let output = attended.swap_dims(1, 2).reshape([batch, channels, height, width]);
        rescale(output + input, self.rescale_output_factor)
    }

    /// `softmax(Q K^T / sqrt(d)) V` for each head: Vaswani et al. (2017), equation 1; `(N, L, C)`.
    pub(crate) fn attend(&self, pixels: Tensor<3>) -> Tensor<3> {
        let query = within("to_q", || linear(&self.to_q, pixels.clone()));
        let key = within("to_k", || linear(&self.to_k, pixels.clone()));
        let value = within("to_v", || linear(&self.to_v, pixels));
        let [query, key, value] = [query, key, value].map(|tensor| self.split_heads(tensor));
        let [batch, heads, length, head_dim] = query.dims();
        let scores = matmul(query, key.swap_dims(2, 3)) / (head_dim as f64).sqrt();
        let attended = matmul(activation::softmax(scores, 3), value);
        let joined = attended.swap_dims(1, 2).reshape([batch, length, heads * head_dim]);
        within("to_out.0", || linear(&self.to_out, joined))
    }

    /// `(N, L, heads * d)` to `(N, heads, L, d)`.
    fn split_heads(&self, tensor: Tensor<3>) -> Tensor<4> {
        let [batch, length, inner] = tensor.dims();
        tensor.reshape([batch, length, self.heads, inner / self.heads]).swap_dims(1, 2)
    }
}
