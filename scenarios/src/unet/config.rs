//! `UNet2DConfig`: the keys of diffusers' `UNet2DModel` with diffusers' defaults.
//!
//! Only the shape of the data. What a combination of values means is `plan`'s, whether it makes
//! sense is `validation`'s.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Activation;

/// The configuration of a `UNet2DModel`: a diffusers `config.json`, or the same keys in YAML.
///
/// A key that is left out has the default of diffusers 0.42.1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UNet2DConfig {
    /// The class the file was saved from.
    #[serde(rename = "_class_name")]
    pub class_name: ClassName,
    /// The diffusers version that saved the file; not used.
    #[serde(rename = "_diffusers_version")]
    pub diffusers_version: Option<String>,
    /// Where the file was saved from; not used.
    #[serde(rename = "_name_or_path")]
    pub name_or_path: Option<String>,
    /// Height and width of a sample, for pipelines that draw one. The model itself takes any size
    /// that halves evenly `block_out_channels.len() - 1` times.
    pub sample_size: Option<SampleSize>,
    /// Channels of the sample.
    pub in_channels: usize,
    /// Channels of the output.
    pub out_channels: usize,
    /// Whether a sample in `[0, 1]` is first mapped to `[-1, 1]`.
    pub center_input_sample: bool,
    /// How a timestep becomes a vector.
    pub time_embedding_type: TimeEmbeddingType,
    /// Width of the time embedding; four times the first level's channels if null.
    pub time_embedding_dim: Option<usize>,
    /// Taken from the divisor of a positional embedding's exponents.
    pub freq_shift: f64,
    /// Whether a positional embedding puts the cosines first.
    pub flip_sin_to_cos: bool,
    /// The blocks on the way down, shallowest first.
    pub down_block_types: Vec<DownBlockType>,
    /// The block in the middle; null for none.
    pub mid_block_type: Option<MidBlockType>,
    /// The blocks on the way up, deepest first.
    pub up_block_types: Vec<UpBlockType>,
    /// Channels of each level, shallowest first.
    pub block_out_channels: Vec<usize>,
    /// Residual blocks of each down block; an up block has one more.
    pub layers_per_block: usize,
    /// Divides the output of the mid block's residual blocks and attention.
    pub mid_block_scale_factor: f64,
    /// Padding of the convolution that halves: 1, or 0 for one row and column at the far end only.
    pub downsample_padding: usize,
    /// What halves an `AttnDownBlock2D`'s output.
    pub downsample_type: SamplingType,
    /// What doubles an `AttnUpBlock2D`'s output.
    pub upsample_type: SamplingType,
    /// Dropout probability while training. The model here only infers, as after `eval()`, where
    /// dropout does nothing.
    pub dropout: f64,
    /// The activation inside residual blocks.
    pub act_fn: Activation,
    /// Channels of one attention head; null for a single head.
    pub attention_head_dim: Option<usize>,
    /// Groups of every group norm.
    pub norm_num_groups: usize,
    /// Groups of the norm in the mid block's attention. If null: `norm_num_groups`, or no norm at
    /// all with `resnet_time_scale_shift: scale_shift`.
    pub attn_norm_num_groups: Option<usize>,
    /// Added to the variance in every group norm.
    pub norm_eps: f64,
    /// How the time embedding enters a residual block.
    pub resnet_time_scale_shift: TimeScaleShift,
    /// Whether the mid block has attention.
    pub add_attention: bool,
    /// Must be null: class conditioning is not supported.
    pub class_embed_type: Option<String>,
    /// Must be null: class conditioning is not supported.
    pub num_class_embeds: Option<usize>,
    /// Must be null: quantised weights are not supported.
    pub quantization_config: Option<serde_json::Value>,
    /// Rows of the table of a learned time embedding.
    pub num_train_timesteps: Option<usize>,
}

impl Default for UNet2DConfig {
    fn default() -> Self {
        use {DownBlockType as Down, UpBlockType as Up};
        Self {
            class_name: ClassName::UNet2DModel,
            diffusers_version: None,
            name_or_path: None,
            sample_size: None,
            in_channels: 3,
            out_channels: 3,
            center_input_sample: false,
            time_embedding_type: TimeEmbeddingType::Positional,
            time_embedding_dim: None,
            freq_shift: 0.0,
            flip_sin_to_cos: true,
            down_block_types: [vec![Down::DownBlock2D], vec![Down::AttnDownBlock2D; 3]].concat(),
            mid_block_type: Some(MidBlockType::UNetMidBlock2D),
            up_block_types: [vec![Up::AttnUpBlock2D; 3], vec![Up::UpBlock2D]].concat(),
            block_out_channels: vec![224, 448, 672, 896],
            layers_per_block: 2,
            mid_block_scale_factor: 1.0,
            downsample_padding: 1,
            downsample_type: SamplingType::Conv,
            upsample_type: SamplingType::Conv,
            dropout: 0.0,
            act_fn: Activation::Silu,
            attention_head_dim: Some(8),
            norm_num_groups: 32,
            attn_norm_num_groups: None,
            norm_eps: 1e-5,
            resnet_time_scale_shift: TimeScaleShift::Default,
            add_attention: true,
            class_embed_type: None,
            num_class_embeds: None,
            quantization_config: None,
            num_train_timesteps: None,
        }
    }
}

