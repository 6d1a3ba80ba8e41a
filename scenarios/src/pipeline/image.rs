//! From latents to an image, as diffusers' pipelines do with `output_type="np"`.

use burn::tensor::Tensor;
use burn_repro::Probe;

/// Puts out `latents` (N, C, H, W) and `image` (N, H, W, C) in [0, 1].
///
/// Both, because an image saturates: a third of the tiny ones lies at 0 or 1 and hides differences.
pub(super) fn put_out(latents: Tensor<4>, probe: &mut Probe) {
    probe.output("latents", &latents);
    let image = latents.div_scalar(2.0).add_scalar(0.5).clamp(0.0, 1.0);
    probe.output("image", &image.permute([0, 2, 3, 1]));
}
