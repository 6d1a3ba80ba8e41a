//! The record of one run on one machine, version 1: what `--json` writes and scripts read.

use std::collections::BTreeMap;
use std::path::Path;

use burn_repro_backends::{Discovery, Missing, Target};
use jiff::Timestamp;
use serde::Serialize;

use crate::agreement::Disagreement;
use crate::doctor::Precision;
use crate::evaluate::CellReport;
use crate::exit::Exit;
use crate::write::write_whole;

/// The version of the record format.
const VERSION: u32 = 1;

/// A run and everything it found out.
#[derive(Debug, Serialize)]
pub struct RunRecord {
    version: u32,
    /// The circumstances.
    pub run: RunFacts,
    /// Every cell, the skipped ones too.
    pub cells: Vec<CellReport>,
    /// Who differs from whom, for every output of a scenario with a cell that does not give its golden.
    pub disagreements: Vec<Disagreement>,
}

/// The circumstances of a run.
#[derive(Debug, Serialize)]
pub struct RunFacts {
    /// When it began, in UTC.
    pub started: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The version of the harness.
    pub burn_repro: &'static str,
    /// The exit code.
    pub exit_code: u8,
    /// The targets of the machine, each with its fingerprint.
    pub targets: Vec<Target>,
    /// What is not here, and why.
    pub missing: Vec<Missing>,
    /// `deterministic`, or `tuned` where the binary holds autotune or fusion: then nothing is held still.
    pub build: &'static str,
    /// How every target that ran really multiplies and sums, measured, by its name.
    pub precision: BTreeMap<String, Precision>,
}

/// What this binary holds that changes results from run to run.
#[must_use]
pub fn features(discovery: &Discovery) -> &[String] {
    discovery.targets.first().map_or(&[], |target| &target.fingerprint.features)
}

impl RunRecord {
    /// The record of a run that has ended.
    #[must_use]
    pub fn new(
        started: Timestamp,
        discovery: &Discovery,
        precision: BTreeMap<String, Precision>,
        cells: Vec<CellReport>,
        disagreements: Vec<Disagreement>,
        exit: Exit,
    ) -> Self {
        let run = RunFacts {
            started: started.to_string(),
            seconds: Timestamp::now().duration_since(started).as_secs_f64(),
            burn_repro: env!("CARGO_PKG_VERSION"),
            exit_code: exit as u8,
            targets: discovery.targets.clone(),
            missing: discovery.missing.clone(),
            build: if features(discovery).is_empty() { "deterministic" } else { "tuned" },
            precision,
        };
        Self { version: VERSION, run, cells, disagreements }
    }

    /// Writes the record as JSON, whole or not at all. NaN and infinity become `null`, which is
    /// all that JSON has for them; the verdict says so in words.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, file: &Path) -> std::io::Result<()> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        write_whole(file, &json)
    }
}
