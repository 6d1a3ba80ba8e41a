//! The tensors that a scenario's `inputs:` names, read from their files or drawn for a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use burn_repro_core::npy::{self, NpyError};
use burn_repro_core::scenario::{InputDraw, Seed};
use burn_repro_core::tensor_file::{self, Elements, TensorFileError};
use burn_repro_torch::Generator;

/// The tensors that a scenario names, by the names that its pipeline asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs(pub(crate) BTreeMap<String, Input>);

/// A tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// Of a file.
    File { file: PathBuf, tensor: String },
    /// Drawn in `f32` by a generator of its own, from a seed.
    Draw(InputDraw, Seed),
}

/// Why an input cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The scenario does not name it.
    #[error("the scenario has no `{name}` among its `inputs`: it has {known}")]
    Unknown {
        /// What the pipeline asks for.
        name: String,
        /// What the scenario names.
        known: String,
    },
    /// Its file cannot be read.
    #[error("{}: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the file system says.
        error: std::io::Error,
    },
    /// Its file is no file of tensors.
    #[error("{} {error}", file.display())]
    Format {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        error: TensorFileError,
    },
    /// Its file is no array of numpy's that a model takes.
    #[error("{} {error}", file.display())]
    Npy {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        error: NpyError,
    },
    /// Its file has no such tensor.
    #[error("{} has no tensor `{tensor}`", file.display())]
    Missing {
        /// The file.
        file: PathBuf,
        /// The tensor.
        tensor: String,
    },
    /// It has another rank than the pipeline takes.
    #[error("the input `{name}` has the shape {shape:?}: expected {expected} dimensions")]
    Rank {
        /// Its name.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
        /// The number of dimensions that the pipeline takes.
        expected: usize,
    },
    /// It holds something else than the pipeline takes.
    #[error("the input `{name}` holds no {expected}")]
    Kind {
        /// Its name.
        name: String,
        /// Floats, integers or booleans.
        expected: &'static str,
    },
}

impl Inputs {
    /// The elements of a float input, row-major, and its shape, for [`Probe::input`](crate::Probe::input).
    ///
    /// # Errors
    /// If it is not there, of another rank or of no float type.
    pub fn floats<const D: usize>(&self, name: &str) -> Result<([usize; D], Vec<f64>), InputError> {
        match self.read(name)? {
            (shape, Elements::Floats(values)) => Ok((shape, values)),
            _ => Err(InputError::Kind { name: name.to_owned(), expected: "floats" }),
        }
    }

    /// An input of integers, such as token ids, on a device.
    ///
    /// # Errors
    /// If it is not there, of another rank or of no integer type.
    pub fn integers<const D: usize>(
        &self,
        name: &str,
        device: &Device,
    ) -> Result<Tensor<D, Int>, InputError> {
        match self.read::<D>(name)? {
            (shape, Elements::Integers(values)) => {
                Ok(Tensor::from_data(TensorData::new(values, shape), device))
            }
            _ => Err(InputError::Kind { name: name.to_owned(), expected: "integers" }),
        }
    }

    /// An input of booleans, such as a mask, on a device.
    ///
    /// # Errors
    /// If it is not there, of another rank or of another type.
    pub fn booleans<const D: usize>(
        &self,
        name: &str,
        device: &Device,
    ) -> Result<Tensor<D, Bool>, InputError> {
        match self.read::<D>(name)? {
            (shape, Elements::Booleans(values)) => {
                Ok(Tensor::from_data(TensorData::new(values, shape), device))
            }
            _ => Err(InputError::Kind { name: name.to_owned(), expected: "booleans" }),
        }
    }

    /// What every tensor is, which is part of the question: the SHA-256 of one of a file; nothing where there are no inputs
    /// or one is not here.
    pub(crate) fn asks(&self) -> Option<serde_json::Value> {
        let asked = |(name, input): (&String, &Input)| {
            let asked = match input {
                Input::File { file, tensor } => {
                    tensor_file::tensor_sha256(&bytes(file).ok()?, tensor).ok()??.into()
                }
                Input::Draw(draw, _) => serde_json::json!([draw.normal, draw.shape]),
            };
            Some((name.clone(), asked))
        };
        let asked: Option<serde_json::Map<_, _>> = self.0.iter().map(asked).collect();
        let asked = asked.filter(|asked| !asked.is_empty())?;
        Some(serde_json::json!({ "inputs": asked }))
    }

    /// The files that have to be here.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.values().filter_map(|input| match input {
            Input::File { file, .. } => Some(file),
            Input::Draw(..) => None,
        })
    }

    fn read<const D: usize>(&self, name: &str) -> Result<([usize; D], Elements), InputError> {
        let Some(input) = self.0.get(name) else {
            let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(InputError::Unknown { name: name.to_owned(), known });
        };
        let (shape, elements) = match input {
            Input::File { file, tensor } => tensor_file::elements(&bytes(file)?, tensor)
                .map_err(|error| InputError::Format { file: file.clone(), error })?
                .ok_or_else(|| InputError::Missing {
                    file: file.clone(),
                    tensor: tensor.clone(),
                })?,
            Input::Draw(draw, seed) => (draw.shape.clone(), drawn(draw, *seed)),
        };
        match <[usize; D]>::try_from(&shape[..]) {
            Ok(shape) => Ok((shape, elements)),
            Err(_) => Err(InputError::Rank { name: name.to_owned(), shape, expected: D }),
        }
    }
}

/// A file of tensors, as safetensors.
fn bytes(file: &Path) -> Result<Vec<u8>, InputError> {
    let bytes = fs::read(file)
        .map_err(|error| InputError::Unreadable { file: file.to_path_buf(), error })?;
    match npy::is_npy(&bytes) {
        true => npy::as_safetensors(&bytes)
            .map_err(|error| InputError::Npy { file: file.to_path_buf(), error }),
        false => Ok(bytes),
    }
}

/// `torch.manual_seed(seed)`, then `torch.randn` or `torch.rand` of the shape.
fn drawn(draw: &InputDraw, seed: Seed) -> Elements {
    let mut generator = Generator::manual_seed(seed.bits());
    let count = draw.shape.iter().product();
    let values: Vec<f32> = if draw.normal { generator.randn(count) } else { generator.rand(count) };
    Elements::Floats(values.into_iter().map(f64::from).collect())
}

#[cfg(test)]
mod tests;
