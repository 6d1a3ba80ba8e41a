//! `VectorQuantizer`: each pixel of the latents becomes the nearest vector of a codebook (van den Oord et al. 2017,
//! arXiv 1711.00937, eq. 1 and 2).
//!
//! The nearest vector `e` to `z` has the least `|e|^2 / 2 - z e`, which is half of `|z - e|^2` without what all vectors
//! share. torch's `cdist` takes the whole distance, where the length of `z` hides the last digits of a small codebook; so
//! a tie in `f32` may go to another vector there.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn_repro::{matmul, within};

use crate::unet::parameters::{Declaration, Initial};
use crate::unet::weights::Reader;

/// A codebook.
#[derive(Debug, Clone, Copy)]
pub(super) struct VectorQuantizerConfig {
    pub(super) entries: usize,
    pub(super) channels: usize,
}

impl VectorQuantizerConfig {
    pub(super) fn declare(&self, parameters: &mut Declaration<'_>) {
        let initial = Initial::Codebook { entries: self.entries };
        parameters.enter("embedding").push("weight", vec![self.entries, self.channels], initial);
    }

    pub(super) fn init(&self, weights: &Reader<'_>) -> VectorQuantizer {
        VectorQuantizer { embedding: weights.enter("embedding").param("weight") }
    }
}

/// A codebook.
#[derive(Module, Debug)]
pub(super) struct VectorQuantizer {
    /// One vector in each row.
    embedding: Param<Tensor<2>>,
}

impl VectorQuantizer {
    /// `(N, C, H, W)` to the same shape.
    pub(super) fn forward(&self, latents: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = latents.dims();
        let pixels = latents.permute([0, 2, 3, 1]);
        let rows = pixels.clone().reshape([batch * height * width, channels]);
        let codebook = self.embedding.val();
        let nearest = within("nearest", || {
            let lengths = codebook.clone().square().sum_dim(1).div_scalar(2.0).transpose();
            (lengths - matmul(rows, codebook.clone().transpose())).argmin(1)
        });
        let nearest = nearest.reshape([batch * height * width]);
        let vectors = within("embedding", || codebook.select(0, nearest));
        let vectors = vectors.reshape([batch, height, width, channels]);
        // By way of the latents, as diffusers has it for gradients: its rounding is part of the result.
        let quantised = pixels.clone() + (vectors - pixels);
        quantised.permute([0, 3, 1, 2])
    }
}
