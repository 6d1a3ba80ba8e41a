//! Tensors as PNG: a batch side by side, small images enlarged so that single pixels can be seen. Pure.

use burn_repro_core::compare::{Images, eight_bits};

/// The longer side of an image on the screen, in pixels, that small ones are enlarged towards.
const SIDE: usize = 256;

/// The images as a screen shows them.
///
/// # Errors
/// What the encoder says, as for an image too large for the format.
pub fn png(images: &Images<'_>) -> Result<Vec<u8>, png::EncodingError> {
    png_at(zoom(images), &Canvas::of(images), eight_bits)
}

/// The absolute differences of two batches of one shape, multiplied so that the largest is white; what
/// is not finite is white as well. Gives the factor, nothing where no finite element differs.
///
/// # Errors
/// What the encoder says.
pub fn difference_png(
    got: &Images<'_>,
    want: &Images<'_>,
) -> Result<(Vec<u8>, Option<f64>), png::EncodingError> {
    difference_png_at(zoom(want), &Canvas::of(got), &Canvas::of(want))
}

/// How often each pixel is repeated, so that small images can be seen.
fn zoom(images: &Images<'_>) -> usize {
    (SIDE / images.height.max(images.width)).max(1)
}

/// Values and where each pixel finds its first one.
pub(crate) struct Canvas<'a> {
    /// Pixels from top to bottom.
    pub rows: usize,
    /// Pixels from left to right.
    pub columns: usize,
    /// Values of each pixel: 1 for grey, 3 for colours.
    pub channels: usize,
    /// The values.
    pub values: &'a [f64],
    /// The place of a pixel's first value, by row and column.
    pub place: Box<dyn Fn(usize, usize) -> usize>,
}

impl<'a> Canvas<'a> {
    /// A batch side by side.
    pub fn of(images: &Images<'a>) -> Self {
        let Images { count, height, width, channels, values } = *images;
        let place = move |row: usize, column: usize| {
            let (image, column) = (column / width, column % width);
            ((image * height + row) * width + column) * channels
        };
        Self { rows: height, columns: count * width, channels, values, place: Box::new(place) }
    }
}

/// The difference of two canvases of one layout, as `difference_png`.
pub(crate) fn difference_png_at(
    zoom: usize,
    got: &Canvas<'_>,
    want: &Canvas<'_>,
) -> Result<(Vec<u8>, Option<f64>), png::EncodingError> {
    let differences: Vec<f64> =
        got.values.iter().zip(want.values).map(|(got, want)| (got - want).abs()).collect();
    let finite = differences.iter().copied().filter(|difference| difference.is_finite());
    let largest = finite.fold(0.0, f64::max);
    let gain = (largest > 0.0).then(|| largest.recip());
    let shade = |difference: f64| {
        if difference.is_finite() { eight_bits(difference * gain.unwrap_or(0.0)) } else { u8::MAX }
    };
    let Canvas { rows, columns, channels, ref place, .. } = *want;
    let bytes = encode(zoom, [rows, columns, channels], &differences, place, shade)?;
    Ok((bytes, gain))
}

/// A canvas with each pixel repeated `zoom` times in both directions.
pub(crate) fn png_at(
    zoom: usize,
    canvas: &Canvas<'_>,
    shade: impl Fn(f64) -> u8,
) -> Result<Vec<u8>, png::EncodingError> {
    let Canvas { rows, columns, channels, values, ref place } = *canvas;
    encode(zoom, [rows, columns, channels], values, place, shade)
}

fn encode(
    zoom: usize,
    [rows, columns, channels]: [usize; 3],
    values: &[f64],
    place: impl Fn(usize, usize) -> usize,
    shade: impl Fn(f64) -> u8,
) -> Result<Vec<u8>, png::EncodingError> {
    let mut pixels = Vec::with_capacity(values.len() * zoom * zoom);
    for row in 0..rows * zoom {
        for column in 0..columns * zoom {
            let first = place(row / zoom, column / zoom);
            pixels.extend(values[first..first + channels].iter().map(|&value| shade(value)));
        }
    }
    let mut bytes = Vec::new();
    let (across, down) = ((columns * zoom) as u32, (rows * zoom) as u32);
    let mut encoder = png::Encoder::new(&mut bytes, across, down);
    encoder.set_color(if channels == 1 { png::ColorType::Grayscale } else { png::ColorType::Rgb });
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        (reader.info().width, reader.info().height, pixels)
    }

    fn images(values: &[f64]) -> Images<'_> {
        Images { count: 2, height: 1, width: 256, channels: 1, values }
    }

    #[test]
    fn a_batch_stands_side_by_side() {
        let values: Vec<f64> = (0..512).map(|index| if index < 256 { 0.0 } else { 1.0 }).collect();
        let (width, height, pixels) = decoded(&png(&images(&values)).unwrap());
        assert_eq!((width, height), (512, 1));
        assert!(pixels[..256].iter().all(|&pixel| pixel == 0));
        assert!(pixels[256..].iter().all(|&pixel| pixel == 255));
    }

    #[test]
    fn small_images_are_enlarged_without_smoothing() {
        let small = Images { count: 1, height: 2, width: 1, channels: 3, values: &[0.5; 6] };
        let (width, height, pixels) = decoded(&png(&small).unwrap());
        assert_eq!((width, height), (128, 256));
        assert!(pixels.iter().all(|&pixel| pixel == 128));
    }

    #[test]
    fn the_largest_difference_is_white() {
        let want = vec![0.5; 512];
        let mut got = want.clone();
        got[3] += 1.0e-6;
        got[4] -= 0.5e-6;
        let (bytes, gain) = difference_png(&images(&got), &images(&want)).unwrap();
        let (_, _, pixels) = decoded(&bytes);
        assert_eq!((pixels[2], pixels[3], pixels[4]), (0, 255, 128));
        assert!((gain.unwrap() - 1.0e6).abs() < 1.0, "{gain:?}");
        let (_, none) = difference_png(&images(&want), &images(&want)).unwrap();
        assert_eq!(none, None);
    }

    #[test]
    fn what_is_not_finite_is_white() {
        let want = vec![0.5; 512];
        let mut got = want.clone();
        got[3] = f64::NAN;
        got[4] = f64::INFINITY;
        let (bytes, gain) = difference_png(&images(&got), &images(&want)).unwrap();
        let (_, _, pixels) = decoded(&bytes);
        assert_eq!((pixels[2], pixels[3], pixels[4], gain), (0, 255, 255, None));
    }
}
