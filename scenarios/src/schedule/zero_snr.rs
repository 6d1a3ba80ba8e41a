//! Rescaling of a schedule so that its last timestep is pure noise.
//!
//! Changes betas only; which timesteps a run visits and how it predicts is configured elsewhere.

use super::cumulative_product;

/// Betas with the same first alpha bar and a last alpha bar of exactly 0 (Lin et al. 2023, arXiv
/// 2305.08891, algorithm 1).
///
/// The square root is the correctly rounded one of IEEE 754. torch's own may be one unit in the
/// last place beside it, depending on the CPU (Intel's vector math library), and its betas then
/// differ from these by up to about 1e-5, its alphas_cumprod by 1e-6.
///
/// The last beta is 1. A schedule of one beta, or of betas that are all 0, gives NaN.
#[must_use]
pub fn rescale_to_zero_terminal_snr(betas: &[f32]) -> Vec<f32> {
    let roots: Vec<f32> = cumulative_product(betas).into_iter().map(f32::sqrt).collect();
    let (Some(&first), Some(&last)) = (roots.first(), roots.last()) else {
        return Vec::new();
    };
    let scale = first / (first - last);
    let mut previous = 1.0;
    let mut beta = |root: f32| {
        let shifted = (root - last) * scale;
        let alpha_bar = shifted * shifted;
        let alpha = alpha_bar / previous;
        previous = alpha_bar;
        1.0 - alpha
    };
    roots.into_iter().map(&mut beta).collect()
}
