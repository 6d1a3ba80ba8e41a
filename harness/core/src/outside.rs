//! An outside reference: the tensors that a scenario's `reference:` names, read from their file. What a cell's distance
//! from them means is `evaluate`'s and `attribution`'s matter.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::hash::sha256_hex;
use crate::scenario::{self, Catalog, ProblemAt, Scenario};
use crate::tensor_file::{self, TensorFileError};
use crate::trace::{HostTensor, NamedTensor};

/// The names of a recorded file that are no results: what went into the model, and the same in `f32`.
const OTHER: [&str; 3] = ["inputs/", "weights/", "f32/"];

/// Somebody else's tensors.
#[derive(Debug, Clone)]
pub struct OutsideReference {
    /// Who computed them.
    pub source: String,
    /// SHA-256 of the file.
    pub sha256: String,
    tensors: Vec<NamedTensor>,
}

/// What an outside reference is, if the scenario names one, or why there is none.
pub type ReadOutside = Arc<Result<Option<OutsideReference>, OutsideError>>;

/// Why there is no outside reference, though the scenario names one.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// It is not there, or cannot be read.
    #[error("the reference {} cannot be read: {error}; `cargo repro record-script torch` prints what records one", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the file system says.
        error: io::Error,
    },
    /// It is no file of tensors.
    #[error("the reference {} {error}", file.display())]
    Format {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        error: TensorFileError,
    },
    /// It holds nothing that a result can be compared with.
    #[error("the reference {} holds no tensor that is a result", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
}

impl OutsideReference {
    /// Reads the file that a scenario names, if it names one.
    ///
    /// # Errors
    /// Why it cannot be compared with.
    pub fn read(scenario: &Scenario) -> Result<Option<Self>, OutsideError> {
        let Some(reference) = &scenario.reference else { return Ok(None) };
        let file = scenario.folder().join(reference.file.as_path());
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) => return Err(OutsideError::Unreadable { file, error }),
        };
        let mut tensors = match tensor_file::decode_comparable(&bytes) {
            Ok(tensors) => tensors,
            Err(error) => return Err(OutsideError::Format { file, error }),
        };
        tensors.retain(|named| is_result(&named.name));
        if tensors.is_empty() {
            return Err(OutsideError::Empty { file });
        }
        let (source, sha256) = (reference.source.0.clone(), sha256_hex(&bytes));
        Ok(Some(Self { source, sha256, tensors }))
    }

    /// The tensor of that name.
    #[must_use]
    pub fn tensor(&self, name: &str) -> Option<&HostTensor> {
        let found = self.tensors.binary_search_by(|named| named.name.as_str().cmp(name));
        found.ok().map(|index| &self.tensors[index].tensor)
    }

    /// The names of all of its results, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.iter().map(|named| named.name.as_str())
    }
}

/// Reads the long files of a scenario, its outside reference too, and checks what they hold.
///
/// # Errors
/// The first problem of its files.
pub fn examine(scenario: &Scenario, catalog: &dyn Catalog) -> Result<(), ProblemAt> {
    match OutsideReference::read(scenario) {
        Ok(_) => scenario::examine(scenario, catalog),
        Err(error) => Err(scenario.parsed.invalid("reference", error)),
    }
}

/// Whether a name of a recorded file is that of a result: neither a model's input nor a module's.
fn is_result(name: &str) -> bool {
    let part = name.rsplit('/').next().unwrap_or_default();
    let is_input = name.contains('/') && (part == "input" || part.starts_with("input."));
    !is_input && !OTHER.iter().any(|prefix| name.starts_with(prefix))
}
