//! The tensors that a scenario's `inputs:` names, read from their files for a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use burn_repro_core::tensor_file::{self, Elements, TensorFileError};

/// The tensors of files that a scenario names, by the names that its pipeline asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs(pub(crate) BTreeMap<String, InputTensor>);

/// A tensor of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InputTensor {
    pub(crate) file: PathBuf,
    pub(crate) tensor: String,
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

    /// The SHA-256 of every tensor, which is part of the question; nothing where there are no inputs or one is not here.
    pub(crate) fn asks(&self) -> Option<serde_json::Value> {
        let hash = |(name, input): (&String, &InputTensor)| {
            let bytes = fs::read(&input.file).ok()?;
            let sha256 = tensor_file::tensor_sha256(&bytes, &input.tensor).ok()??;
            Some((name.clone(), sha256.into()))
        };
        let hashes: Option<serde_json::Map<_, _>> = self.0.iter().map(hash).collect();
        let hashes = hashes.filter(|hashes| !hashes.is_empty())?;
        Some(serde_json::json!({ "inputs": hashes }))
    }

    fn read<const D: usize>(&self, name: &str) -> Result<([usize; D], Elements), InputError> {
        let Some(InputTensor { file, tensor }) = self.0.get(name) else {
            let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(InputError::Unknown { name: name.to_owned(), known });
        };
        let bytes =
            fs::read(file).map_err(|error| InputError::Unreadable { file: file.clone(), error })?;
        let found = tensor_file::elements(&bytes, tensor)
            .map_err(|error| InputError::Format { file: file.clone(), error })?;
        let (shape, elements) = found
            .ok_or_else(|| InputError::Missing { file: file.clone(), tensor: tensor.clone() })?;
        match <[usize; D]>::try_from(&shape[..]) {
            Ok(shape) => Ok((shape, elements)),
            Err(_) => Err(InputError::Rank { name: name.to_owned(), shape, expected: D }),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use safetensors::tensor::{Dtype, TensorView};

    use super::*;

    /// A file with floats `x` of two dimensions, integers `ids` and booleans `mask`.
    fn inputs(folder: &std::path::Path) -> Inputs {
        let floats: Vec<u8> =
            [0.5_f32, -1.0].iter().flat_map(|value| value.to_le_bytes()).collect();
        let ids: Vec<u8> = [7_i64, -1].iter().flat_map(|value| value.to_le_bytes()).collect();
        let file = folder.join("inputs.safetensors");
        let tensors = [
            ("x", TensorView::new(Dtype::F32, vec![1, 2], &floats).unwrap()),
            ("ids", TensorView::new(Dtype::I64, vec![2], &ids).unwrap()),
            ("mask", TensorView::new(Dtype::BOOL, vec![2], &[1, 0]).unwrap()),
        ];
        fs::write(&file, safetensors::serialize(tensors, None).unwrap()).unwrap();
        let named = |tensor: &str, file: PathBuf| {
            (tensor.to_owned(), InputTensor { file, tensor: tensor.into() })
        };
        let absent = folder.join("absent.safetensors");
        Inputs(
            ["x", "ids", "mask", "y"]
                .map(|tensor| named(tensor, file.clone()))
                .into_iter()
                .chain([named("absent", absent)])
                .collect(),
        )
    }

    #[test]
    fn every_kind_is_read_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (inputs, device) = (inputs(folder.path()), Device::flex());
        assert_eq!(inputs.floats("x").unwrap(), ([1, 2], vec![0.5, -1.0]));
        let ids: Vec<i64> =
            inputs.integers::<1>("ids", &device).unwrap().into_data().iter().collect();
        assert_eq!(ids, [7, -1]);
        let mask: Vec<bool> =
            inputs.booleans::<1>("mask", &device).unwrap().into_data().iter().collect();
        assert_eq!(mask, [true, false]);
    }

    /// A script that records once more writes what its file says of itself in another order.
    #[test]
    fn the_same_tensor_of_another_file_is_the_same_question() {
        let folder = tempfile::tempdir().unwrap();
        let asks = |value: f32, words: &str| {
            let file = folder.path().join("x.safetensors");
            let bytes = value.to_le_bytes();
            let view = TensorView::new(Dtype::F32, vec![1], &bytes).unwrap();
            let says = std::iter::once(("by".to_owned(), words.to_owned())).collect();
            fs::write(&file, safetensors::serialize([("x", view)], Some(says)).unwrap()).unwrap();
            Inputs(BTreeMap::from([("x".into(), InputTensor { file, tensor: "x".into() })])).asks()
        };
        assert_eq!(asks(0.5, "torch"), asks(0.5, "torch once more"));
        assert_ne!(asks(0.5, "torch"), asks(-0.5, "torch"));
        assert!(asks(0.5, "torch").is_some());
    }

    #[rstest]
    #[case::unknown(
        "z",
        "the scenario has no `z` among its `inputs`: it has absent, ids, mask, x, y"
    )]
    #[case::missing("y", "has no tensor `y`")]
    #[case::absent("absent", "absent.safetensors: ")]
    #[case::kind("ids", "the input `ids` holds no floats")]
    #[case::rank("x", "the input `x` has the shape [1, 2]: expected 1 dimensions")]
    fn what_cannot_be_read_is_said(#[case] name: &str, #[case] words: &str) {
        let folder = tempfile::tempdir().unwrap();
        let error = inputs(folder.path()).floats::<1>(name).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }

    #[test]
    fn nothing_is_asked_where_a_tensor_is_not_here() {
        let folder = tempfile::tempdir().unwrap();
        let mut inputs = inputs(folder.path());
        for missing in ["absent", "y"] {
            assert_eq!(inputs.asks(), None, "{missing}");
            inputs.0.remove(missing);
        }
        let asks = inputs.asks().unwrap();
        assert_eq!(asks["inputs"].as_object().unwrap().len(), 3, "{asks}");
    }
}
