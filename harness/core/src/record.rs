//! The record of one run on one machine, version 1: what `--json` and every run's folder hold, what scripts read and
//! what reports are made from. What else lies in the folder is `folder`'s matter.

mod run_context;
mod scenario_info;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use burn_repro_target::{Discovery, Missing, Target};
use jiff::Timestamp;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

pub use self::run_context::{RunContext, machine_name};
pub use self::scenario_info::ScenarioInfo;
use crate::attribution::Disagreement;
use crate::evaluate::CellReport;
use crate::exit::Exit;
use crate::lfs::is_pointer;
use crate::precision::Precision;
use crate::scenario::Name;
use crate::write::write_whole;

/// The version of the record format.
const VERSION: u32 = 1;

/// The largest file that is taken for a record: one of 500 cells has about 3 MB.
const SIZE_LIMIT: u64 = 256 << 20;

/// A run and everything it found out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// The version of this format, 1.
    pub version: u32,
    /// The circumstances.
    pub run: RunInfo,
    /// The scenarios that its cells belong to.
    #[serde(default)]
    pub scenarios: Vec<ScenarioInfo>,
    /// Every cell, the skipped ones too.
    pub cells: Vec<CellReport>,
    /// Who differs from whom, for every output of a scenario with a cell that does not give its golden.
    #[serde(default)]
    pub disagreements: Vec<Disagreement>,
    /// What failed beside the cells.
    #[serde(default)]
    pub failures: Vec<RunFailure>,
}

/// What failed beside the cells: a required backend that is not here, a reference that no longer matches its golden, a
/// golden without a scenario.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RunFailure {
    /// What it is about: `required cuda`, or the gate's trial, `ddim-tiny::reference`.
    pub about: String,
    /// Why, in words.
    pub reason: String,
    /// The exit code that it stands for.
    pub exit_code: u8,
}

impl RunFailure {
    /// A failure.
    #[must_use]
    pub fn new(about: &str, reason: &str, exit: Exit) -> Self {
        Self { about: about.to_owned(), reason: reason.to_owned(), exit_code: exit as u8 }
    }
}

impl fmt::Display for RunFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.about, self.reason)
    }
}

/// The circumstances of a run.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunInfo {
    /// What the machine or the variant is called: `--name`, or operating system and architecture.
    #[serde(default)]
    pub name: String,
    /// When it began, in UTC.
    pub started: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The version of the harness.
    pub burn_repro: String,
    /// The commit of the scenarios' repository, if they lie in one.
    #[serde(default)]
    pub commit: Option<String>,
    /// The exit code.
    pub exit_code: u8,
    /// The targets of the machine, each with its fingerprint.
    pub targets: Vec<Target>,
    /// What is not here, and why.
    pub missing: Vec<Missing>,
    /// `deterministic`, or `tuned` where the binary holds autotune or fusion: then nothing is held still.
    pub build: String,
    /// Threads of each processor cell, where the run asked for a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<usize>,
    /// How every target that ran really multiplies and sums, measured, by its name.
    pub precision: BTreeMap<String, Precision>,
}

/// What this binary holds that changes results from run to run.
#[must_use]
pub fn features(discovery: &Discovery) -> &[String] {
    discovery.targets.first().map_or(&[], |target| &target.fingerprint.features)
}

impl RunInfo {
    /// The circumstances of a run that ends now.
    #[must_use]
    pub fn new(
        circumstances: &RunContext,
        discovery: &Discovery,
        precision: BTreeMap<String, Precision>,
        exit: Exit,
    ) -> Self {
        let RunContext { name, started, commit, threads } = circumstances.clone();
        Self {
            name,
            started: started.to_string(),
            seconds: Timestamp::now().duration_since(started).as_secs_f64(),
            burn_repro: env!("CARGO_PKG_VERSION").to_owned(),
            commit,
            exit_code: exit as u8,
            targets: discovery.targets.clone(),
            missing: discovery.missing.clone(),
            build: if features(discovery).is_empty() { "deterministic" } else { "tuned" }
                .to_owned(),
            threads,
            precision,
        }
    }
}

