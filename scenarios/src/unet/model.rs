//! `UNet2DModel`: the whole network.

use burn::module::Module;
use burn::nn::GroupNorm;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor, TensorData, activation};
use burn_repro::{scope, within};

use super::down_block::DownBlock2D;
use super::embedding::{TimeProjection, TimestepEmbedding};
use super::mid_block::UNetMidBlock2D;
use super::parameters::Declaration;
use super::sampling::SAME;
use super::up_block::UpBlock2D;
use super::weights::Reader;
use super::{
    Architecture, ConfigError, MismatchedWeights, Parameter, TimeEmbeddingType, UNet2DConfig,
    Weights,
};

impl UNet2DConfig {
    /// Every parameter of the model, in the order in which diffusers' `UNet2DModel.__init__` makes
    /// them. Opens no device; for a configuration that [`validate`](Self::validate) accepts.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        let mut root = Declaration::root(&mut parameters);
        let first = self.first_channels();
        root.conv2d("conv_in", [self.in_channels, first], 3);
        self.time_projection().declare(&mut root.enter("time_proj"));
        self.time_embedding().declare(&mut root.enter("time_embedding"));
        for (level, block) in self.down_blocks().iter().enumerate() {
            block.declare(&mut root.enter(format!("down_blocks.{level}")));
        }
        if let Some(block) = self.mid_block() {
            block.declare(&mut root.enter("mid_block"));
        }
        for (level, block) in self.up_blocks().iter().enumerate() {
            block.declare(&mut root.enter(format!("up_blocks.{level}")));
        }
        root.norm("conv_norm_out", first);
        root.conv2d("conv_out", [first, self.out_channels], 3);
        parameters
    }

    /// The number of values over all parameters; for google/ddpm-cifar10-32 it is 35,746,307.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        self.parameters().iter().map(Parameter::numel).sum()
    }
}

impl Architecture for UNet2DConfig {
    const CLASS: &'static str = "UNet2DModel";
    const PART: &'static str = "unet";
    const NOUN: &'static str = "UNet";
    type Model = UNet2DModel;

    fn validate(&self) -> Result<(), ConfigError> {
        Self::validate(self)
    }

    fn parameters(&self) -> Vec<Parameter> {
        Self::parameters(self)
    }

    fn build(&self, weights: &Weights, device: &Device) -> Result<UNet2DModel, MismatchedWeights> {
        UNet2DModel::new(self, weights, device)
    }
}

/// A denoiser: a noisy sample and its timestep in, the predicted noise (or whatever the model was
/// trained for) out.
///
/// Inference only; dropout is off, as after diffusers' `eval()`.
#[derive(Module, Debug)]
pub struct UNet2DModel {
    conv_in: Conv2d,
    #[module(skip)]
    time_proj: TimeProjection,
    time_embedding: TimestepEmbedding,
    down_blocks: Vec<DownBlock2D>,
    mid_block: Option<UNetMidBlock2D>,
    up_blocks: Vec<UpBlock2D>,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
    #[module(skip)]
    config: UNet2DConfig,
}

impl UNet2DModel {
    /// Makes the model on `device`, in the device's default float type.
    ///
    /// # Errors
    /// If the weights were made for another configuration.
    pub fn new(
        config: &UNet2DConfig,
        weights: &Weights,
        device: &Device,
    ) -> Result<Self, MismatchedWeights> {
        weights.check(&config.parameters())?;
        let root = Reader::root(weights, device);
        let (groups, epsilon) = (config.norm_num_groups, config.norm_eps);
        let level = |kind: &str, level: usize| root.enter(format!("{kind}.{level}"));
        Ok(Self {
            conv_in: root.conv2d("conv_in", 1, SAME),
            time_proj: config.time_projection().init(&root.enter("time_proj")),
            time_embedding: config.time_embedding().init(&root.enter("time_embedding")),
            down_blocks: (config.down_blocks().iter().enumerate())
                .map(|(index, block)| block.init(&level("down_blocks", index)))
                .collect(),
            mid_block: config.mid_block().map(|block| block.init(&root.enter("mid_block"))),
            up_blocks: (config.up_blocks().iter().enumerate())
                .map(|(index, block)| block.init(&level("up_blocks", index)))
                .collect(),
            conv_norm_out: root.group_norm("conv_norm_out", groups, epsilon),
            conv_out: root.conv2d("conv_out", 1, SAME),
            config: config.clone(),
        })
    }

    /// The configuration the model was made from.
    #[must_use]
    pub fn config(&self) -> &UNet2DConfig {
        &self.config
    }

    /// `(N, in_channels, H, W)` to `(N, out_channels, H, W)`; `timesteps` holds one value for the
    /// whole batch or one for each sample.
    ///
    /// # Panics
    /// On an input that [`UNet2DConfig::check_input`] refuses; call that before a device is opened.
    #[must_use]
    pub fn forward(&self, sample: Tensor<4>, timesteps: &[f64]) -> Tensor<4> {
        let shape = sample.dims();
        if let Err(error) = self.config.check_input(shape, timesteps) {
            panic!("{error}");
        }
        let device = sample.device();
        let timesteps = match timesteps {
            [timestep] => vec![*timestep; shape[0]],
            timesteps => timesteps.to_vec(),
        };
        let rows = within("time_proj", || self.time_proj.forward(&timesteps, &device));
        let time = within("time_embedding", || self.time_embedding.forward(rows));
        let output = self.denoise(self.center(sample), &time);
        match self.config.time_embedding_type {
            TimeEmbeddingType::Fourier => {
                let sigmas = TensorData::new(timesteps, [shape[0], 1, 1, 1]);
                output / Tensor::from_data(sigmas, &device)
            }
            TimeEmbeddingType::Positional | TimeEmbeddingType::Learned => output,
        }
    }

    fn center(&self, sample: Tensor<4>) -> Tensor<4> {
        if self.config.center_input_sample { sample * 2.0 - 1.0 } else { sample }
    }

    fn denoise(&self, sample: Tensor<4>, time: &Tensor<2>) -> Tensor<4> {
        let mut hidden = within("conv_in", || self.conv_in.forward(sample));
        let mut skips = vec![hidden.clone()];
        for (level, block) in self.down_blocks.iter().enumerate() {
            let _scope = scope(format_args!("down_blocks.{level}"));
            hidden = block.forward(hidden, time, &mut skips);
        }
        if let Some(block) = &self.mid_block {
            hidden = within("mid_block", || block.forward(hidden, Some(time)));
        }
        for (level, block) in self.up_blocks.iter().enumerate() {
            let _scope = scope(format_args!("up_blocks.{level}"));
            hidden = block.forward(hidden, time, &mut skips);
        }
        let hidden = within("conv_norm_out", || self.conv_norm_out.forward(hidden));
        let hidden = within("conv_act", || activation::silu(hidden));
        within("conv_out", || self.conv_out.forward(hidden))
    }
}
