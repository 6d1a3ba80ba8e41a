//! Whether a configuration makes sense, and whether an input fits it: sentences that name the key
//! and the help. Everything here runs before a device is opened.

use super::{Parameter, SampleSize, TimeEmbeddingType, UNet2DConfig};

/// Why a configuration cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {problem}")]
pub struct ConfigError {
    /// The key to change.
    pub key: &'static str,
    /// What is wrong with its value and what to write instead.
    pub problem: String,
}

/// Why a sample or a timestep does not fit a model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InputError {
    /// The sample has another number of channels, or none of something.
    #[error("give the model samples of shape (N, {channels}, H, W), not {found:?}")]
    Shape {
        /// The model's `in_channels`.
        channels: usize,
        /// The shape of the sample, NCHW.
        found: [usize; 4],
    },
    /// The sample cannot be halved as often as the model halves it.
    #[error(
        "give the model samples whose height and width are multiples of {multiple}, not {found:?}"
    )]
    Resolution {
        /// Two to the number of halvings.
        multiple: usize,
        /// Height and width of the sample.
        found: [usize; 2],
    },
    /// A group norm of one value, whose variance is 0.
    #[error(
        "`{norm}` would normalise groups of 1 value, which torch refuses (\"Expected more than 1 value per channel when \
         training, got input size {size:?}\"); write fewer `norm_num_groups`, a larger `sample_size` or a \
         larger `batch_size`"
    )]
    OneValue {
        /// The first such norm.
        norm: String,
        /// What torch calls its input size: groups of all samples, groups, height and width or pixels.
        size: Vec<usize>,
    },
    /// Neither one timestep nor one for each sample.
    #[error("give the model one timestep or one for each of the {batch} samples, not {found}")]
    Timesteps {
        /// Samples in the batch.
        batch: usize,
        /// Timesteps given.
        found: usize,
    },
    /// A timestep that the embedding cannot take.
    #[error("the time embedding takes {accepted}, not {found}")]
    Timestep {
        /// What it takes.
        accepted: String,
        /// The timestep.
        found: f64,
    },
}

/// Widest level, sample side and embedding that are accepted; far above any published model.
pub(crate) const MOST_CHANNELS: usize = 1 << 16;
/// Most levels and most layers of a level.
pub(crate) const MOST_BLOCKS: usize = 64;
/// Most rows of a learned time embedding.
const MOST_TIMESTEPS: usize = 1 << 20;
/// Most values over all parameters: 8 GiB of `f32`.
const MOST_PARAMETERS: usize = 1 << 31;

