//! The record of one run on one machine, version 1: what `--json` writes and scripts read.

use std::path::Path;

use burn_repro_backends::{Discovery, Missing, Target};
use jiff::Timestamp;
use serde::Serialize;

use crate::agreement::Disagreement;
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
}

impl RunRecord {
    /// The record of a run that has ended.
    #[must_use]
    pub fn new(
        started: Timestamp,
        discovery: &Discovery,
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
