//! `PatchEmbed`: squares of the latents become tokens that know their place.

use burn::module::{Module, Param};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::tensor::Tensor;
use burn_repro::within;

use crate::unet::parameters::Declaration;
use crate::unet::weights::Reader;

/// The longest period of a place, in tokens.
const MAX_PERIOD: f64 = 10_000.0;

/// Squares of latents.
#[derive(Debug, Clone, Copy)]
pub(super) struct PatchEmbedConfig {
    pub(super) channels: usize,
    /// Height and width of a square.
    pub(super) patch: usize,
    /// Squares along one side.
    pub(super) side: usize,
    /// Channels of a token, a multiple of 4.
    pub(super) width: usize,
}

impl PatchEmbedConfig {
    pub(super) fn declare(&self, parameters: &mut Declaration<'_>) {
        parameters.conv2d("proj", [self.channels, self.width], self.patch);
    }

    pub(super) fn init(&self, weights: &Reader<'_>) -> PatchEmbed {
        let places = self.places();
        PatchEmbed {
            proj: weights.conv2d("proj", self.patch, PaddingConfig2d::Valid),
            pos_embed: weights.upload(places, [1, self.side * self.side, self.width]),
        }
    }

    /// The place of each square: sines and cosines of its column, then of its row, with the frequencies
    /// `10000^(-k / (width / 4))` of Vaswani et al. (2017), section 3.5. In `f64`, rounded at the end, as diffusers has
    /// it.
    fn places(&self) -> Vec<f32> {
        let quarter = self.width / 4;
        let frequency = |k: usize| 1.0 / MAX_PERIOD.powf(k as f64 / quarter as f64);
        let waves = |coordinate: usize| {
            let angles = (0..quarter).map(move |k| coordinate as f64 * frequency(k));
            angles.clone().map(f64::sin).chain(angles.map(f64::cos))
        };
        let squares =
            (0..self.side).flat_map(|row| (0..self.side).map(move |column| (row, column)));
        squares
            .flat_map(|(row, column)| waves(column).chain(waves(row)))
            .map(|wave| wave as f32)
            .collect()
    }
}

/// Squares of latents to tokens.
#[derive(Module, Debug)]
pub(super) struct PatchEmbed {
    proj: Conv2d,
    /// No parameter in diffusers: a buffer that is not saved.
    pos_embed: Param<Tensor<3>>,
}

impl PatchEmbed {
    /// `(N, C, H, W)` to `(N, tokens, width)`.
    pub(super) fn forward(&self, latents: Tensor<4>) -> Tensor<3> {
        let tokens: Tensor<3> = within("proj", || self.proj.forward(latents)).flatten(2, 3);
        tokens.swap_dims(1, 2) + self.pos_embed.val()
    }
}
