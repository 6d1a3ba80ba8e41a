//! `DiTTransformer2DModel`: the whole network.

use burn::module::Module;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Device, Tensor, activation};
use burn_repro::{linear, scope, within};

use super::DiTConfig;
use super::block::{Block, BlockConfig, EPSILON};
use super::patches::{PatchEmbed, PatchEmbedConfig};
use crate::unet::parameters::Declaration;
use crate::unet::validation::check_parameter_count;
use crate::unet::weights::Reader;
use crate::unet::{Architecture, ConfigError, MismatchedWeights, Parameter, Weights};

impl DiTConfig {
    fn patches(&self) -> PatchEmbedConfig {
        PatchEmbedConfig {
            channels: self.in_channels,
            patch: self.patch_size,
            side: self.sample_size.checked_div(self.patch_size).unwrap_or(0),
            width: self.width(),
        }
    }

    fn block(&self) -> BlockConfig {
        BlockConfig {
            width: self.width(),
            head_dim: self.attention_head_dim,
            has_bias: self.attention_bias,
            activation: self.activation_fn,
            classes: self.classes(),
            is_affine: self.norm_elementwise_affine,
            epsilon: self.norm_eps,
        }
    }

    /// Values of a square of the output.
    fn square(&self) -> usize {
        self.patch_size * self.patch_size * self.output_channels()
    }
}

impl Architecture for DiTConfig {
    const CLASS: &'static str = "DiTTransformer2DModel";
    const PART: &'static str = "transformer";
    const NOUN: &'static str = "transformer";
    type Model = DiTTransformer2DModel;

    fn validate(&self) -> Result<(), ConfigError> {
        self.check()?;
        check_parameter_count(&self.parameters())
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        let mut root = Declaration::root(&mut parameters);
        self.patches().declare(&mut root.enter("pos_embed"));
        for layer in 0..self.num_layers {
            self.block().declare(&mut root.enter(format!("transformer_blocks.{layer}")));
        }
        root.linear("proj_out_1", [self.width(), 2 * self.width()]);
        root.linear("proj_out_2", [self.width(), self.square()]);
        parameters
    }

    fn build(
        &self,
        weights: &Weights,
        device: &Device,
    ) -> Result<DiTTransformer2DModel, MismatchedWeights> {
        weights.check(&self.parameters())?;
        let root = Reader::root(weights, device);
        let block = |layer| self.block().init(&root.enter(format!("transformer_blocks.{layer}")));
        Ok(DiTTransformer2DModel {
            pos_embed: self.patches().init(&root.enter("pos_embed")),
            transformer_blocks: (0..self.num_layers).map(block).collect(),
            norm_out: root.layer_norm("norm_out", self.width(), EPSILON),
            proj_out_1: root.linear("proj_out_1"),
            proj_out_2: root.linear("proj_out_2"),
            patch_size: self.patch_size,
        })
    }
}

/// A denoiser of latents: noisy latents, their timestep and their classes in, the predicted noise out, and behind it, in
/// as many channels more, a learned variance if the model has one.
#[derive(Module, Debug)]
pub struct DiTTransformer2DModel {
    pos_embed: PatchEmbed,
    transformer_blocks: Vec<Block>,
    norm_out: LayerNorm,
    proj_out_1: Linear,
    proj_out_2: Linear,
    patch_size: usize,
}

impl DiTTransformer2DModel {
    /// `(N, in_channels, sample_size, sample_size)` to `(N, out_channels, sample_size, sample_size)`; `labels` holds a
    /// class for each sample, or the number of classes for none of them.
    #[must_use]
    pub fn forward(&self, latents: Tensor<4>, timestep: f64, labels: &[usize]) -> Tensor<4> {
        let device = latents.device();
        let mut tokens = within("pos_embed", || self.pos_embed.forward(latents));
        for (layer, block) in self.transformer_blocks.iter().enumerate() {
            let _scope = scope(format_args!("transformer_blocks.{layer}"));
            tokens = block.forward(tokens, timestep, labels);
        }
        let conditioning = self.transformer_blocks[0].conditioning(timestep, labels, &device);
        let conditioning = within("proj_out_1", || {
            linear(&self.proj_out_1, activation::silu(conditioning)).unsqueeze_dim::<3>(1)
        });
        let width = tokens.dims()[2];
        let shift = conditioning.clone().narrow(2, 0, width);
        let scale = conditioning.narrow(2, width, width);
        let tokens = within("norm_out", || self.norm_out.forward(tokens)) * (scale + 1.0) + shift;
        self.joined(within("proj_out_2", || linear(&self.proj_out_2, tokens)))
    }

    /// Tokens `(N, h w, p p C)` to the squares of one image, `(N, C, h p, w p)`.
    fn joined(&self, tokens: Tensor<3>) -> Tensor<4> {
        let [batch, count, values] = tokens.dims();
        let (side, patch) = (count.isqrt(), self.patch_size);
        let channels = values / (patch * patch);
        tokens
            .reshape([batch, side, side, patch, patch, channels])
            .permute([0, 5, 1, 3, 2, 4])
            .reshape([batch, channels, side * patch, side * patch])
    }
}
