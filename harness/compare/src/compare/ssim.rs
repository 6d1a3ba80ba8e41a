//! Structural similarity of images.
//!
//! Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error
//! visibility to structural similarity", 2004: a Gaussian window of 11 by 11 with sigma 1.5, K1 = 0.01,
//! K2 = 0.03, range 1, averaged over the windows that lie inside the image. The numbers are those of
//! scikit-image's `structural_similarity(gaussian_weights=True, sigma=1.5,
//! use_sample_covariance=False, data_range=1)`. Ours because the crate there is (image-compare)
//! takes 8-bit grey images and a flat 8 by 8 window, which gives other numbers.

use super::Images;

const SIGMA: f64 = 1.5;
const WINDOW: usize = 11;
/// (K1 L)^2 with the range L = 1.
const C1: f64 = 0.01 * 0.01;
/// (K2 L)^2.
const C2: f64 = 0.03 * 0.03;

/// The mean structural similarity over images and channels: 1 where nothing differs.
///
/// Images with a side under 11 get the largest odd window that fits.
#[must_use]
pub fn ssim(got: &Images<'_>, want: &Images<'_>) -> f64 {
    let shortest = want.height.min(want.width);
    let window = gaussian(WINDOW.min(shortest - (shortest + 1) % 2));
    let mut total = 0.0;
    for image in 0..want.count {
        for channel in 0..want.channels {
            let (x, y) = (got.channel(image, channel), want.channel(image, channel));
            total += ssim_of_channel(&x, &y, want.width, &window);
        }
    }
    total / (want.count * want.channels) as f64
}

/// Weights of a window of odd length, with the sum 1.
fn gaussian(length: usize) -> Vec<f64> {
    let middle = (length / 2) as f64;
    let weight = |index: usize| (-0.5 * ((index as f64 - middle) / SIGMA).powi(2)).exp();
    let weights: Vec<f64> = (0..length).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// Equation 13, averaged over all windows (equation 14).
fn ssim_of_channel(x: &[f64], y: &[f64], width: usize, window: &[f64]) -> f64 {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<_>>();
    let mean = |values: &[f64]| filtered(values, width, window);
    let (mu_x, mu_y) = (mean(x), mean(y));
    let (xx, yy, xy) = (mean(&product(x, x)), mean(&product(y, y)), mean(&product(x, y)));
    let mut total = 0.0;
    for at in 0..mu_x.len() {
        let (mu_x, mu_y) = (mu_x[at], mu_y[at]);
        let (sigma_x2, sigma_y2) = (xx[at] - mu_x * mu_x, yy[at] - mu_y * mu_y);
        let sigma_xy = xy[at] - mu_x * mu_y;
        total += ((2.0 * mu_x * mu_y + C1) * (2.0 * sigma_xy + C2))
            / ((mu_x * mu_x + mu_y * mu_y + C1) * (sigma_x2 + sigma_y2 + C2));
    }
    total / mu_x.len() as f64
}

/// The weighted means of all windows inside the image: rows first, then columns. One weight at a time
/// over whole rows, which the compiler turns into vector instructions.
fn filtered(values: &[f64], width: usize, window: &[f64]) -> Vec<f64> {
    let columns = width + 1 - window.len();
    let mut across = vec![0.0; values.len() / width * columns];
    for (row, sums) in values.chunks_exact(width).zip(across.chunks_exact_mut(columns)) {
        for (shift, &weight) in window.iter().enumerate() {
            add_weighted(sums, &row[shift..], weight);
        }
    }
    let rows = across.len() / columns + 1 - window.len();
    let mut means = vec![0.0; rows * columns];
    for (row, sums) in means.chunks_exact_mut(columns).enumerate() {
        for (shift, &weight) in window.iter().enumerate() {
            add_weighted(sums, &across[(row + shift) * columns..], weight);
        }
    }
    means
}

fn add_weighted(sums: &mut [f64], values: &[f64], weight: f64) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
}
