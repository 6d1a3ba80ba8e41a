//! The folder that a run leaves: `run.json`, `outputs/SCENARIO/TARGET.safetensors`, `logs/SCENARIO/TARGET.log`, the
//! goldens that were compared with, references that no longer give theirs, and diagnoses that were added later. It holds
//! all that a report needs, on any machine; what the reports look like is `report`'s matter.

mod diagnoses;
mod names;
mod runs;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use self::diagnoses::DiagnosisError;
use self::names::named_file;
pub(crate) use self::names::target_of;
pub use self::names::{file_stem, portable};
pub use self::runs::{newest, prune, runs};
use crate::evaluate::CellReport;
use crate::golden::{Draft, GoldenFiles, Store};
use crate::record::{RecordError, RunRecord};
use crate::run::Event;
use crate::tensor_file;
use crate::trace::{NamedTensor, Trace};
use crate::write::write_whole;

/// The record inside a run's folder.
pub const RECORD: &str = "run.json";

/// An empty file that says whose folder it is, from the run's first moment on: nothing is deleted without it.
const MARK: &str = ".burn-repro-run";

/// Everything that a run leaves in its folder.
const LEFT: [&str; 10] = [
    MARK,
    RECORD,
    "outputs",
    "logs",
    "golden",
    "pending",
    "diagnoses",
    "report.html",
    "junit.xml",
    "summary.md",
];

/// Why a run's folder cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {error}", file.display())]
pub struct FolderError {
    /// The file or folder.
    pub file: PathBuf,
    /// What the file system says.
    pub error: io::Error,
}

