//! Halving and doubling the resolution: the convolutions between levels and the bare forms that a
//! residual block uses inside.

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::nn::pool::AvgPool2dConfig;
use burn::tensor::Tensor;
use burn_repro::within;

use super::parameters::Declaration;
use super::weights::Reader;

/// Padding of one on every side.
pub(crate) const SAME: PaddingConfig2d = PaddingConfig2d::Explicit(1, 1, 1, 1);

/// A convolution that halves the resolution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Downsample2DConfig {
    pub(crate) channels: usize,
    /// `downsample_padding`.
    pub(crate) padding: usize,
}

impl Downsample2DConfig {
    pub(crate) fn declare(&self, parameters: &mut Declaration<'_>) {
        parameters.conv2d("conv", [self.channels; 2], 3);
    }

    pub(crate) fn init(&self, weights: &Reader<'_>) -> Downsample2D {
        // No padding means the far row and column only, as in the DDPM code.
        let padding = match self.padding {
            0 => PaddingConfig2d::Explicit(0, 0, 1, 1),
            padding => PaddingConfig2d::Explicit(padding, padding, padding, padding),
        };
        Downsample2D { conv: weights.conv2d("conv", 2, padding) }
    }
}

/// Halves the resolution with a convolution of stride two.
#[derive(Module, Debug)]
pub(crate) struct Downsample2D {
    conv: Conv2d,
}

impl Downsample2D {
    /// `(N, C, H, W)` to `(N, C, H / 2, W / 2)`.
    pub(crate) fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        within("conv", || self.conv.forward(input))
    }
}

/// Doubling and a convolution after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Upsample2DConfig {
    pub(crate) channels: usize,
}

impl Upsample2DConfig {
    pub(crate) fn declare(&self, parameters: &mut Declaration<'_>) {
        parameters.conv2d("conv", [self.channels; 2], 3);
    }

    pub(crate) fn init(&self, weights: &Reader<'_>) -> Upsample2D {
        Upsample2D { conv: weights.conv2d("conv", 1, SAME) }
    }
}

/// Doubles the resolution by repetition and smooths with a convolution.
#[derive(Module, Debug)]
pub(crate) struct Upsample2D {
    conv: Conv2d,
}

impl Upsample2D {
    /// `(N, C, H, W)` to `(N, C, 2 H, 2 W)`.
    pub(crate) fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let doubled = double(input);
        within("conv", || self.conv.forward(doubled))
    }
}

/// Repeats every pixel in both directions.
///
/// Nearest-neighbour interpolation, but by moving data: interpolation kernels compute source
/// coordinates in floating point, and backends round those differently.
pub(crate) fn double(input: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = input.dims();
    input
        .reshape([batch, channels, height, 1, width, 1])
        .expand([batch, channels, height, 2, width, 2])
        .reshape([batch, channels, 2 * height, 2 * width])
}

/// Averages every two by two pixels.
pub(crate) fn halve(input: Tensor<4>) -> Tensor<4> {
    AvgPool2dConfig::new([2, 2]).init().forward(input)
}
