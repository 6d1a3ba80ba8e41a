//! Weights from `.safetensors` files. What a header says is checked against the declared parameters when the files are
//! opened, and all problems are told at once; values are read, and checked, later. Where the files lie is `layout`'s
//! business, what their tensors are called `names`'.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::TensorInfo;

use super::header::{Header, HeaderError};
use super::layout::Layout;
use super::names::{Names, old_name};
use super::problem::{LISTED, TensorProblem, list};
use super::{Parameter, Weights};
use crate::diffusers::listed;

/// Why weights files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// A file is no safetensors file.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// Tensors that are not the model's.
    #[error("{} does not fit its config.json: {}", path.display(), list(problems))]
    Tensors {
        /// The file, or the first shard.
        path: PathBuf,
        /// Every tensor that is wrong, in the model's order, extra ones last.
        problems: Vec<TensorProblem>,
    },
    /// The values cannot be read.
    #[error("read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A weight that is infinite or no number.
    #[error(
        "{}: `{name}` is {value} at {index:?}; every weight has to be a finite number in f32",
        path.display()
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The name in the file.
        name: String,
        /// The place of the first such value.
        index: Vec<usize>,
        /// The value as f32.
        value: f32,
    },
}

/// The files of a model whose headers fit it; their values have not been read yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Checkpoint {
    tensors: Vec<Tensor>,
    notices: Vec<String>,
}

/// Where the values of a parameter lie.
#[derive(Debug, Clone, PartialEq)]
struct Tensor {
    parameter: Parameter,
    path: PathBuf,
    /// The name in the file.
    name: String,
    dtype: Dtype,
    start: u64,
    length: usize,
}

/// A tensor of a header.
struct Stored {
    path: PathBuf,
    name: String,
    info: TensorInfo,
    /// Where the values of the file begin.
    data: u64,
}

impl Checkpoint {
    /// Reads the headers and checks them.
    pub(super) fn open(
        layout: Layout,
        parameters: Vec<Parameter>,
    ) -> Result<Self, CheckpointError> {
        let path = layout.files.first().map(|(path, _)| path.clone()).unwrap_or_default();
        let (mut stored, mut problems) = (Vec::new(), Vec::new());
        for (path, promised) in layout.files {
            let header = Header::read(&path)?;
            problems.extend(promised.and_then(|names| broken_promise(&path, &header, &names)));
            let data = header.length;
            stored.extend(header.tensors.into_iter().map(|(name, info)| Stored {
                path: path.clone(),
                name,
                info,
                data,
            }));
        }
        let names = Names::of(stored.iter().map(|stored| stored.name.as_str()));
        let mut by_name = BTreeMap::new();
        for stored in stored {
            let name = names.plain(&stored.name);
            if by_name.insert(name.clone(), stored).is_some() {
                problems.push(TensorProblem::Twice { name });
            }
        }
        let mut tensors = Vec::with_capacity(parameters.len());
        for parameter in parameters {
            match take(&mut by_name, parameter) {
                Ok(tensor) => tensors.push(tensor),
                Err(problem) => problems.push(problem),
            }
        }
        problems
            .extend(by_name.into_values().map(|stored| TensorProblem::Extra { name: stored.name }));
        if !problems.is_empty() {
            return Err(CheckpointError::Tensors { path, problems });
        }
        let rounded = tensors.iter().any(|tensor| tensor.dtype == Dtype::F64);
        let rounded =
            rounded.then(|| "weights that are stored as F64 are rounded to F32".to_owned());
        let notices = layout.notice.into_iter().chain(names.notices()).chain(rounded).collect();
        Ok(Self { tensors, notices })
    }

    /// What people should know of the files.
    pub(super) fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Reads the values.
    pub(super) fn weights(&self) -> Result<Weights, CheckpointError> {
        let mut weights = Vec::with_capacity(self.tensors.len());
        self.read(|parameter, values| weights.push((parameter.clone(), values)))?;
        Ok(Weights::new(weights))
    }