/// The folder of one run.
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// A folder that exists.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// A new folder of its own, called after the time.
    ///
    /// # Errors
    /// What the file system says.
    pub fn below(runs: &Path, started: Timestamp) -> Result<Self, FolderError> {
        let failed = |file: &Path| {
            let file = file.to_path_buf();
            move |error| FolderError { file, error }
        };
        fs::create_dir_all(runs).map_err(failed(runs))?;
        let name = started.strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
        for attempt in 1.. {
            // Two runs may begin within one second.
            let path = match attempt {
                1 => runs.join(&name),
                _ => runs.join(format!("{name}-{attempt}")),
            };
            match fs::create_dir(&path) {
                Ok(()) => return Self { path }.marked(),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&path)(error)),
            }
        }
        unreachable!("the numbers do not end")
    }

    /// A folder that is to hold this run and no other: an older run in it is deleted, anything else is left alone.
    ///
    /// # Errors
    /// If the folder holds anything that no run leaves, or the file system refuses.
    pub fn renewed(path: &Path) -> Result<Self, FolderError> {
        let failed = |error| FolderError { file: path.to_path_buf(), error };
        fs::create_dir_all(path).map_err(failed)?;
        let entries: io::Result<Vec<_>> = fs::read_dir(path).map_err(failed)?.collect();
        let entries = entries.map_err(failed)?;
        let foreign = entries.iter().find(|entry| {
            let name = entry.file_name();
            !LEFT.iter().any(|ours| name == *ours)
        });
        let refused = match foreign {
            Some(foreign) => Some(format!("`{}`", foreign.file_name().to_string_lossy())),
            None if entries.is_empty() || path.join(MARK).is_file() => None,
            None => Some("files that are not a run's".to_owned()),
        };
        if let Some(what) = refused {
            let reason = format!("the folder holds {what}; name another one for this run");
            return Err(failed(io::Error::other(reason)));
        }
        for entry in entries {
            let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let file = entry.path();
            let removed = if folder { fs::remove_dir_all(&file) } else { fs::remove_file(&file) };
            removed.map_err(|error| FolderError { file, error })?;
        }
        Self { path: path.to_path_buf() }.marked()
    }

    /// Says whose it is.
    fn marked(self) -> Result<Self, FolderError> {
        let file = self.file(MARK);
        fs::write(&file, "").map_err(|error| FolderError { file, error })?;
        Ok(self)
    }

    /// A folder of a test run, for the trial of one process: others may be making it at the same moment.
    ///
    /// # Errors
    /// As [`renewed`](Self::renewed).
    pub fn of_trial(runs: &Path, run: &Path, trial: &str) -> Result<Self, FolderError> {
        let run = runs.join(run);
        fs::create_dir_all(&run).map_err(|error| FolderError { file: run.clone(), error })?;
        let run = Self { path: run }.marked()?;
        Self::renewed(&run.path.join(trial))
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes what a cell put out, and what its worker said.
    ///
    /// # Errors
    /// The file that cannot be written, and why.
    pub fn take(&self, event: &Event) -> Result<(), FolderError> {
        let Event::Finished { report, trace, log } = event else { return Ok(()) };
        if let Some(trace) = trace {
            save_outputs(&self.file("outputs"), report, trace)?;
        }
        if !log.is_empty() {
            self.write(&self.log_file(report), (log.join("\n") + "\n").as_bytes())?;
        }
        Ok(())
    }

    /// Keeps a reference that does not give its golden, so that somebody can review it elsewhere.
    ///
    /// # Errors
    /// The file that cannot be written, and why.
    pub fn keep_reference(&self, description: &str, draft: Draft) -> Result<(), FolderError> {
        let files = GoldenFiles::pending(&self.file("pending"), &draft.text.scenario);
        files
            .write(description, &draft.text.sealed().to_yaml(), &draft.tensors)
            .map_err(|error| FolderError { file: files.text.clone(), error })
    }

    /// Keeps the goldens that cells were compared with.
    ///
    /// # Errors
    /// The file that cannot be written, and why.
    pub fn keep_goldens(&self, cells: &[CellReport], store: &Store) -> Result<(), FolderError> {
        let ran = cells.iter().filter(|cell| cell.ran()).map(|cell| cell.scenario.as_str());
        for scenario in ran.collect::<BTreeSet<&str>>() {
            let from = store.files_of(scenario);
            let to = GoldenFiles::reviewed(&self.file("golden"), scenario);
            for (from, to) in from.all().into_iter().zip(to.all()) {
                // A golden that is not there or cannot be read is what the verdict says.
                if let Ok(bytes) = fs::read(from) {
                    self.write(to, &bytes)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the record: the last file, so that a folder with one is whole.
    ///
    /// # Errors
    /// The file that cannot be written, and why.
    pub fn finish(&self, record: &RunRecord) -> Result<(), FolderError> {
        self.write(&self.file(RECORD), &record.to_json())
    }

    /// Writes a file of it, whole or not at all.
    ///
    /// # Errors
    /// The file that cannot be written, and why.
    pub fn write(&self, file: &Path, bytes: &[u8]) -> Result<(), FolderError> {
        write_whole(file, bytes).map_err(|error| FolderError { file: file.to_path_buf(), error })
    }

    /// Reads the record.
    ///
    /// # Errors
    /// If it is not there or no record.
    pub fn record(&self) -> Result<RunRecord, RecordError> {
        RunRecord::read(&self.file(RECORD))
    }

    /// The goldens that its cells were compared with.
    #[must_use]
    pub fn goldens(&self) -> Store {
        Store::new(self.file("golden"))
    }

    /// The references that did not give their goldens.
    #[must_use]
    pub fn references(&self) -> Store {
        Store::new(self.file("pending"))
    }

    /// What a cell put out.
    ///
    /// # Errors
    /// Why it cannot be shown: it was not saved, is not here or is damaged.
    pub fn outputs(&self, report: &CellReport) -> Result<Vec<NamedTensor>, String> {
        let file = self.outputs_file(report).ok_or("its outputs are not in the record")?;
        let failed = |reason: String| format!("{} {reason}", file.display());
        let bytes = fs::read(&file).map_err(|error| failed(format!("cannot be read: {error}")))?;
        tensor_file::decode(&bytes).map_err(|error| failed(error.to_string()))
    }

    /// The file of what a cell put out, if it is there.
    #[must_use]
    pub fn outputs_file(&self, report: &CellReport) -> Option<PathBuf> {
        let folder = self.file("outputs").join(&report.scenario);
        named_file(&folder, &report.target, "safetensors")
    }

    /// What a cell's worker said; empty where it said nothing.
    #[must_use]
    pub fn log(&self, report: &CellReport) -> String {
        let folder = self.file("logs").join(&report.scenario);
        let file = named_file(&folder, &report.target, "log");
        let bytes = file.and_then(|file| fs::read(file).ok()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn log_file(&self, report: &CellReport) -> PathBuf {
        let name = format!("{}.log", file_stem(&report.target));
        self.path.join("logs").join(&report.scenario).join(name)
    }
}

/// Writes the outputs of a cell below a folder.
///
/// # Errors
/// The file that cannot be written, and why.
pub fn save_outputs(folder: &Path, report: &CellReport, trace: &Trace) -> Result<(), FolderError> {
    let file = output_file(folder, &report.scenario, &report.target);
    write_whole(&file, &tensor_file::encode(&trace.outputs))
        .map_err(|error| FolderError { file, error })
}

fn output_file(folder: &Path, scenario: &str, target: &str) -> PathBuf {
    folder.join(scenario).join(format!("{}.safetensors", file_stem(target)))
}

#[cfg(test)]
mod tests;
