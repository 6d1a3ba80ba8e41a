//! Outputs as small pictures in their own size, each kept once. Images (N, H, W, C) stand as a screen shows them; of
//! latents (N, C, H, W) every channel is a grey tile between the golden's extremes.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::report::picture::{Canvas, difference_png_at, png_at};
use burn_repro_core::compare::{Images, eight_bits, flip_map};
use burn_repro_core::trace::HostTensor;

/// Pixels of a picture at most: more would make the file heavy without being seen.
const PIXELS: usize = 1 << 20;

/// Bytes of all pictures of a page: what a browser still opens at once.
const BUDGET: usize = 48 << 20;

/// Where the pictures of an output stand in the list.
#[derive(Debug, Default, Serialize)]
pub(super) struct Shown {
    golden: Option<usize>,
    result: Option<usize>,
    difference: Option<usize>,
    flip: Option<usize>,
}

/// Every picture of a page, once.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    known: BTreeMap<Vec<u8>, usize>,
    bytes: usize,
}

impl Pictures {
    /// In the order of their places.
    pub(super) fn into_base64(self) -> Vec<String> {
        let mut pictures: Vec<(Vec<u8>, usize)> = self.known.into_iter().collect();
        pictures.sort_by_key(|(_, place)| *place);
        pictures.into_iter().map(|(bytes, _)| STANDARD.encode(bytes)).collect()
    }

    fn keep(&mut self, bytes: Vec<u8>) -> usize {
        let (next, length) = (self.known.len(), bytes.len());
        let place = *self.known.entry(bytes).or_insert(next);
        if place == next {
            self.bytes += length;
        }
        place
    }

    /// The pictures of a result and its golden, what the difference was multiplied by, and how they were made, in words.
    pub(super) fn show(
        &mut self,
        got: Option<&HostTensor>,
        want: Option<&HostTensor>,
    ) -> (Shown, Option<f64>, String) {
        let Some(either) = want.or(got) else {
            return (Shown::default(), None, String::new());
        };
        let large = || (Shown::default(), None, "too large to be shown here".to_owned());
        if either.values.len() > PIXELS {
            return large();
        }
        if self.bytes > BUDGET {
            let how = "left out: the pictures of other cells fill this report; one of this run alone shows it";
            return (Shown::default(), None, how.to_owned());
        }
        // What is an image is decided by the golden: a broken result is none. Without one the shape has to do.
        let shown_alone = want.is_none() && as_images(either).is_some();
        let (tiles, how) = match Images::of(either) {
            Some(_) => (Tiles::Image, ""),
            None if shown_alone => {
                (Tiles::Image, "values outside of 0 to 1 are shown as the nearer of them")
            }
            None if either.shape.len() == 4 => (
                Tiles::grey(either),
                "every channel is a grey tile, from the golden's smallest element to its largest",
            ),
            None => return (Shown::default(), None, "this shape has no picture".into()),
        };
        let mut shown = Shown::default();
        let mut picture = |tensor: Option<&HostTensor>| {
            let drawn = tiles.draw(tensor.filter(|tensor| tensor.shape == either.shape)?)?;
            Some(self.keep(drawn))
        };
        shown.golden = picture(want);
        shown.result = picture(got);
        let both = got.zip(want).filter(|(got, want)| got.shape == want.shape);
        let difference = both.and_then(|(got, want)| tiles.difference(got, want));
        let gain = difference.as_ref().and_then(|(_, gain)| *gain);
        shown.difference = difference.map(|(bytes, _)| self.keep(bytes));
        shown.flip =
            both.and_then(|(got, want)| tiles.flip(got, want)).map(|bytes| self.keep(bytes));
        (shown, gain, how.to_owned())
    }
}

/// How a tensor becomes a picture.
enum Tiles {
    Image,
    Grey { least: f64, span: f64 },
}

impl Tiles {
    /// Grey between the extremes of a tensor.
    fn grey(tensor: &HostTensor) -> Self {
        let finite = || tensor.values.iter().copied().filter(|value| value.is_finite());
        let least = finite().fold(f64::INFINITY, f64::min);
        let span = finite().fold(f64::NEG_INFINITY, f64::max) - least;
        Self::Grey { least, span: if span > 0.0 { span } else { 1.0 } }
    }

    fn draw(&self, tensor: &HostTensor) -> Option<Vec<u8>> {
        match self {
            Self::Image => {
                let images = as_images(tensor)?;
                png_at(1, &Canvas::of(&images), eight_bits).ok()
            }
            Self::Grey { least, span } => {
                let channels = Channels::of(tensor)?;
                png_at(1, &channels.canvas(), |value| eight_bits((value - least) / span)).ok()
            }
        }
    }

    fn difference(&self, got: &HostTensor, want: &HostTensor) -> Option<(Vec<u8>, Option<f64>)> {
        match self {
            Self::Image => {
                let (got, want) = (as_images(got)?, as_images(want)?);
                difference_png_at(1, &Canvas::of(&got), &Canvas::of(&want)).ok()
            }
            Self::Grey { .. } => {
                let (got, want) = (Channels::of(got)?, Channels::of(want)?);
                difference_png_at(1, &got.canvas(), &want.canvas()).ok()
            }
        }
    }

    /// Where a person would see the difference; none of what no screen shows.
    fn flip(&self, got: &HostTensor, want: &HostTensor) -> Option<Vec<u8>> {
        let Self::Image = self else { return None };
        let (got, want) = (as_images(got)?, as_images(want)?);
        if got
            .values
            .iter()
            .zip(want.values)
            .all(|(got, want)| eight_bits(*got) == eight_bits(*want))
        {
            return None;
        }
        let map = flip_map(&got, &want)?;
        let map = Images { channels: 3, values: &map, ..want };
        png_at(1, &Canvas::of(&map), eight_bits).ok()
    }
}

/// The tensor as images, whatever its values are.
fn as_images(tensor: &HostTensor) -> Option<Images<'_>> {
    let [count, height, width, channels @ (1 | 3)] = tensor.shape[..] else { return None };
    Some(Images { count, height, width, channels, values: &tensor.values })
}

/// The channels of latents, side by side: a row for each sample.
struct Channels<'a> {
    shape: [usize; 4],
    values: &'a [f64],
}

impl<'a> Channels<'a> {
    fn of(tensor: &'a HostTensor) -> Option<Self> {
        let shape: [usize; 4] = tensor.shape[..].try_into().ok()?;
        Some(Self { shape, values: &tensor.values })
    }

    fn canvas(&self) -> Canvas<'a> {
        let [samples, channels, height, width] = self.shape;
        Canvas {
            rows: samples * height,
            columns: channels * width,
            channels: 1,
            values: self.values,
            place: Box::new(move |row, column| {
                let (sample, row) = (row / height, row % height);
                let (channel, column) = (column / width, column % width);
                ((sample * channels + channel) * height + row) * width + column
            }),
        }
    }
}
