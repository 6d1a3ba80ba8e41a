//! Finds the records below folders and reads them.

use std::fs;
use std::path::{Path, PathBuf};

use super::Matrix;
use burn_repro_core::folder::{RECORD, RunFolder};
use burn_repro_core::record::RunRecord;

/// How deep records may lie below a folder that is named: artefacts of shards have a folder or two around them.
const DEPTH: usize = 6;

/// There is nothing to report.
#[derive(Debug, thiserror::Error)]
#[error("nothing to report: expected the folder of a run. {0}")]
pub struct NoRecord(String);

/// What was found below folders.
#[derive(Debug, Default)]
pub struct Found {
    /// Every record that could be read.
    pub matrix: Matrix,
    /// A sentence for each folder without a record and each record that cannot be read. They are to be told: a machine
    /// that is left out would be a silent skip.
    pub missing: Vec<String>,
}

impl Found {
    /// Refuses to go on with nothing at all.
    ///
    /// # Errors
    /// What is missing, if everything is.
    pub fn or_nothing(self) -> Result<Self, NoRecord> {
        match self.matrix.machines.is_empty() {
            true => Err(NoRecord(self.missing.join(" "))),
            false => Ok(self),
        }
    }
}

/// Reads every record in or below the folders; a file of a record's name is taken for its folder.
#[must_use]
pub fn read(paths: &[PathBuf]) -> Found {
    let mut runs = Vec::new();
    let mut missing = Vec::new();
    for path in paths {
        let mut folders = Vec::new();
        collect(path, DEPTH, &mut folders, &mut missing);
        if !path.exists() {
            missing.push(format!("{} does not exist.", path.display()));
        } else if folders.is_empty() {
            missing.push(format!("{} contains no {RECORD}.", path.display()));
        }
        for folder in folders {
            match folder.record() {
                Ok(record) => runs.push((folder, record)),
                Err(error) => missing.push(format!("A record was left out: {error}.")),
            }
        }
    }
    // A folder may be named twice, in two ways.
    let place = |run: &(RunFolder, RunRecord)| {
        fs::canonicalize(run.0.path()).unwrap_or_else(|_| run.0.path().to_path_buf())
    };
    runs.sort_by_key(place);
    runs.dedup_by_key(|run| place(run));
    Found { matrix: Matrix::of(runs), missing }
}

fn collect(path: &Path, depth: usize, folders: &mut Vec<RunFolder>, missing: &mut Vec<String>) {
    if path.file_name().is_some_and(|name| name == RECORD) && path.is_file() {
        folders.push(RunFolder::new(path.parent().unwrap_or(Path::new(""))));
        return;
    }
    if path.join(RECORD).is_file() {
        folders.push(RunFolder::new(path));
        return;
    }
    if depth == 0 || !path.is_dir() {
        return;
    }
    match fs::read_dir(path) {
        Err(error) => missing.push(format!("{} cannot be read: {error}.", path.display())),
        Ok(entries) => {
            for entry in entries.flatten() {
                // Not through links, which may lead back.
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    collect(&entry.path(), depth - 1, folders, missing);
                }
            }
        }
    }
}
