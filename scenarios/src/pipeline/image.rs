//! From latents to an image, as diffusers' pipelines do with `output_type="np"`.

use burn::tensor::Tensor;
use burn_repro::Probe;

use crate::sampler::Sampler;

/// Puts out `latents` (N, C, H, W) and `image` (N, H, W, C) in [0, 1], where the latents are the image.
///
/// Both, because an image saturates: a third of the tiny ones lies at 0 or 1 and hides differences.
pub(super) fn put_out(latents: Tensor<4>, probe: &mut Probe) {
    put_out_decoded(&latents.clone(), latents, probe);
}

/// The same of what a sampler ends with.
pub(super) fn put_out_of<S: Sampler>(latents: Tensor<4>, probe: &mut Probe) {
    if !S::ENDS_CLEAN {
        return put_out(latents, probe);
    }
    probe.output("latents", &latents);
    probe.output("image", &latents.clamp(0.0, 1.0).permute([0, 2, 3, 1]));
}

/// The same of latents and what an autoencoder makes of them.
pub(super) fn put_out_decoded(latents: &Tensor<4>, decoded: Tensor<4>, probe: &mut Probe) {
    probe.output("latents", latents);
    let image = decoded.div_scalar(2.0).add_scalar(0.5).clamp(0.0, 1.0);
    probe.output("image", &image.permute([0, 2, 3, 1]));
}
