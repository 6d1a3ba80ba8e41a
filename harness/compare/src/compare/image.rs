//! Which tensors are images, and their channels one by one.

use crate::trace::HostTensor;

/// A batch of images, (N, H, W, C) with 1 or 3 channels, values in [0, 1].
#[derive(Debug, Clone, Copy)]
pub struct Images<'a> {
    /// Number of images.
    pub count: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// 1 for grey, 3 for red, green and blue.
    pub channels: usize,
    /// All values, row-major.
    pub values: &'a [f64],
}

impl<'a> Images<'a> {
    /// The images of a tensor; nothing if it holds none: another shape, or values that no screen
    /// shows.
    #[must_use]
    pub fn of(tensor: &'a HostTensor) -> Option<Self> {
        let &[count, height, width, channels] = tensor.shape.as_slice() else { return None };
        let shown = tensor.values.iter().all(|value| (0.0..=1.0).contains(value));
        let values = tensor.values.as_slice();
        (matches!(channels, 1 | 3) && shown && !values.is_empty()).then_some(Self {
            count,
            height,
            width,
            channels,
            values,
        })
    }

    /// The values of one image.
    #[must_use]
    pub fn image(&self, index: usize) -> &'a [f64] {
        let length = self.height * self.width * self.channels;
        &self.values[index * length..(index + 1) * length]
    }

    /// The values of one channel of one image, row by row.
    #[must_use]
    pub fn channel(&self, image: usize, channel: usize) -> Vec<f64> {
        self.image(image).iter().skip(channel).step_by(self.channels).copied().collect()
    }
}

/// A value in [0, 1] as a screen shows it; what is outside or no number at the nearest end.
#[must_use]
pub fn eight_bits(value: f64) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}
