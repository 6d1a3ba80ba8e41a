//! The group norms that a sample passes through, and whether torch takes them: how many values each normalises together
//! follows from shapes alone.

use super::UNet2DConfig;
use super::attention::AttentionConfig;
use super::down_block::DownsamplerConfig;
use super::layers::LayersConfig;
use super::resnet::{Resampling, ResnetBlock2DConfig};
use super::up_block::UpsamplerConfig;

/// One group norm.
struct Norm {
    name: String,
    channels: usize,
    groups: usize,
    pixels: usize,
    /// Whether torch sees the pixels as one dimension.
    is_flat: bool,
}

impl UNet2DConfig {
    /// The first norm of a sample (NCHW) that has one value in each group, and the size that torch names when it refuses it.
    pub(super) fn norm_of_one_value(
        &self,
        [batch, _, height, width]: [usize; 4],
    ) -> Option<(String, Vec<usize>)> {
        // torch counts the groups of all samples together.
        let norms = if batch == 1 { self.norms([height, width]) } else { Vec::new() };
        let norm =
            norms.into_iter().find(|norm| norm.channels == norm.groups && norm.pixels == 1)?;
        let pixels = if norm.is_flat { vec![1] } else { vec![1, 1] };
        Some((norm.name, [vec![1, norm.groups], pixels].concat()))
    }

    /// Every norm in the order in which a sample of a height and a width meets them.
    fn norms(&self, [height, width]: [usize; 2]) -> Vec<Norm> {
        let pixels = |level: usize| (height >> level) * (width >> level);
        let last = self.block_out_channels.len().saturating_sub(1);
        let mut norms = Vec::new();
        for (level, block) in self.down_blocks().iter().enumerate() {
            let path = format!("down_blocks.{level}");
            norms.extend(layers(&path, &block.layers, pixels(level)));
            if let Some(DownsamplerConfig::Resnet(resnet)) = &block.downsampler {
                let path = format!("{path}.downsamplers.0");
                norms.extend(norms_of_resnet(&path, resnet, pixels(level)));
            }
        }
        norms.extend(self.norms_of_the_middle(pixels(last)));
        for (index, block) in self.up_blocks().iter().enumerate() {
            let path = format!("up_blocks.{index}");
            let pixels = pixels(last - index);
            norms.extend(layers(&path, &block.layers, pixels));
            if let Some(UpsamplerConfig::Resnet(resnet)) = &block.upsampler {
                norms.extend(norms_of_resnet(&format!("{path}.upsamplers.0"), resnet, pixels));
            }
        }
        norms.push(Norm {
            name: "conv_norm_out".into(),
            channels: self.first_channels(),
            groups: self.norm_num_groups,
            pixels: pixels(0),
            is_flat: false,
        });
        norms
    }

    fn norms_of_the_middle(&self, pixels: usize) -> Vec<Norm> {
        let Some(block) = self.mid_block() else { return Vec::new() };
        let resnet =
            |index| norms_of_resnet(&format!("mid_block.resnets.{index}"), &block.resnet, pixels);
        let attention = block.attention.as_ref();
        let attention =
            attention.and_then(|layer| norm_of_attention("mid_block.attentions.0", layer, pixels));
        resnet(0).into_iter().chain(attention).chain(resnet(1)).collect()
    }
}

fn layers(path: &str, layers: &LayersConfig, pixels: usize) -> Vec<Norm> {
    let of_layer = |(layer, resnet)| {
        let attention = layers.attention.as_ref().and_then(|attention| {
            norm_of_attention(&format!("{path}.attentions.{layer}"), attention, pixels)
        });
        let resnet = norms_of_resnet(&format!("{path}.resnets.{layer}"), resnet, pixels);
        resnet.into_iter().chain(attention)
    };
    layers.resnets.iter().enumerate().flat_map(of_layer).collect()
}

fn norms_of_resnet(path: &str, resnet: &ResnetBlock2DConfig, pixels: usize) -> [Norm; 2] {
    let inside = match resnet.resampling {
        Resampling::Keep => pixels,
        Resampling::Halve => pixels / 4,
        Resampling::Double => pixels * 4,
    };
    let norm = |name: &str, channels, pixels| Norm {
        name: format!("{path}.{name}"),
        channels,
        groups: resnet.style.groups,
        pixels,
        is_flat: false,
    };
    [norm("norm1", resnet.input, pixels), norm("norm2", resnet.output, inside)]
}

fn norm_of_attention(path: &str, attention: &AttentionConfig, pixels: usize) -> Option<Norm> {
    let name = format!("{path}.group_norm");
    Some(Norm {
        name,
        channels: attention.channels,
        groups: attention.groups?,
        pixels,
        is_flat: true,
    })
}
