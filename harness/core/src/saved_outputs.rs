//! The outputs that a run has saved, read back: from its folder, or from one that `--save-outputs` has filled.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::folder::{RECORD, RunFolder, target_of};
use crate::golden::{KeptStep, Store};
use crate::record::RecordError;
use crate::tensor_file::{self, TensorFileError};
use crate::tolerance::Bounds;
use crate::trace::HostTensor;

/// What the cells of a run put out.
#[derive(Debug, Clone, Default)]
pub struct SavedOutputs {
    /// The outputs by name, by scenario and target.
    pub cells: BTreeMap<(String, String), BTreeMap<String, HostTensor>>,
    /// The bounds by scenario, target and output, where the run left a record.
    pub bounds: BTreeMap<(String, String, String), Bounds>,
    /// The operations that the goldens of the run remember, by scenario, where it left its goldens.
    pub steps: BTreeMap<String, Vec<KeptStep>>,
}

impl SavedOutputs {
    /// The first operation of a scenario that is another one on the other side, or in another order, by its number and the
    /// number of those that both remember; nothing where a side remembers none.
    #[must_use]
    pub fn first_other_operation(&self, other: &Self, scenario: &str) -> Option<FirstOther> {
        let (ours, theirs) = (self.steps.get(scenario)?, other.steps.get(scenario)?);
        let both = ours.len().min(theirs.len());
        let number = ours.iter().zip(theirs).position(|(a, b)| !a.is_same_operation(b));
        (both > 0).then_some(FirstOther { number, of: both })
    }
}

/// Where the operations of two runs part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FirstOther {
    /// The number of the first that is another one, from 0; nothing where all are the same.
    pub number: Option<usize>,
    /// How many both sides remember.
    pub of: usize,
}

/// Why outputs cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// Nothing there.
    #[error(
        "{} does not exist or holds no outputs; give the folder of a run, or one that `repro run --save-outputs` has filled",
        .0.display()
    )]
    Nothing(PathBuf),
    /// The file system refuses.
    #[error("cannot read {}: {error}", file.display())]
    Unreadable {
        /// The file or folder.
        file: PathBuf,
        /// What the file system says.
        error: io::Error,
    },
    /// Not what a run writes.
    #[error("{} {error}", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        error: TensorFileError,
    },
    /// The record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Reads all outputs of a folder.
///
/// # Errors
/// If there are none, or one cannot be read.
pub fn saved_outputs(folder: &Path) -> Result<SavedOutputs, SavedError> {
    let saved = match folder.join(RECORD).is_file() {
        true => of_record(&RunFolder::new(folder))?,
        false => of_files(folder)?,
    };
    match saved.cells.is_empty() {
        true => Err(SavedError::Nothing(folder.to_path_buf())),
        false => Ok(saved),
    }
}

/// The cells are called as the record calls them, whatever the files of its system may be called.
fn of_record(run: &RunFolder) -> Result<SavedOutputs, SavedError> {
    let mut saved = SavedOutputs::default();
    for cell in run.record()?.cells {
        let Some(file) = run.outputs_file(&cell) else { continue };
        let key = (cell.scenario.clone(), cell.target.clone());
        saved.cells.insert(key, read(&file)?);
        for (name, output) in cell.outputs {
            let key = (cell.scenario.clone(), cell.target.clone(), name);
            saved.bounds.insert(key, output.bounds);
        }
        // A golden that cannot be read is none: outputs are compared all the same.
        if let Ok(golden) = Store::new(run.path().join("golden")).load(&cell.scenario) {
            saved.steps.insert(cell.scenario, golden.steps());
        }
    }
    Ok(saved)
}

fn of_files(folder: &Path) -> Result<SavedOutputs, SavedError> {
    let mut saved = SavedOutputs::default();
    for scenario in entries(folder).unwrap_or_default() {
        // Files beside the scenarios' folders are not ours.
        for file in entries(&scenario).unwrap_or_default() {
            if file.extension().is_some_and(|kind| kind == "safetensors") {
                let key = (name(&scenario), target_of(&name(&file.with_extension(""))));
                saved.cells.insert(key, read(&file)?);
            }
        }
    }
    Ok(saved)
}

fn read(file: &Path) -> Result<BTreeMap<String, HostTensor>, SavedError> {
    let unreadable = |error| SavedError::Unreadable { file: file.to_path_buf(), error };
    let bytes = fs::read(file).map_err(unreadable)?;
    let tensors = tensor_file::decode(&bytes)
        .map_err(|error| SavedError::Damaged { file: file.to_path_buf(), error })?;
    Ok(tensors.into_iter().map(|named| (named.name, named.tensor)).collect())
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries: io::Result<Vec<PathBuf>> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect();
    entries.map(|mut entries| {
        entries.sort();
        entries
    })
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