/// The schema of records. Any number may be `null`: JSON has no NaN and no infinity.
#[must_use]
pub fn record_schema() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let generator = settings.with_transform(RecursiveTransform(nullable)).into_generator();
    let mut schema = generator.into_root_schema_for::<RunRecord>();
    schema.insert("title".into(), "A run record of burn-repro, version 1".into());
    schema
}

fn nullable(schema: &mut Schema) {
    if schema.get("type").is_some_and(|kind| kind == "number") {
        schema.insert("type".into(), serde_json::json!(["number", "null"]));
    }
}

/// Why a file is not a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file system refuses.
    #[error("cannot read {}: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the file system says.
        error: std::io::Error,
    },
    /// Its content is elsewhere.
    #[error("{} is a Git LFS pointer whose content is not here: run `git lfs pull`", .0.display())]
    Pointer(PathBuf),
    /// Not what a run writes.
    #[error("{} is not a run record: {reason}; expected the folder of a run", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Of a later format.
    #[error(
        "{} is a run record of version {version}: expected version {VERSION}; use the program that wrote it",
        file.display()
    )]
    Version {
        /// The file.
        file: PathBuf,
        /// Its version.
        version: u64,
    },
}

impl RunRecord {
    /// A record of cells under their circumstances.
    #[must_use]
    pub fn new(
        run: RunInfo,
        scenarios: Vec<ScenarioInfo>,
        cells: Vec<CellReport>,
        disagreements: Vec<Disagreement>,
    ) -> Self {
        let failures = Vec::new();
        Self { version: VERSION, run, scenarios, cells, disagreements, failures }
    }

    /// The record as JSON. NaN and infinity become `null`, which is all that JSON has for them; the verdict says so in
    /// words.
    ///
    /// # Panics
    /// Never: a record has only plain values.
    #[must_use]
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("a record has only plain values");
        json.push(b'\n');
        json
    }

    /// Writes the record as JSON, whole or not at all.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, file: &Path) -> std::io::Result<()> {
        write_whole(file, &self.to_json())
    }

    /// Reads a record.
    ///
    /// # Errors
    /// If the file is not there, no record, or of a later version.
    pub fn read(file: &Path) -> Result<Self, RecordError> {
        let unreadable = |error| RecordError::Unreadable { file: file.to_path_buf(), error };
        let length = fs::metadata(file).map_err(unreadable)?.len();
        if length > SIZE_LIMIT {
            let reason = format!("it has {length} bytes, more than any record");
            return Err(RecordError::Damaged { file: file.to_path_buf(), reason });
        }
        Self::parse(file, &fs::read(file).map_err(unreadable)?)
    }

    /// Reads the content of a file.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(file: &Path, bytes: &[u8]) -> Result<Self, RecordError> {
        let damaged = |reason: String| RecordError::Damaged { file: file.to_path_buf(), reason };
        if is_pointer(bytes) {
            return Err(RecordError::Pointer(file.to_path_buf()));
        }
        let version = serde_json::from_slice::<serde_json::Value>(bytes)
            .map_err(|error| damaged(error.to_string()))?
            .get("version")
            .and_then(serde_json::Value::as_u64);
        match version {
            Some(version) if version == u64::from(VERSION) => {
                let record: Self =
                    serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
                record.check_names().map_err(damaged)?;
                Ok(record)
            }
            Some(version) => Err(RecordError::Version { file: file.to_path_buf(), version }),
            None => Err(damaged("it has no version".into())),
        }
    }

    /// Files are found by the names of scenarios and targets: one that leads elsewhere is none of a run's.
    fn check_names(&self) -> Result<(), String> {
        // A cell that was skipped has no files, and may be called as the scenario calls it.
        for cell in self.cells.iter().filter(|cell| cell.ran()) {
            Name::new(&cell.scenario)?;
            let target = &cell.target;
            let foreign = |letter: char| letter.is_control() || matches!(letter, '/' | '\\');
            if target.is_empty() || target.starts_with('.') || target.contains(foreign) {
                return Err(format!("invalid target name `{target}`"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
