//! What a configuration means: the widths of every block, as `UNet2DModel.__init__` works them out.

use super::attention::AttentionConfig;
use super::down_block::{DownBlock2DConfig, DownsamplerConfig};
use super::embedding::{TimeProjectionConfig, TimestepEmbeddingConfig};
use super::layers::LayersConfig;
use super::mid_block::UNetMidBlock2DConfig;
use super::resnet::{Resampling, ResnetBlock2DConfig, ResnetStyle};
use super::sampling::{Downsample2DConfig, Upsample2DConfig};
use super::up_block::{UpBlock2DConfig, UpsamplerConfig};
use super::{DownBlockType, SamplingType, TimeScaleShift, UNet2DConfig, UpBlockType};

impl UNet2DConfig {
    /// Channels of the shallowest level; 0 in a configuration that `validate` refuses.
    pub(super) fn first_channels(&self) -> usize {
        self.block_out_channels.first().copied().unwrap_or(0)
    }

    /// Channels of the deepest level; 0 in a configuration that `validate` refuses.
    pub(super) fn last_channels(&self) -> usize {
        self.block_out_channels.last().copied().unwrap_or(0)
    }

    /// Width of the time embedding.
    pub(super) fn time_channels(&self) -> usize {
        self.time_embedding_dim.unwrap_or(4 * self.first_channels())
    }

    pub(super) fn time_projection(&self) -> TimeProjectionConfig {
        TimeProjectionConfig {
            kind: self.time_embedding_type,
            channels: self.first_channels(),
            freq_shift: self.freq_shift,
            flip_sin_to_cos: self.flip_sin_to_cos,
            num_train_timesteps: self.num_train_timesteps.unwrap_or(0),
        }
    }

    pub(super) fn time_embedding(&self) -> TimestepEmbeddingConfig {
        TimestepEmbeddingConfig {
            input: self.time_projection().width(),
            output: self.time_channels(),
        }
    }

    pub(super) fn down_blocks(&self) -> Vec<DownBlock2DConfig> {
        let levels = self.down_block_types.iter().zip(&self.block_out_channels).enumerate();
        let mut previous = self.first_channels();
        let block = |(level, (&kind, &channels)): (usize, (&DownBlockType, &usize))| {
            let input = std::mem::replace(&mut previous, channels);
            let is_last = level + 1 == self.block_out_channels.len();
            DownBlock2DConfig {
                layers: LayersConfig {
                    resnets: (0..self.layers_per_block)
                        .map(|layer| if layer == 0 { input } else { channels })
                        .map(|input| ResnetBlock2DConfig::new(input, channels, self.style()))
                        .collect(),
                    attention: (kind == DownBlockType::AttnDownBlock2D)
                        .then(|| self.attention(channels)),
                },
                downsampler: (!is_last).then(|| self.downsampler(kind, channels)),
            }
        };
        levels.map(block).collect()
    }

    pub(super) fn mid_block(&self) -> Option<UNetMidBlock2DConfig> {
        self.mid_block_type?;
        let channels = self.last_channels();
        let factor = self.mid_block_scale_factor;
        let default_groups = match self.resnet_time_scale_shift {
            TimeScaleShift::Default => Some(self.norm_num_groups),
            TimeScaleShift::ScaleShift => None,
        };
        Some(UNetMidBlock2DConfig {
            resnet: ResnetBlock2DConfig {
                output_scale_factor: factor,
                ..ResnetBlock2DConfig::new(channels, channels, self.style())
            },
            attention: self.add_attention.then(|| AttentionConfig {
                groups: self.attn_norm_num_groups.or(default_groups),
                rescale_output_factor: factor,
                ..self.attention(channels)
            }),
        })
    }

    pub(super) fn up_blocks(&self) -> Vec<UpBlock2DConfig> {
        let deepest_first: Vec<usize> = self.block_out_channels.iter().rev().copied().collect();
        let mut previous = self.last_channels();
        let block = |(level, &kind): (usize, &UpBlockType)| {
            let channels = *deepest_first.get(level)?;
            let from_below = std::mem::replace(&mut previous, channels);
            let shallower = deepest_first.get(level + 1).copied();
            // The skip connections come in reverse: the level's own outputs, then the one with
            // which it began, which has the width of the level above.
            let resnet = |layer: usize| {
                let hidden = if layer == 0 { from_below } else { channels };
                let is_last = layer == self.layers_per_block;
                let skip = if is_last { shallower.unwrap_or(channels) } else { channels };
                ResnetBlock2DConfig::new(hidden + skip, channels, self.style())
            };
            Some(UpBlock2DConfig {
                layers: LayersConfig {
                    resnets: (0..=self.layers_per_block).map(resnet).collect(),
                    attention: (kind == UpBlockType::AttnUpBlock2D)
                        .then(|| self.attention(channels)),
                },
                upsampler: shallower.map(|_| self.upsampler(kind, channels)),
            })
        };
        self.up_block_types.iter().enumerate().filter_map(block).collect()
    }

    fn style(&self) -> ResnetStyle {
        ResnetStyle {
            time_channels: Some(self.time_channels()),
            groups: self.norm_num_groups,
            epsilon: self.norm_eps,
            activation: self.act_fn,
            time_scale_shift: self.resnet_time_scale_shift,
        }
    }

    fn attention(&self, channels: usize) -> AttentionConfig {
        AttentionConfig {
            channels,
            head_dim: self.attention_head_dim.unwrap_or(channels),
            groups: Some(self.norm_num_groups),
            epsilon: self.norm_eps,
            rescale_output_factor: 1.0,
            has_bias: true,
        }
    }

    fn downsampler(&self, kind: DownBlockType, channels: usize) -> DownsamplerConfig {
        // Only blocks with attention listen to `downsample_type`, as in diffusers.
        let sampling = match kind {
            DownBlockType::DownBlock2D => SamplingType::Conv,
            DownBlockType::AttnDownBlock2D => self.downsample_type,
            DownBlockType::ResnetDownsampleBlock2D => SamplingType::Resnet,
        };
        match sampling {
            SamplingType::Conv => DownsamplerConfig::Conv(Downsample2DConfig {
                channels,
                padding: self.downsample_padding,
            }),
            SamplingType::Resnet => {
                DownsamplerConfig::Resnet(self.resampling(channels, Resampling::Halve))
            }
        }
    }

    fn upsampler(&self, kind: UpBlockType, channels: usize) -> UpsamplerConfig {
        // Only blocks with attention listen to `upsample_type`, as in diffusers.
        let sampling = match kind {
            UpBlockType::UpBlock2D => SamplingType::Conv,
            UpBlockType::AttnUpBlock2D => self.upsample_type,
            UpBlockType::ResnetUpsampleBlock2D => SamplingType::Resnet,
        };
        match sampling {
            SamplingType::Conv => UpsamplerConfig::Conv(Upsample2DConfig { channels }),
            SamplingType::Resnet => {
                UpsamplerConfig::Resnet(self.resampling(channels, Resampling::Double))
            }
        }
    }

    fn resampling(&self, channels: usize, resampling: Resampling) -> ResnetBlock2DConfig {
        ResnetBlock2DConfig {
            resampling,
            ..ResnetBlock2DConfig::new(channels, channels, self.style())
        }
    }
}
