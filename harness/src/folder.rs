//! The folder that a run leaves: `run.json`, `outputs/SCENARIO/TARGET.safetensors`, `logs/SCENARIO/TARGET.log`, the
//! goldens that were compared with, and references that no longer give theirs. It holds all that a report needs, on any
//! machine; what the reports look like is `report`'s matter.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::evaluate::CellReport;
use crate::golden::{Draft, GoldenFiles, Store};
use crate::record::{RecordError, RunRecord};
use crate::run::Event;
use crate::tensor_file;
use crate::trace::{NamedTensor, Trace};
use crate::write::write_whole;

/// Another folder for runs: `BURN_REPRO_RUNS=DIR`.
pub const RUNS: &str = "BURN_REPRO_RUNS";

/// The record inside a run's folder.
pub const RECORD: &str = "run.json";

/// How many runs are kept where nobody said where they belong; older ones are deleted.
const KEPT: usize = 20;

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

/// The folder of runs: what `BURN_REPRO_RUNS` names, or `repro` in Cargo's target folder, or in that of the working
/// folder for a program that lies elsewhere.
#[must_use]
pub fn runs() -> PathBuf {
    if let Some(folder) = std::env::var_os(RUNS) {
        return PathBuf::from(folder);
    }
    let program = std::env::current_exe().unwrap_or_default();
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target.map_or_else(|| PathBuf::from("target"), Path::to_path_buf).join("repro")
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
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&path)(error)),
            }
        }
        unreachable!("the numbers do not end")
    }

    /// A folder that is to hold this run and no other: an older run in it is deleted, anything else is left alone.
    ///
    /// # Errors
    /// If the folder holds what is no run, or the file system refuses.
    pub fn renewed(path: &Path) -> Result<Self, FolderError> {
        let failed = |error| FolderError { file: path.to_path_buf(), error };
        let filled = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
        if filled && !path.join(RECORD).is_file() {
            let reason = "the folder holds something that is no run; name another, or empty it";
            return Err(failed(io::Error::other(reason)));
        }
        if filled {
            fs::remove_dir_all(path).map_err(failed)?;
        }
        fs::create_dir_all(path).map_err(failed)?;
        Ok(Self { path: path.to_path_buf() })
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

    /// Writes the record, and the goldens that its cells were compared with.
    ///
    /// # Errors
    /// The file that cannot be written, and why.
    pub fn finish(&self, record: &RunRecord, store: &Store) -> Result<(), FolderError> {
        let mut scenarios: Vec<&str> = record
            .cells
            .iter()
            .filter(|cell| cell.ran())
            .map(|cell| cell.scenario.as_str())
            .collect();
        scenarios.dedup();
        for scenario in scenarios {
            let from = store.files_of(scenario);
            let to = GoldenFiles::reviewed(&self.file("golden"), scenario);
            for (from, to) in from.all().into_iter().zip(to.all()) {
                // A golden that is not there or cannot be read is what the verdict says.
                if let Ok(bytes) = fs::read(from) {
                    self.write(to, &bytes)?;
                }
            }
        }
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

    /// What a cell put out; nothing where it was not saved or is damaged.
    #[must_use]
    pub fn outputs(&self, report: &CellReport) -> Option<Vec<NamedTensor>> {
        let folder = self.file("outputs").join(&report.scenario);
        let bytes = read_named(&folder, &report.target, "safetensors")?;
        tensor_file::decode(&bytes).ok()
    }

    /// What a cell's worker said; empty where it said nothing.
    #[must_use]
    pub fn log(&self, report: &CellReport) -> String {
        let folder = self.file("logs").join(&report.scenario);
        let bytes = read_named(&folder, &report.target, "log").unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn log_file(&self, report: &CellReport) -> PathBuf {
        let name = format!("{}.log", file_name(&report.target));
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
    folder.join(scenario).join(format!("{}.safetensors", file_name(target)))
}

/// Target names hold a colon, which Windows does not allow in file names.
fn file_name(target: &str) -> String {
    if cfg!(windows) { target.replace(':', "-") } else { target.to_owned() }
}

/// Reads the file of a target, whichever system wrote it.
fn read_named(folder: &Path, target: &str, kind: &str) -> Option<Vec<u8>> {
    let read = |name: String| fs::read(folder.join(format!("{name}.{kind}"))).ok();
    read(target.to_owned()).or_else(|| read(target.replace(':', "-")))
}

/// Deletes all but the newest runs of a folder; what has no record is none of ours.
pub fn prune(runs: &Path) {
    let Ok(entries) = fs::read_dir(runs) else { return };
    let mut old: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_run_name(path) && path.join(RECORD).is_file())
        .collect();
    // They are called after the time.
    old.sort();
    old.truncate(old.len().saturating_sub(KEPT));
    for path in old {
        // Another run may be quicker.
        let _ = fs::remove_dir_all(path);
    }
}

fn is_run_name(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.len() >= 20 && name.starts_with("20") && name.as_bytes()[10] == b'T'
}

#[cfg(test)]
mod tests;
