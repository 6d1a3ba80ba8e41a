//! What a cell recorded: host tensors in order, the outputs by name, and the hashes of the noise.
//!
//! Pure data and its arithmetic; reading a device is `Probe`'s work, bytes on a pipe or in a file are `tensor_file`'s.

use serde::{Deserialize, Serialize};

pub use burn_repro_target::Dtype;

/// What the elements of a tensor are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementType {
    /// Floats of a type; two may differ by a tolerance.
    Float(Dtype),
    /// Integers of any width, which are equal or not.
    Integer,
    /// Truth values: 0 and 1.
    Boolean,
}

impl ElementType {
    /// Whether elements may differ by a tolerance.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Self::Float(_))
    }

    /// What it is called.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Float(dtype) => dtype.as_str(),
            Self::Integer => "integers",
            Self::Boolean => "booleans",
        }
    }
}

impl From<Dtype> for ElementType {
    fn from(dtype: Dtype) -> Self {
        Self::Float(dtype)
    }
}

/// A tensor read back to the host, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct HostTensor {
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// The type the elements had on the device.
    pub dtype: ElementType,
    /// The elements, widened to `f64` without rounding; integers up to 2^53.
    pub values: Vec<f64>,
}

impl HostTensor {
    /// Sum of the absolute values, added in `f64` in memory order.
    ///
    /// Made on the host: a backend's own `sum()` may depend on thread timing.
    #[must_use]
    pub fn abs_sum(&self) -> f64 {
        self.values.iter().map(|value| value.abs()).sum()
    }

    /// Mean of the absolute values; NaN for an empty tensor.
    #[must_use]
    pub fn abs_mean(&self) -> f64 {
        self.abs_sum() / self.values.len() as f64
    }

    /// Index of the first NaN or infinity, if there is one.
    #[must_use]
    pub fn first_non_finite(&self) -> Option<usize> {
        self.values.iter().position(|value| !value.is_finite())
    }

    /// The coordinates of a flat index.
    #[must_use]
    pub fn coordinates(&self, flat: usize) -> Vec<usize> {
        coordinates(&self.shape, flat)
    }
}

/// The coordinates of a flat index in a shape, row-major.
#[must_use]
pub fn coordinates(shape: &[usize], flat: usize) -> Vec<usize> {
    let mut rest = flat;
    let mut coordinates = vec![0; shape.len()];
    for (place, length) in coordinates.iter_mut().zip(shape).rev() {
        *place = rest % length;
        rest /= length;
    }
    coordinates
}

/// A host tensor and the name the pipeline gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// For instance `step.01/latents` or `image`.
    pub name: String,
    /// The values.
    pub tensor: HostTensor,
}

/// Everything a cell recorded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// The noise the pipeline drew on the host.
    pub noise: Noise,
    /// SHA-256 of the weights the pipeline used, if it stated one.
    pub weights_sha256: Option<String>,
    /// Intermediate tensors, in the order in which they were recorded.
    pub records: Vec<NamedTensor>,
    /// Results, in the order in which they were put out.
    pub outputs: Vec<NamedTensor>,
}

impl Trace {
    /// The output of that name.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&HostTensor> {
        find(&self.outputs, name)
    }

    /// The largest difference of an output from another trace's; nothing where one is not finite or has another shape.
    #[must_use]
    pub fn largest_difference(&self, other: &Self) -> Option<f64> {
        let mut largest = 0.0_f64;
        for NamedTensor { name, tensor } in &self.outputs {
            let other = other.output(name).filter(|other| other.shape == tensor.shape)?;
            let pairs = tensor.values.iter().zip(&other.values);
            for (left, right) in pairs.filter(|(left, right)| left.to_bits() != right.to_bits()) {
                largest = largest.max(Some((left - right).abs()).filter(|far| far.is_finite())?);
            }
        }
        Some(largest)
    }

    /// The intermediate tensor of that name.
    #[must_use]
    pub fn record(&self, name: &str) -> Option<&HostTensor> {
        find(&self.records, name)
    }
}

fn find<'a>(tensors: &'a [NamedTensor], name: &str) -> Option<&'a HostTensor> {
    tensors.iter().find(|named| named.name == name).map(|named| &named.tensor)
}

/// Hashes of the noise a pipeline drew on the host, before any device saw it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// How many tensors of noise were drawn.
    pub draws: usize,
    /// SHA-256 over the little-endian `f32` bytes of the first draw, what `repro noise` prints.
    pub first_sha256: Option<String>,
    /// SHA-256 over the bytes of all draws, one after another.
    pub all_sha256: Option<String>,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn trace(values: &[f64]) -> Trace {
        let tensor = HostTensor {
            shape: vec![values.len()],
            dtype: Dtype::F32.into(),
            values: values.to_vec(),
        };
        Trace { outputs: vec![NamedTensor { name: "image".into(), tensor }], ..Trace::default() }
    }

    #[rstest]
    #[case(&[1.0, 2.0], &[1.0, 2.0], Some(0.0))]
    #[case(&[1.0, 2.5], &[1.0, 2.0], Some(0.5))]
    #[case(&[1.0, f64::NAN], &[1.0, 2.0], None)]
    #[case(&[1.0, f64::NAN], &[1.0, f64::NAN], Some(0.0))]
    #[case(&[1.0], &[1.0, 2.0], None)]
    fn how_far_a_result_is_from_another(
        #[case] got: &[f64],
        #[case] other: &[f64],
        #[case] want: Option<f64>,
    ) {
        assert_eq!(trace(got).largest_difference(&trace(other)), want);
    }
}