    /// Reads the values and keeps none.
    pub(super) fn examine(&self) -> Result<(), CheckpointError> {
        self.read(|_, _| ())
    }

    fn read(&self, mut take: impl FnMut(&Parameter, Vec<f32>)) -> Result<(), CheckpointError> {
        let mut open: Option<(&Path, File)> = None;
        for tensor in &self.tensors {
            let failed = |source| CheckpointError::Read { path: tensor.path.clone(), source };
            let mut file = match open.take() {
                Some((path, file)) if path == tensor.path => file,
                _ => File::open(&tensor.path).map_err(failed)?,
            };
            take(&tensor.parameter, tensor.values(&mut file)?);
            open = Some((&tensor.path, file));
        }
        Ok(())
    }
}

impl Tensor {
    fn values(&self, file: &mut File) -> Result<Vec<f32>, CheckpointError> {
        let failed = |source| CheckpointError::Read { path: self.path.clone(), source };
        let mut bytes = vec![0; self.length];
        file.seek(SeekFrom::Start(self.start)).map_err(failed)?;
        file.read_exact(&mut bytes).map_err(failed)?;
        let values = widen(&bytes, self.dtype);
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(place) => Err(CheckpointError::NotFinite {
                path: self.path.clone(),
                name: self.name.clone(),
                index: index(place, &self.parameter.shape),
                value: values[place],
            }),
        }
    }
}

/// The index of a place, row-major.
fn index(mut place: usize, shape: &[usize]) -> Vec<usize> {
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&length| {
            let along = place % length;
            place /= length;
            along
        })
        .collect();
    index.reverse();
    index
}

/// What an index says of a shard that its header does not, or the other way round.
fn broken_promise(path: &Path, header: &Header, names: &BTreeSet<String>) -> Option<TensorProblem> {
    let shard = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let absent = names.iter().filter(|name| !header.tensors.contains_key(*name));
    let absent = listed(absent.take(LISTED));
    if !absent.is_empty() {
        return Some(TensorProblem::Shard { shard, names: absent, is_absent: true });
    }
    let others = header.tensors.keys().filter(|name| !names.contains(*name));
    let others = listed(others.take(LISTED));
    (!others.is_empty()).then_some(TensorProblem::Shard { shard, names: others, is_absent: false })
}

fn take(
    stored: &mut BTreeMap<String, Stored>,
    parameter: Parameter,
) -> Result<Tensor, TensorProblem> {
    let name = &parameter.name;
    let found = stored.remove(name).or_else(|| stored.remove(&old_name(name)?));
    let Some(Stored { path, name, info, data }) = found else {
        return Err(TensorProblem::Missing { name: name.clone() });
    };
    let TensorInfo { dtype, shape, data_offsets: (start, end) } = info;
    if shape != parameter.shape {
        return Err(TensorProblem::Shape { name, found: shape, wanted: parameter.shape });
    }
    if !matches!(dtype, Dtype::F16 | Dtype::BF16 | Dtype::F32 | Dtype::F64) {
        return Err(TensorProblem::Dtype { name, found: dtype });
    }
    let start_in_file = data + start as u64;
    Ok(Tensor { parameter, path, name, dtype, start: start_in_file, length: end - start })
}

/// The values as `f32`, which holds every f16 and bf16 exactly; f64 is rounded, as torch does for a model in float32.
fn widen(bytes: &[u8], dtype: Dtype) -> Vec<f32> {
    let pairs = || bytes.as_chunks::<2>().0.iter().copied();
    match dtype {
        Dtype::F16 => pairs().map(|pair| f16::from_le_bytes(pair).to_f32()).collect(),
        Dtype::BF16 => pairs().map(|pair| bf16::from_le_bytes(pair).to_f32()).collect(),
        Dtype::F64 => {
            bytes.as_chunks::<8>().0.iter().map(|eight| f64::from_le_bytes(*eight) as f32).collect()
        }
        _ => bytes.as_chunks::<4>().0.iter().copied().map(f32::from_le_bytes).collect(),
    }
}
