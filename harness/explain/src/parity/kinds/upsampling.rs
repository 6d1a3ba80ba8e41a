//! Mistakes of Upsample over two axes, from torch's input and attributes.
//!
//! Not here: pooling, and upsampling along one or three axes.

use super::arrays::{Array, lanes};
use super::{Check, affordable};

/// How values between the input's are made.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Nearest,
    NearestExact,
    Bilinear,
    /// With the constant of the cubic: torch's is -0.75.
    Bicubic(f64),
}

/// The name and the mode of each, torch's own first.
const MODES: [(&str, Mode); 5] = [
    ("nearest", Mode::Nearest),
    ("nearest-exact", Mode::NearestExact),
    ("bilinear", Mode::Bilinear),
    ("bicubic", Mode::Bicubic(-0.75)),
    ("bicubic with a = -0.5", Mode::Bicubic(-0.5)),
];

/// One resampling of the last two axes.
#[derive(Clone, Copy)]
struct Upsampling {
    mode: Mode,
    align_corners: bool,
    /// Whether the step is the inverse of `scale_factor`, or the ratio of the lengths.
    scale: Option<[f64; 2]>,
}

/// The mistake of an upsampling.
pub(super) fn kind(check: &Check<'_>) -> Option<String> {
    let layer = check.layer;
    let fallback = if layer.class == "UpsamplingBilinear2d" { "bilinear" } else { "nearest" };
    let name = layer.text("mode").unwrap_or(fallback);
    let mode = MODES.iter().find(|(known, _)| *known == name)?.1;
    let align_corners =
        layer.flag("align_corners").unwrap_or(layer.class == "UpsamplingBilinear2d");
    let torch = Upsampling { mode, align_corners, scale: scale(check) };
    let says =
        |upsampling: Upsampling, words: String| check.clause(upsampling.computed(check), || words);
    let corners = || {
        says(
            Upsampling { align_corners: !align_corners, ..torch },
            format!("align_corners: torch's is {align_corners}, here it is {}", !align_corners),
        )
    };
    let step = || {
        says(
            Upsampling { scale: None, ..torch },
            "the step is the ratio of the lengths, torch's is the inverse of scale_factor"
                .to_owned(),
        )
    };
    let modes = || {
        MODES.iter().filter(|(known, _)| *known != name).find_map(|&(ours, mode)| {
            let words = format!("mode: torch's is {name}, here it is {ours}");
            let aligned = || {
                says(
                    Upsampling { mode, align_corners: !align_corners, ..torch },
                    format!("{words} with align_corners {}", !align_corners),
                )
            };
            says(Upsampling { mode, ..torch }, words.clone()).or_else(aligned)
        })
    };
    corners().or_else(step).or_else(modes)
}

/// The attribute `scale_factor`, one number or two.
fn scale(check: &Check<'_>) -> Option<[f64; 2]> {
    let value = check.layer.attributes.get("scale_factor")?;
    let factors = match value.as_array().map(Vec::as_slice) {
        None => [value.as_f64()?; 2],
        Some([rows, columns]) => [rows.as_f64()?, columns.as_f64()?],
        Some(_) => return None,
    };
    factors.iter().all(|&factor| factor > 0.0).then_some(factors)
}

impl Upsampling {
    /// The input resampled to the lengths of our result.
    fn computed(&self, check: &Check<'_>) -> Option<Array> {
        let (input, got) = (check.input()?, check.layer.got);
        let first = input.shape.len().checked_sub(2)?;
        if got.shape.len() != input.shape.len() || input.values.is_empty() {
            return None;
        }
        // Four taps along each of the two axes are the most that a mode has.
        affordable(&[got.values.len(), 8])?;
        let rows = self.along(input.into(), first, got.shape[first])?;
        self.along(rows, first + 1, got.shape[first + 1])
    }

    /// One axis resampled: all modes do the two axes one after the other.
    fn along(&self, input: Array, axis: usize, steps: usize) -> Option<Array> {
        let (outer, length, inner) = lanes(&input.shape, axis);
        affordable(&[outer, steps, inner, 4])?;
        let scale = self.scale.map(|scale| scale[axis + 2 - input.shape.len()]);
        let taps: Vec<Vec<(usize, f64)>> =
            (0..steps).map(|step| self.taps(step, steps, length, scale)).collect();
        let mut values = Vec::with_capacity(outer * steps * inner);
        for (o, taps) in (0..outer).flat_map(|o| taps.iter().map(move |taps| (o, taps))) {
            let value = |n: usize| {
                taps.iter()
                    .map(|&(tap, weight)| weight * input.values[(o * length + tap) * inner + n])
                    .sum::<f64>()
            };
            values.extend((0..inner).map(value));
        }
        let mut shape = input.shape;
        shape[axis] = steps;
        Some(Array { shape, values })
    }

    /// The entries of the input that make one of the result, each with its weight.
    fn taps(
        &self,
        step: usize,
        steps: usize,
        length: usize,
        scale: Option<f64>,
    ) -> Vec<(usize, f64)> {
        let ratio = scale.map_or(length as f64 / steps as f64, f64::recip);
        let last = length - 1;
        let near = |place: f64| (place.max(0.0) as usize).min(last);
        let place = if self.align_corners && steps > 1 {
            step as f64 * last as f64 / (steps - 1) as f64
        } else if self.align_corners {
            0.0
        } else {
            (step as f64 + 0.5) * ratio - 0.5
        };
        match self.mode {
            // The constant keeps a whole place whole; torch computes these in f32.
            Mode::Nearest => vec![(near(step as f64 * ratio + 1e-9), 1.0)],
            Mode::NearestExact => vec![(near((step as f64 + 0.5) * ratio + 1e-9), 1.0)],
            Mode::Bilinear => {
                let place = place.max(0.0);
                let part = place - place.floor();
                vec![(near(place), 1.0 - part), (near(place + 1.0), part)]
            }
            Mode::Bicubic(a) => {
                let weight = |tap: i32| {
                    (
                        near(place.floor() + f64::from(tap)),
                        cubic(place - place.floor() - f64::from(tap), a),
                    )
                };
                (-1..3).map(weight).collect()
            }
        }
    }
}

/// The cubic of a tap at a distance, in Keys' form.
fn cubic(distance: f64, a: f64) -> f64 {
    let x = distance.abs();
    if x <= 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else {
        ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a
    }
}
