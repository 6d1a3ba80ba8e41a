//! `DiTConfig`: the keys of diffusers' `DiTTransformer2DModel` with diffusers' defaults, and which values can work.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::unet::validation::{MOST_BLOCKS, MOST_CHANNELS, ensure, within};
use crate::unet::{ConfigError, Extent};

/// Most classes.
const MOST_CLASSES: usize = 1 << 20;

/// The configuration of a `DiTTransformer2DModel`: a diffusers `config.json`, or the same keys in YAML.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DiTConfig {
    /// The class the file was saved from.
    #[serde(rename = "_class_name")]
    pub class_name: DiTClass,
    /// The diffusers version that saved the file; not used.
    #[serde(rename = "_diffusers_version")]
    pub diffusers_version: Option<String>,
    /// Where the file was saved from; not used.
    #[serde(rename = "_name_or_path")]
    pub name_or_path: Option<String>,
    /// Heads of each attention.
    pub num_attention_heads: usize,
    /// Channels of one attention head.
    pub attention_head_dim: usize,
    /// Channels of the latents.
    pub in_channels: usize,
    /// Channels of the output; as many as `in_channels` if null. Twice as many have a learned variance behind the noise.
    pub out_channels: Option<usize>,
    /// The number of blocks.
    pub num_layers: usize,
    /// Dropout probability while training; not used.
    pub dropout: f64,
    /// Groups of a norm that this model does not have; not used.
    pub norm_num_groups: usize,
    /// Whether queries, keys and values have a bias.
    pub attention_bias: bool,
    /// Height and width of the latents.
    pub sample_size: usize,
    /// Height and width of the squares that become tokens.
    pub patch_size: usize,
    /// The activation of the feed-forward layers.
    pub activation_fn: DiTActivation,
    /// The number of classes; one more stands for none of them.
    pub num_embeds_ada_norm: Option<usize>,
    /// Whether attention is run in float32; not used.
    pub upcast_attention: bool,
    /// The norm in front of each layer.
    pub norm_type: DiTNorm,
    /// Whether the norm in front of the feed-forward layers has scale and shift of its own.
    pub norm_elementwise_affine: bool,
    /// Added to the variance in that norm; 1e-6 in all others.
    pub norm_eps: f64,
}

impl Default for DiTConfig {
    fn default() -> Self {
        Self {
            class_name: DiTClass::DiTTransformer2DModel,
            diffusers_version: None,
            name_or_path: None,
            num_attention_heads: 16,
            attention_head_dim: 72,
            in_channels: 4,
            out_channels: None,
            num_layers: 28,
            dropout: 0.0,
            norm_num_groups: 32,
            attention_bias: true,
            sample_size: 32,
            patch_size: 2,
            activation_fn: DiTActivation::GeluApproximate,
            num_embeds_ada_norm: Some(1000),
            upcast_attention: false,
            norm_type: DiTNorm::AdaNormZero,
            norm_elementwise_affine: false,
            norm_eps: 1e-5,
        }
    }
}

/// `_class_name`: the one model that has these keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DiTClass {
    /// diffusers' `DiTTransformer2DModel`.
    DiTTransformer2DModel,
}

/// `activation_fn`: the activation of the feed-forward layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DiTActivation {
    /// `x * Phi(x)` with the exact error function.
    Gelu,
    /// The same by way of a hyperbolic tangent.
    GeluApproximate,
}

/// `norm_type`: the one norm that diffusers' class runs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiTNorm {
    /// A norm whose scale, shift and gate come from the timestep and the class.
    AdaNormZero,
}

impl DiTConfig {
    /// Channels of a token.
    pub(super) fn width(&self) -> usize {
        self.num_attention_heads * self.attention_head_dim
    }

    /// Channels of the output.
    #[must_use]
    pub fn output_channels(&self) -> usize {
        self.out_channels.unwrap_or(self.in_channels)
    }

    /// The number of classes, without the one that stands for none.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.num_embeds_ada_norm.unwrap_or(0)
    }

    /// What a batch of samples asks of a target, as an upper bound.
    #[must_use]
    pub fn extent(&self, batch_size: usize) -> Extent {
        let side = self.sample_size / self.patch_size.max(1);
        let tokens = side * side;
        let patch = self.patch_size * self.patch_size * self.in_channels;
        let widest = 6 * self.width();
        Extent {
            longest_reduction: patch.max(tokens).max(4 * self.width()),
            largest_tensor: batch_size
                * tokens
                * widest.max(self.num_attention_heads * tokens).max(patch),
        }
    }

    /// Checks what the types cannot express.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within("num_attention_heads", "heads", self.num_attention_heads, MOST_CHANNELS)?;
        within("attention_head_dim", "channels", self.attention_head_dim, MOST_CHANNELS)?;
        within("attention_head_dim", "channels of a token", self.width(), MOST_CHANNELS)?;
        ensure(self.width().is_multiple_of(4), "attention_head_dim", || {
            format!(
                "gives {} channels to a token; its place takes a multiple of 4, in sines and cosines of two coordinates",
                self.width()
            )
        })?;
        within("in_channels", "channels", self.in_channels, MOST_CHANNELS)?;
        within("out_channels", "channels", self.output_channels(), MOST_CHANNELS)?;
        within("num_layers", "blocks", self.num_layers, MOST_BLOCKS)?;
        within("sample_size", "pixels", self.sample_size, MOST_CHANNELS)?;
        within("patch_size", "pixels", self.patch_size, self.sample_size)?;
        ensure(self.sample_size.is_multiple_of(self.patch_size), "patch_size", || {
            let (patch, side) = (self.patch_size, self.sample_size);
            format!(
                "is {patch}, which does not divide the `sample_size` {side}; write a divisor of it"
            )
        })?;
        ensure(self.num_embeds_ada_norm.is_some(), "num_embeds_ada_norm", || {
            "is null, which `norm_type: ada_norm_zero` cannot be; write the number of classes"
                .into()
        })?;
        within("num_embeds_ada_norm", "classes", self.classes(), MOST_CLASSES)?;
        let epsilon = self.norm_eps;
        ensure(epsilon.is_finite() && epsilon >= 0.0, "norm_eps", || {
            format!("is {epsilon}; write a small positive number such as 1e-5")
        })?;
        ensure((0.0..1.0).contains(&self.dropout), "dropout", || {
            format!("is {}; write a probability from 0 to below 1", self.dropout)
        })
    }
}
