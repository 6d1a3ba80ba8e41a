//! FLIP: what a person sees of a difference when flipping between two images.
//!
//! P. Andersson, J. Nilsson, T. Akenine-Möller et al., "FLIP: A Difference Evaluator for Alternating
//! Images", 2020. The computation is NVIDIA's own, through the crate `nv-flip`; it takes 8 bits a
//! channel, so that differences no screen can show are 0. A build without the feature `flip` measures none, so that a
//! tolerance that names it is not met.

#[cfg(feature = "flip")]
use nv_flip::{DEFAULT_PIXELS_PER_DEGREE, FlipImageRgb8, FlipPool};

use super::Images;
#[cfg(feature = "flip")]
use super::image::eight_bits;

/// The mean FLIP error over the pixels of all images: 0 for none, 1 for the largest.
///
/// Seen at the distance that NVIDIA's tools take by default: 0.7 m from a 0.7 m wide screen of 3840
/// pixels, 67 pixels a degree.
#[cfg(feature = "flip")]
#[must_use]
pub fn flip(got: &Images<'_>, want: &Images<'_>) -> Option<f64> {
    let mean = |image: usize| {
        let [got, want] = [got, want].map(|images| rgb(images, image));
        let map = nv_flip::flip(want, got, DEFAULT_PIXELS_PER_DEGREE);
        f64::from(FlipPool::from_image(&map).mean())
    };
    Some((0..want.count).map(mean).sum::<f64>() / want.count as f64)
}

/// The FLIP error of every pixel in the colours of NVIDIA's tools (magma), as RGB in [0, 1], row-major.
#[cfg(feature = "flip")]
#[must_use]
pub fn flip_map(got: &Images<'_>, want: &Images<'_>) -> Option<Vec<f64>> {
    let colours = nv_flip::magma_lut();
    let map = |image: usize| {
        let [got, want] = [got, want].map(|images| rgb(images, image));
        let map = nv_flip::flip(want, got, DEFAULT_PIXELS_PER_DEGREE);
        map.apply_color_lut(&colours).to_vec()
    };
    Some((0..want.count).flat_map(map).map(|byte| f64::from(byte) / 255.0).collect())
}

/// This build does not measure it.
#[cfg(not(feature = "flip"))]
#[must_use]
pub fn flip(_: &Images<'_>, _: &Images<'_>) -> Option<f64> {
    None
}

/// This build does not measure it.
#[cfg(not(feature = "flip"))]
#[must_use]
pub fn flip_map(_: &Images<'_>, _: &Images<'_>) -> Option<Vec<f64>> {
    None
}

#[cfg(feature = "flip")]
fn rgb(images: &Images<'_>, image: usize) -> FlipImageRgb8 {
    let values = images.image(image).iter().map(|&value| eight_bits(value));
    let bytes: Vec<u8> = match images.channels {
        1 => values.flat_map(|grey| [grey; 3]).collect(),
        _ => values.collect(),
    };
    FlipImageRgb8::with_data(images.width as u32, images.height as u32, &bytes)
}