/// `_class_name`: the one model that is implemented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ClassName {
    /// diffusers' `UNet2DModel`.
    UNet2DModel,
}

/// `time_embedding_type`: how a timestep becomes a vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeEmbeddingType {
    /// Sines and cosines of a geometric series of frequencies.
    Positional,
    /// Sines and cosines of random frequencies of the timestep's logarithm; the model's output is
    /// divided by the timestep.
    Fourier,
    /// A row of a learned table.
    Learned,
}

/// An entry of `down_block_types`. The prefix `UNetRes` of old files is accepted, as in diffusers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DownBlockType {
    /// Residual blocks, then a convolution that halves.
    #[serde(alias = "UNetResDownBlock2D")]
    DownBlock2D,
    /// Residual blocks with attention, then what `downsample_type` says.
    #[serde(alias = "UNetResAttnDownBlock2D")]
    AttnDownBlock2D,
    /// Residual blocks, then a residual block that halves.
    #[serde(alias = "UNetResResnetDownsampleBlock2D")]
    ResnetDownsampleBlock2D,
}

/// `mid_block_type`: the one mid block that is implemented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MidBlockType {
    /// A residual block, attention, a residual block.
    UNetMidBlock2D,
}

/// An entry of `up_block_types`. The prefix `UNetRes` of old files is accepted, as in diffusers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UpBlockType {
    /// Residual blocks, then doubling and a convolution.
    #[serde(alias = "UNetResUpBlock2D")]
    UpBlock2D,
    /// Residual blocks with attention, then what `upsample_type` says.
    #[serde(alias = "UNetResAttnUpBlock2D")]
    AttnUpBlock2D,
    /// Residual blocks, then a residual block that doubles.
    #[serde(alias = "UNetResResnetUpsampleBlock2D")]
    ResnetUpsampleBlock2D,
}

/// `downsample_type` and `upsample_type`: what changes the resolution between levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SamplingType {
    /// A convolution.
    Conv,
    /// A residual block.
    Resnet,
}

/// `resnet_time_scale_shift`: how the time embedding enters a residual block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeScaleShift {
    /// It is added before the second norm.
    Default,
    /// It scales and shifts after the second norm.
    ScaleShift,
}

/// `sample_size`: one number for a square, or `[height, width]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleSize {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl JsonSchema for SampleSize {
    fn schema_name() -> Cow<'static, str> {
        "SampleSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let side = json_schema!({ "type": "integer", "minimum": 0 });
        json_schema!({
            "anyOf": [side, { "type": "array", "items": side, "minItems": 2, "maxItems": 2 }]
        })
    }
}

impl Serialize for SampleSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.height, self.width].serialize(serializer)
    }
}

// Written out instead of `#[serde(untagged)]`, which would lose the line and column of an error.
impl<'de> Deserialize<'de> for SampleSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SampleSizeVisitor)
    }
}

struct SampleSizeVisitor;

impl<'de> Visitor<'de> for SampleSizeVisitor {
    type Value = SampleSize;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a whole number of pixels or a list [height, width]")
    }

    fn visit_u64<E: de::Error>(self, side: u64) -> Result<SampleSize, E> {
        let side = usize::try_from(side).map_err(E::custom)?;
        Ok(SampleSize { height: side, width: side })
    }

    fn visit_i64<E: de::Error>(self, side: i64) -> Result<SampleSize, E> {
        let side = u64::try_from(side)
            .map_err(|_| E::invalid_value(de::Unexpected::Signed(side), &self))?;
        self.visit_u64(side)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sides: A) -> Result<SampleSize, A::Error> {
        let height = sides.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
        let width = sides.next_element()?.ok_or_else(|| de::Error::invalid_length(1, &self))?;
        if sides.next_element::<de::IgnoredAny>()?.is_some() {
            return Err(de::Error::invalid_length(3, &self));
        }
        Ok(SampleSize { height, width })
    }
}