impl UNet2DConfig {
    /// Checks what the types cannot express.
    ///
    /// # Errors
    /// The first key whose value cannot work, with what to write instead.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.check_unsupported()?;
        self.check_levels()?;
        self.check_widths()?;
        self.check_norms()?;
        self.check_attention()?;
        self.check_time_embedding()?;
        self.check_numbers()?;
        self.check_sample_size()?;
        check_parameter_count(&self.parameters())
    }

    /// Checks an input of [`UNet2DModel::forward`](super::UNet2DModel::forward): the shape of the
    /// sample (NCHW) and the timesteps.
    ///
    /// # Errors
    /// What the model takes instead.
    pub fn check_input(&self, shape: [usize; 4], timesteps: &[f64]) -> Result<(), InputError> {
        let [batch, channels, height, width] = shape;
        if channels != self.in_channels || shape.contains(&0) {
            return Err(InputError::Shape { channels: self.in_channels, found: shape });
        }
        let multiple = self.halvings();
        if !height.is_multiple_of(multiple) || !width.is_multiple_of(multiple) {
            return Err(InputError::Resolution { multiple, found: [height, width] });
        }
        if let Some((norm, size)) = self.norm_of_one_value(shape) {
            return Err(InputError::OneValue { norm, size });
        }
        if timesteps.len() != 1 && timesteps.len() != batch {
            return Err(InputError::Timesteps { batch, found: timesteps.len() });
        }
        timesteps.iter().try_for_each(|&timestep| self.check_timestep(timestep))
    }

    /// Checks a timestep alone.
    pub(crate) fn check_timestep(&self, timestep: f64) -> Result<(), InputError> {
        let rows = self.num_train_timesteps.unwrap_or(0);
        let (accepted, what) = match self.time_embedding_type {
            TimeEmbeddingType::Positional => (timestep.is_finite(), "finite timesteps".to_owned()),
            TimeEmbeddingType::Fourier => (
                timestep.is_finite() && timestep as f32 > 0.0,
                "positive timesteps, whose logarithm exists".to_owned(),
            ),
            TimeEmbeddingType::Learned => (
                timestep.fract() == 0.0 && (0.0..rows as f64).contains(&timestep),
                format!("whole timesteps from 0 to below {rows}"),
            ),
        };
        if accepted {
            return Ok(());
        }
        Err(InputError::Timestep { accepted: what, found: timestep })
    }

    /// What height and width must be multiples of.
    fn halvings(&self) -> usize {
        1 << self.block_out_channels.len().saturating_sub(1)
    }

    fn check_unsupported(&self) -> Result<(), ConfigError> {
        let help = "class conditioning is not supported; write null or leave it out";
        ensure(self.class_embed_type.is_none(), "class_embed_type", || help.into())?;
        ensure(self.num_class_embeds.is_none(), "num_class_embeds", || help.into())?;
        let help = "quantised weights are not supported; save the model without quantisation";
        ensure(self.quantization_config.is_none(), "quantization_config", || help.into())
    }

    fn check_levels(&self) -> Result<(), ConfigError> {
        let levels = self.block_out_channels.len();
        within("block_out_channels", "levels", levels, 16)?;
        for (key, found) in [
            ("down_block_types", self.down_block_types.len()),
            ("up_block_types", self.up_block_types.len()),
        ] {
            ensure(found == levels, key, || {
                format!("has {found} entries, but block_out_channels has {levels}; give as many")
            })?;
        }
        within("layers_per_block", "layers", self.layers_per_block, MOST_BLOCKS)
    }

    fn check_widths(&self) -> Result<(), ConfigError> {
        for &channels in &self.block_out_channels {
            within("block_out_channels", "channels", channels, MOST_CHANNELS)?;
        }
        within("in_channels", "channels", self.in_channels, MOST_CHANNELS)?;
        within("out_channels", "channels", self.out_channels, MOST_CHANNELS)?;
        within("time_embedding_dim", "channels", self.time_channels(), 4 * MOST_CHANNELS)
    }

    fn check_norms(&self) -> Result<(), ConfigError> {
        for &channels in &self.block_out_channels {
            divides("norm_num_groups", self.norm_num_groups, channels)?;
        }
        match self.attn_norm_num_groups {
            Some(groups) => divides("attn_norm_num_groups", groups, self.last_channels()),
            None => Ok(()),
        }
    }

    fn check_attention(&self) -> Result<(), ConfigError> {
        let Some(head_dim) = self.attention_head_dim else { return Ok(()) };
        let levels = self.down_blocks().into_iter().map(|block| block.layers.attention);
        let levels = levels.chain(self.up_blocks().into_iter().map(|block| block.layers.attention));
        let middle = self.mid_block().and_then(|block| block.attention);
        let narrowest = levels.chain([middle]).flatten().map(|attention| attention.channels).min();
        let Some(channels) = narrowest else { return Ok(()) };
        ensure((1..=channels).contains(&head_dim), "attention_head_dim", || {
            format!(
                "is {head_dim}, but attention runs on {channels} channels; write 1 to {channels}, \
                 or null for one head"
            )
        })
    }

    fn check_time_embedding(&self) -> Result<(), ConfigError> {
        let half = self.first_channels() / 2;
        match self.time_embedding_type {
            TimeEmbeddingType::Positional => {
                let divisor = half as f64 - self.freq_shift;
                ensure(divisor.is_finite() && (divisor != 0.0 || half == 0), "freq_shift", || {
                    let shift = self.freq_shift;
                    format!("is {shift}; write a number other than {half}, usually 0 or 1")
                })
            }
            TimeEmbeddingType::Fourier => Ok(()),
            TimeEmbeddingType::Learned => {
                let rows = self.num_train_timesteps.unwrap_or(0);
                within("num_train_timesteps", "rows of the learned table", rows, MOST_TIMESTEPS)
            }
        }
    }

    fn check_numbers(&self) -> Result<(), ConfigError> {
        ensure(self.downsample_padding <= 1, "downsample_padding", || {
            format!("is {}; write 1 or 0, with which levels still meet", self.downsample_padding)
        })?;
        let factor = self.mid_block_scale_factor;
        ensure(factor.is_finite() && factor != 0.0, "mid_block_scale_factor", || {
            format!("is {factor}; write a number other than 0, usually 1")
        })?;
        let epsilon = self.norm_eps;
        ensure(epsilon.is_finite() && epsilon >= 0.0, "norm_eps", || {
            format!("is {epsilon}; write a small positive number such as 1e-5")
        })?;
        ensure((0.0..1.0).contains(&self.dropout), "dropout", || {
            format!("is {}; write a probability from 0 to below 1", self.dropout)
        })
    }

    fn check_sample_size(&self) -> Result<(), ConfigError> {
        let Some(SampleSize { height, width }) = self.sample_size else { return Ok(()) };
        let multiple = self.halvings();
        for side in [height, width] {
            within("sample_size", "pixels", side, MOST_CHANNELS)?;
            ensure(side.is_multiple_of(multiple), "sample_size", || {
                let levels = self.block_out_channels.len();
                format!("is {side}; {levels} levels need a multiple of {multiple}")
            })?;
        }
        Ok(())
    }
}

/// Refuses a model that no machine holds.
pub(crate) fn check_parameter_count(parameters: &[Parameter]) -> Result<(), ConfigError> {
    let count: usize = parameters.iter().map(Parameter::numel).sum();
    ensure(count <= MOST_PARAMETERS, "block_out_channels", || {
        format!("gives {count} parameters, more than {MOST_PARAMETERS}; narrow the levels")
    })
}

/// Refuses the value of a key unless something holds.
pub(crate) fn ensure(
    holds: bool,
    key: &'static str,
    problem: impl FnOnce() -> String,
) -> Result<(), ConfigError> {
    if holds { Ok(()) } else { Err(ConfigError { key, problem: problem() }) }
}

/// Refuses none of something and more than `most`.
pub(crate) fn within(
    key: &'static str,
    what: &str,
    found: usize,
    most: usize,
) -> Result<(), ConfigError> {
    ensure((1..=most).contains(&found), key, || format!("gives {found} {what}; write 1 to {most}"))
}

/// Refuses groups that do not divide channels.
pub(crate) fn divides(
    key: &'static str,
    groups: usize,
    channels: usize,
) -> Result<(), ConfigError> {
    ensure(groups > 0 && channels.is_multiple_of(groups), key, || {
        format!("is {groups}, which does not divide {channels} channels; write a divisor of them")
    })
}
