//! Diagnoses in the folder of a run: `diagnoses/SCENARIO/TARGET.json`, written after the run and read by every report of
//! it. The record does not name them. What one says is `diagnose`'s matter, what it looks like `report`'s.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde_json::Value;

use super::{FolderError, RunFolder, file_stem, named_file};
use crate::diagnose::{self, Diagnosis};
use crate::evaluate::CellReport;

/// The folder of diagnoses.
const DIAGNOSES: &str = "diagnoses";

/// The version that is read.
const VERSION: u64 = diagnose::VERSION as u64;

/// The largest file that is taken for a diagnosis: one with a thousand tensors has about 200 kB.
const SIZE_LIMIT: u64 = 16 << 20;

/// Why a diagnosis is not shown: the end of a sentence about its file.
#[derive(Debug, thiserror::Error)]
pub enum DiagnosisError {
    /// The file system refuses.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Too large.
    #[error("has {0} bytes, more than any diagnosis")]
    TooLarge(u64),
    /// Not what `repro diagnose` writes.
    #[error("is damaged: {0}")]
    Damaged(#[from] serde_json::Error),
    /// Without a version.
    #[error("has no version")]
    NoVersion,
    /// Of a later format.
    #[error("has version {0}: expected version {VERSION}")]
    Version(u64),
    /// A file that was moved.
    #[error("is about {scenario} on {target}")]
    Foreign {
        /// Whose it is: the scenario.
        scenario: String,
        /// And the target.
        target: String,
    },
}

impl RunFolder {
    /// Adds a diagnosis to its cell, or puts it in the place of an older one.
    ///
    /// # Errors
    /// The file that cannot be written, and why.
    pub fn keep_diagnosis(&self, diagnosis: &Diagnosis) -> Result<(), FolderError> {
        let name = format!("{}.json", file_stem(&diagnosis.target));
        let file = self.diagnoses(&diagnosis.scenario).join(name);
        let json = serde_json::to_vec_pretty(diagnosis).map_err(io::Error::from);
        let mut json = json.map_err(|error| FolderError { file: file.clone(), error })?;
        json.push(b'\n');
        self.write(&file, &json)
    }

    /// The diagnosis of a cell, if one was made.
    ///
    /// # Errors
    /// Why it cannot be shown, if there is one.
    pub fn diagnosis(&self, report: &CellReport) -> Result<Option<Diagnosis>, DiagnosisError> {
        // The names of a skipped cell may be anything: no file is called by them.
        let folder = report.ran().then(|| self.diagnoses(&report.scenario));
        let file = folder.and_then(|folder| named_file(&folder, &report.target, "json"));
        let Some(file) = file else { return Ok(None) };
        let length = fs::metadata(&file)?.len();
        if length > SIZE_LIMIT {
            return Err(DiagnosisError::TooLarge(length));
        }
        let content: Value = serde_json::from_slice(&fs::read(&file)?)?;
        match content.get("version").and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(version) => return Err(DiagnosisError::Version(version)),
            None => return Err(DiagnosisError::NoVersion),
        }
        let diagnosis: Diagnosis = serde_json::from_value(content)?;
        if (&diagnosis.scenario, &diagnosis.target) != (&report.scenario, &report.target) {
            let Diagnosis { scenario, target, .. } = diagnosis;
            return Err(DiagnosisError::Foreign { scenario, target });
        }
        Ok(Some(diagnosis))
    }

    fn diagnoses(&self, scenario: &str) -> PathBuf {
        self.file(DIAGNOSES).join(scenario)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::diagnose::{Evidence, ReferenceState};
    use crate::diagnose::{LockstepReport, OperationReport};
    use crate::fixtures::run;
    use crate::verdict::Verdict;

    fn cells() -> Vec<CellReport> {
        run("m", 1, "", &["a wgpu:llvmpipe mismatch 1", "a flex skipped -"]).1.cells
    }

    fn diagnosis() -> Diagnosis {
        let mut worst = OperationReport { name: "matmul".into(), ..OperationReport::default() };
        worst.local.ulp = f64::INFINITY;
        Diagnosis::new(Evidence {
            scenario: "a".into(),
            target: "wgpu:llvmpipe".into(),
            verdict: Verdict::Mismatch,
            reason: "image: too far".into(),
            first_outside: None,
            reference: ReferenceState::Same,
            lockstep: LockstepReport { worst: vec![worst], ..LockstepReport::default() },
        })
    }

    /// Also that the version that is written is the one that is read.
    #[test]
    fn what_is_kept_is_read_back_and_an_older_one_gives_way() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::new(folder.path());
        let cells = cells();
        assert_eq!(run.diagnosis(&cells[0]).unwrap(), None);
        let older = Diagnosis { conclusion: "an older one".into(), ..diagnosis() };
        run.keep_diagnosis(&older).unwrap();
        run.keep_diagnosis(&diagnosis()).unwrap();
        assert_eq!(run.diagnosis(&cells[0]).unwrap(), Some(diagnosis()));
        assert_eq!(run.diagnosis(&cells[1]).unwrap(), None);
    }

    #[rstest]
    #[case::no_json("{", "is damaged")]
    #[case::another_json("[]", "has no version")]
    #[case::later(r#"{ "version": 2, "anything": "else" }"#, "has version 2")]
    #[case::in_part(r#"{ "version": 1, "scenario": "a" }"#, "is damaged: missing field")]
    fn what_cannot_be_read_is_said(#[case] content: &str, #[case] reason: &str) {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::new(folder.path());
        let file = folder.path().join("diagnoses/a/wgpu-llvmpipe.json");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, content).unwrap();
        let error = run.diagnosis(&cells()[0]).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }

    #[test]
    fn a_diagnosis_of_another_cell_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::new(folder.path());
        run.keep_diagnosis(&diagnosis()).unwrap();
        let moved = folder.path().join("diagnoses/b");
        fs::rename(folder.path().join("diagnoses/a"), moved).unwrap();
        let cell = CellReport { scenario: "b".into(), ..cells()[0].clone() };
        let error = run.diagnosis(&cell).unwrap_err().to_string();
        assert_eq!(error, "is about a on wgpu:llvmpipe");
    }
}
