//! Weights from a `.safetensors` file. Every tensor is checked against the declared parameters, and
//! all problems are told at once. Where the file lies is `folder`'s business.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::{Parameter, Weights};

/// How many problems a message lists.
const LISTED: usize = 8;
/// The longest header the format allows, in bytes.
const LONGEST_HEADER: u64 = 100_000_000;
/// Bytes of the widest dtype, so that a file of a wrong dtype is still read and named.
const WIDEST: u64 = 8;

/// Why a weights file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file cannot be opened or read.
    #[error("read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// More bytes than any file of this model has.
    #[error(
        "{} has {bytes} bytes, but weights for its config.json have at most {most}; put the file \
         of this model there",
        path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The largest size that is read.
        most: u64,
    },
    /// Not a whole safetensors file.
    #[error("{} is truncated or corrupt, {reason}; download it again", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// Tensors that are not the model's.
    #[error("{} does not fit its config.json: {}", path.display(), list(problems))]
    Tensors {
        /// The file.
        path: PathBuf,
        /// Every tensor that is wrong, in the model's order, extra ones last.
        problems: Vec<TensorProblem>,
    },
}

/// What is wrong with one tensor of a weights file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TensorProblem {
    /// The model has it, the file does not.
    Missing {
        /// The name in diffusers' `state_dict`.
        name: String,
    },
    /// The file has it, the model does not.
    Extra {
        /// The name in the file.
        name: String,
    },
    /// Both have it, in different shapes.
    Shape {
        /// The name in the file.
        name: String,
        /// The shape in the file.
        found: Vec<usize>,
        /// The model's shape.
        wanted: Vec<usize>,
    },
    /// Neither f16 nor bf16 nor f32.
    Dtype {
        /// The name in the file.
        name: String,
        /// The dtype in the file.
        found: Dtype,
    },
}

impl fmt::Display for TensorProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(formatter, "`{name}` is missing"),
            Self::Extra { name } => write!(formatter, "`{name}` is not part of the model"),
            Self::Shape { name, found, wanted } => {
                write!(formatter, "`{name}` has shape {found:?}, not {wanted:?}")
            }
            Self::Dtype { name, found } => {
                write!(formatter, "`{name}` is {found}; save it as F32, F16 or BF16")
            }
        }
    }
}

fn list(problems: &[TensorProblem]) -> String {
    let mut text: Vec<String> = problems.iter().take(LISTED).map(ToString::to_string).collect();
    if problems.len() > LISTED {
        text.push(format!("and {} more", problems.len() - LISTED));
    }
    text.join("; ")
}

/// Reads the parameters of a model from a `.safetensors` file.
pub(super) fn read(path: &Path, parameters: Vec<Parameter>) -> Result<Weights, CheckpointError> {
    let bytes = read_bounded(path, &parameters)?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| CheckpointError::Corrupt {
        path: path.into(),
        reason: error.to_string(),
    })?;
    let mut views: BTreeMap<String, TensorView<'_>> = file.tensors().into_iter().collect();
    let mut problems = Vec::new();
    let mut tensors = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        match take(&mut views, &parameter) {
            Ok(values) => tensors.push((parameter, values)),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(views.into_keys().map(|name| TensorProblem::Extra { name }));
    if problems.is_empty() {
        Ok(Weights::new(tensors))
    } else {
        Err(CheckpointError::Tensors { path: path.into(), problems })
    }
}

fn read_bounded(path: &Path, parameters: &[Parameter]) -> Result<Vec<u8>, CheckpointError> {
    let failed = |source| CheckpointError::Read { path: path.into(), source };
    let numel: u64 = parameters.iter().map(|parameter| parameter.numel() as u64).sum();
    let most = LONGEST_HEADER + WIDEST * numel;
    let file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    if bytes > most {
        return Err(CheckpointError::TooLarge { path: path.into(), bytes, most });
    }
    let mut contents = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
    file.take(most).read_to_end(&mut contents).map_err(failed)?;
    Ok(contents)
}

fn take(
    views: &mut BTreeMap<String, TensorView<'_>>,
    parameter: &Parameter,
) -> Result<Vec<f32>, TensorProblem> {
    let Parameter { name, shape, .. } = parameter;
    let found = views.remove_entry(name).or_else(|| views.remove_entry(&old_name(name)?));
    let Some((name, view)) = found else {
        return Err(TensorProblem::Missing { name: name.clone() });
    };
    if view.shape() != shape {
        let found = view.shape().to_vec();
        return Err(TensorProblem::Shape { name, found, wanted: shape.clone() });
    }
    widen(&view).ok_or(TensorProblem::Dtype { name, found: view.dtype() })
}

/// The name that diffusers gave an attention parameter before version 0.15, which is what
/// google/ddpm-cifar10-32 has.
fn old_name(name: &str) -> Option<String> {
    [("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")]
        .iter()
        .map(|(new, old)| (format!(".{new}."), format!(".{old}.")))
        .find(|(new, _)| name.contains(".attentions.") && name.contains(new))
        .map(|(new, old)| name.replace(&new, &old))
}

/// The values as `f32`, which holds every f16 and bf16 exactly.
fn widen(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let bytes = view.data();
    let pairs = || bytes.as_chunks::<2>().0.iter().copied();
    match view.dtype() {
        Dtype::F32 => {
            Some(bytes.as_chunks::<4>().0.iter().copied().map(f32::from_le_bytes).collect())
        }
        Dtype::F16 => Some(pairs().map(|pair| f16::from_le_bytes(pair).to_f32()).collect()),
        Dtype::BF16 => Some(pairs().map(|pair| bf16::from_le_bytes(pair).to_f32()).collect()),
        _ => None,
    }
}
