//! The timestep as a vector: the projection on the host and the small network behind it.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData, activation};
use burn_repro::{linear, within};

use super::TimeEmbeddingType;
use super::parameters::{Declaration, Initial};
use super::weights::Reader;

/// The longest period of a positional embedding, in timesteps.
const MAX_PERIOD: f64 = 10_000.0;

/// What is known of the projection before there are weights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeProjectionConfig {
    pub(crate) kind: TimeEmbeddingType,
    /// Channels of the first level.
    pub(crate) channels: usize,
    pub(crate) freq_shift: f64,
    pub(crate) flip_sin_to_cos: bool,
    /// Rows of a learned table.
    pub(crate) num_train_timesteps: usize,
}

impl TimeProjectionConfig {
    /// Length of the vector.
    pub(crate) fn width(&self) -> usize {
        match self.kind {
            TimeEmbeddingType::Positional | TimeEmbeddingType::Learned => self.channels,
            TimeEmbeddingType::Fourier => 2 * self.channels,
        }
    }

    pub(crate) fn declare(&self, parameters: &mut Declaration<'_>) {
        match self.kind {
            TimeEmbeddingType::Positional => {}
            TimeEmbeddingType::Fourier => {
                parameters.push("weight", vec![self.channels], Initial::Frequencies);
            }
            TimeEmbeddingType::Learned => {
                let shape = vec![self.num_train_timesteps, self.channels];
                parameters.push("weight", shape, Initial::Normal);
            }
        }
    }

    pub(crate) fn init(&self, weights: &Reader<'_>) -> TimeProjection {
        match self.kind {
            TimeEmbeddingType::Positional => TimeProjection::Positional {
                frequencies: self.frequencies(),
                cosines_first: self.flip_sin_to_cos,
                width: self.channels,
            },
            TimeEmbeddingType::Fourier => {
                TimeProjection::Fourier { frequencies: weights.host("weight").1.to_vec() }
            }
            TimeEmbeddingType::Learned => TimeProjection::Learned {
                table: weights.host("weight").1.to_vec(),
                width: self.channels,
            },
        }
    }

    /// `10000^(-k / (half - freq_shift))`: Vaswani et al. (2017), section 3.5, with the shift of
    /// Ho et al.'s DDPM code.
    fn frequencies(&self) -> Vec<f32> {
        let half = self.channels / 2;
        let divisor = (half as f64 - self.freq_shift) as f32;
        let exponent = |k: usize| -MAX_PERIOD.ln() as f32 * k as f32 / divisor;
        (0..half).map(|k| f64::from(exponent(k)).exp() as f32).collect()
    }
}

/// `time_proj`: turns timesteps into rows of numbers, on the host.
///
/// On the host by choice. The rows are an input of the network, and a sine of an angle near 1000
/// is the one place where an error of the device's last bit grows a thousandfold; so every backend,
/// and the float64 reference too, gets the same rows. (diffusers keeps positional rows in float32
/// in a float64 model as well; its Fourier rows become float64 there, these do not.)
///
/// Angles are rounded to `f32` wherever torch rounds them, because that rounding is visible in
/// published numbers. `exp`, `ln`, `sin` and `cos` are taken in `f64` and rounded once, which does
/// not depend on the platform's libm. Compared with torch over timesteps 0 to 999: the frequencies
/// are the same bits, and one sine or cosine in twenty is one bit away.
#[derive(Debug, Clone)]
pub(crate) enum TimeProjection {
    Positional { frequencies: Vec<f32>, cosines_first: bool, width: usize },
    Fourier { frequencies: Vec<f32> },
    Learned { table: Vec<f32>, width: usize },
}

impl TimeProjection {
    /// One row for each timestep: `(timesteps.len(), width)`.
    pub(crate) fn forward(&self, timesteps: &[f64], device: &Device) -> Tensor<2> {
        let rows: Vec<f32> = timesteps.iter().flat_map(|&timestep| self.row(timestep)).collect();
        let shape = [timesteps.len(), rows.len() / timesteps.len()];
        Tensor::from_data(TensorData::new(rows, shape), device)
    }

    pub(crate) fn row(&self, timestep: f64) -> Vec<f32> {
        match self {
            Self::Positional { frequencies, cosines_first, width } => {
                let angles = frequencies.iter().map(|frequency| timestep as f32 * frequency);
                let mut row = sines_and_cosines(angles, *cosines_first);
                // An odd width ends with a zero.
                row.resize(*width, 0.0);
                row
            }
            Self::Fourier { frequencies } => {
                let logarithm = f64::from(timestep as f32).ln() as f32;
                let turn = std::f32::consts::PI;
                let angles = frequencies.iter().map(|frequency| logarithm * frequency * 2.0 * turn);
                sines_and_cosines(angles, false)
            }
            Self::Learned { table, width } => {
                let row = timestep as usize;
                table[row * width..(row + 1) * width].to_vec()
            }
        }
    }
}

fn sines_and_cosines(angles: impl Iterator<Item = f32>, cosines_first: bool) -> Vec<f32> {
    let (sines, cosines): (Vec<f32>, Vec<f32>) = angles
        .map(|angle| {
            let (sine, cosine) = f64::from(angle).sin_cos();
            (sine as f32, cosine as f32)
        })
        .unzip();
    if cosines_first { [cosines, sines].concat() } else { [sines, cosines].concat() }
}

/// The network behind the projection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimestepEmbeddingConfig {
    pub(crate) input: usize,
    pub(crate) output: usize,
}

impl TimestepEmbeddingConfig {
    pub(crate) fn declare(&self, parameters: &mut Declaration<'_>) {
        parameters.linear("linear_1", [self.input, self.output]);
        parameters.linear("linear_2", [self.output, self.output]);
    }

    pub(crate) fn init(&self, weights: &Reader<'_>) -> TimestepEmbedding {
        TimestepEmbedding {
            linear_1: weights.linear("linear_1"),
            linear_2: weights.linear("linear_2"),
        }
    }
}

/// `time_embedding`: two linear layers with a SiLU between them.
#[derive(Module, Debug)]
pub(crate) struct TimestepEmbedding {
    linear_1: Linear,
    linear_2: Linear,
}

impl TimestepEmbedding {
    /// `(N, input)` to `(N, output)`.
    pub(crate) fn forward(&self, rows: Tensor<2>) -> Tensor<2> {
        let hidden = within("linear_1", || linear(&self.linear_1, rows));
        let hidden = within("act", || activation::silu(hidden));
        within("linear_2", || linear(&self.linear_2, hidden))
    }
}
