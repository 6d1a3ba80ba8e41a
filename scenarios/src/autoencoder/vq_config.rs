//! `VQModelConfig`: the keys of diffusers' `VQModel` with diffusers' defaults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::frame::Frame;
use super::{DownBlockType, UpBlockType};
use crate::unet::validation::{MOST_CHANNELS, within};
use crate::unet::{Activation, ConfigError, SampleSize};

/// Most vectors of a codebook.
const MOST_ENTRIES: usize = 1 << 20;

/// The configuration of a `VQModel`: a diffusers `config.json`, or the same keys in YAML.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VQModelConfig {
    /// The class the file was saved from.
    #[serde(rename = "_class_name")]
    pub class_name: VQModelClass,
    /// The diffusers version that saved the file; not used.
    #[serde(rename = "_diffusers_version")]
    pub diffusers_version: Option<String>,
    /// Where the file was saved from; not used.
    #[serde(rename = "_name_or_path")]
    pub name_or_path: Option<String>,
    /// Channels of the image that is encoded.
    pub in_channels: usize,
    /// Channels of the image that is decoded.
    pub out_channels: usize,
    /// The blocks of the encoder, from the image on.
    pub down_block_types: Vec<DownBlockType>,
    /// The blocks of the decoder, from the latents on.
    pub up_block_types: Vec<UpBlockType>,
    /// Channels of each level, from the image on.
    pub block_out_channels: Vec<usize>,
    /// Residual blocks of each block of the encoder; one of the decoder has one more.
    pub layers_per_block: usize,
    /// The activation inside residual blocks.
    pub act_fn: Activation,
    /// Channels of the latents.
    pub latent_channels: usize,
    /// Height and width of the image; not used.
    pub sample_size: SampleSize,
    /// Vectors of the codebook.
    pub num_vq_embeddings: usize,
    /// Groups of every group norm.
    pub norm_num_groups: usize,
    /// Length of a vector of the codebook; `latent_channels` if null.
    pub vq_embed_dim: Option<usize>,
    /// What latents are multiplied by for the denoiser, and divided by again before they are decoded.
    pub scaling_factor: f64,
    /// The norm of the decoder.
    pub norm_type: NormType,
    /// Whether the blocks in the middle have attention.
    pub mid_block_add_attention: bool,
    /// Whether latents that are not to be quantised are places in the codebook; not used, here they always are quantised.
    pub lookup_from_codebook: bool,
    /// Whether float16 weights are run in float32; not used.
    pub force_upcast: bool,
}

impl Default for VQModelConfig {
    fn default() -> Self {
        Self {
            class_name: VQModelClass::VQModel,
            diffusers_version: None,
            name_or_path: None,
            in_channels: 3,
            out_channels: 3,
            down_block_types: vec![DownBlockType::DownEncoderBlock2D],
            up_block_types: vec![UpBlockType::UpDecoderBlock2D],
            block_out_channels: vec![64],
            layers_per_block: 1,
            act_fn: Activation::Silu,
            latent_channels: 3,
            sample_size: SampleSize { height: 32, width: 32 },
            num_vq_embeddings: 256,
            norm_num_groups: 32,
            vq_embed_dim: None,
            scaling_factor: 0.18215,
            norm_type: NormType::Group,
            mid_block_add_attention: true,
            lookup_from_codebook: false,
            force_upcast: false,
        }
    }
}

/// `_class_name`: the one model that has these keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum VQModelClass {
    /// diffusers' `VQModel`.
    VQModel,
}

/// `norm_type`: the one norm that is implemented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NormType {
    /// Group norms.
    Group,
}

impl VQModelConfig {
    /// Length of a vector of the codebook.
    pub(super) fn embedding_channels(&self) -> usize {
        self.vq_embed_dim.unwrap_or(self.latent_channels)
    }

    pub(super) fn frame(&self) -> Frame<'_> {
        Frame {
            input: self.in_channels,
            output: self.out_channels,
            latent: self.latent_channels,
            encoded: self.latent_channels,
            channels: &self.block_out_channels,
            layers: self.layers_per_block,
            groups: self.norm_num_groups,
            activation: self.act_fn,
            attends: self.mid_block_add_attention,
            blocks: [self.down_block_types.len(), self.up_block_types.len()],
            scaling_factor: self.scaling_factor,
        }
    }

    /// Checks what the types cannot express.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.frame().check()?;
        within("num_vq_embeddings", "vectors", self.num_vq_embeddings, MOST_ENTRIES)?;
        within("vq_embed_dim", "channels", self.embedding_channels(), MOST_CHANNELS)
    }
}
