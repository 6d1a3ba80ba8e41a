//! How much a configuration asks of a target: the longest reduction and the largest tensor, as upper bounds.

use super::{DownBlockType, UNet2DConfig, UpBlockType};

/// Elements of a 3 by 3 kernel.
pub(crate) const KERNEL: usize = 9;

/// What a model asks of a target, in elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// The most that one sum takes together: a convolution, a group of a norm, a row of attention.
    pub longest_reduction: usize,
    /// The most that one tensor holds: activations, or the scores of attention.
    pub largest_tensor: usize,
}

impl Extent {
    /// The larger of both, for what runs one after the other.
    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            longest_reduction: self.longest_reduction.max(other.longest_reduction),
            largest_tensor: self.largest_tensor.max(other.largest_tensor),
        }
    }
}

impl UNet2DConfig {
    /// The extent for a batch of samples of a height and a width.
    #[must_use]
    pub fn extent(&self, batch_size: usize, height: usize, width: usize) -> Extent {
        let mut extent = Extent::default();
        let groups = self.norm_num_groups.max(1);
        for (level, &channels) in self.block_out_channels.iter().enumerate() {
            let below = self.block_out_channels.get(level + 1).copied().unwrap_or(channels);
            // A block on the way up sees what comes from below beside the skip connection.
            let widest = channels.max(below) + channels;
            let pixels = (height >> level).max(1) * (width >> level).max(1);
            let row = if self.attends(level) { pixels } else { 0 };
            let reductions = [KERNEL * widest, widest.div_ceil(groups) * pixels, row];
            let tensors =
                [batch_size * widest * pixels, batch_size * self.heads(channels) * row * row];
            let longest = reductions.into_iter().fold(extent.longest_reduction, usize::max);
            let largest = tensors.into_iter().fold(extent.largest_tensor, usize::max);
            extent = Extent { longest_reduction: longest, largest_tensor: largest };
        }
        extent
    }

    fn heads(&self, channels: usize) -> usize {
        channels / self.attention_head_dim.unwrap_or(channels).max(1)
    }

    /// Whether pixels of a level attend to each other, on the way down, up, or at the turn.
    fn attends(&self, level: usize) -> bool {
        let last = self.block_out_channels.len() - 1;
        let down = self.down_block_types.get(level) == Some(&DownBlockType::AttnDownBlock2D);
        let up = self.up_block_types.get(last - level) == Some(&UpBlockType::AttnUpBlock2D);
        down || up || (level == last && self.mid_block_type.is_some() && self.add_attention)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_s_model_fits_everywhere() {
        let config = UNet2DConfig {
            block_out_channels: vec![128, 256, 256, 256],
            ..UNet2DConfig::default()
        };
        let extent = config.extent(1, 32, 32);
        // The norm in front of the last block: 256 + 128 channels in 32 groups of 32 by 32 pixels.
        assert_eq!(extent.longest_reduction, 384 / 32 * 1024);
        assert!(extent.largest_tensor >= 384 * 1024, "{extent:?}");
    }

    #[test]
    fn a_large_picture_is_more_than_llvmpipe_adds() {
        let extent = UNet2DConfig::default().extent(2, 512, 512);
        assert!(extent.longest_reduction > 262_144, "{extent:?}");
    }

    #[test]
    fn attention_counts_where_it_is() {
        let shallow = |kind| UNet2DConfig {
            block_out_channels: vec![8, 8],
            norm_num_groups: 8,
            down_block_types: vec![kind, DownBlockType::DownBlock2D],
            up_block_types: vec![UpBlockType::UpBlock2D; 2],
            attention_head_dim: Some(4),
            add_attention: false,
            ..UNet2DConfig::default()
        };
        let without = shallow(DownBlockType::DownBlock2D).extent(3, 16, 16);
        assert_eq!(without, Extent { longest_reduction: 512, largest_tensor: 3 * 16 * 256 });
        let with = shallow(DownBlockType::AttnDownBlock2D).extent(3, 16, 16);
        assert_eq!(with, Extent { longest_reduction: 512, largest_tensor: 3 * 2 * 256 * 256 });
    }
}
