//! What was tried, for scripts, version 1: what `--json` writes.

use std::path::Path;

use burn_repro_target::Settings;
use serde::Serialize;

use super::conclusion::{Cell, conclusion};
use super::setup::{Change, NotTried};
use super::trial::Seen;
use super::{Blame, Ending, Setup};
use burn_repro_core::exit::Exit;
use burn_repro_core::reason::joined;
use burn_repro_core::verdict::Verdict;
use burn_repro_core::write::write_whole;

/// The version of the format.
const VERSION: u32 = 1;

/// Everything that was tried.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    version: u32,
    /// The version of the harness.
    burn_repro: &'static str,
    scenario: &'a str,
    target: &'a str,
    /// How the red cell was run.
    settings: Settings,
    /// What its build holds: `autotune`, `fusion`.
    features: &'a [String],
    /// `passes`, `flaky`, `removed` or `stays`.
    ending: &'static str,
    conclusion: String,
    /// The smallest sets of changes that remove the difference.
    removed_by: Vec<Vec<&'a Change>>,
    /// Runs with nothing changed.
    start: &'a [Seen],
    trials: Vec<Tried<'a>>,
    not_tried: Vec<NotTried>,
    /// Sets of two changes or more that were left out when the time was over.
    left_out: usize,
    seconds: f64,
    exit_code: u8,
}

/// A set of changes, and every run with it.
#[derive(Debug, Serialize)]
struct Tried<'a> {
    changes: Vec<&'a Change>,
    runs: &'a [Seen],
}

impl<'a> Record<'a> {
    /// The record of what was tried.
    pub fn new(cell: Cell<'a>, start: &'a Setup, blame: &'a Blame, seconds: f64) -> Self {
        let changes = |set: &[usize]| set.iter().map(|it| &blame.axes.changes[*it]).collect();
        let (ending, sets): (_, &[Vec<usize>]) = match &blame.ending {
            Ending::Passes => ("passes", &[]),
            Ending::Flaky => ("flaky", &[]),
            Ending::Removed { sets, .. } => ("removed", sets),
            Ending::Stays => ("stays", &[]),
        };
        let mut not_tried = blame.axes.not_tried.clone();
        let (unsupported, tried) = blame
            .trials
            .iter()
            .partition::<Vec<_>, _>(|trial| trial.runs[0].verdict == Verdict::Skipped);
        not_tried.extend(unsupported.into_iter().flat_map(|trial| {
            let reason = joined(&trial.runs[0].reasons);
            trial.set.iter().map(move |it| NotTried::new(blame.axes.changes[*it].axis, &reason))
        }));
        let tried = tried.into_iter();
        Self {
            version: VERSION,
            burn_repro: env!("CARGO_PKG_VERSION"),
            scenario: cell.scenario,
            target: cell.target,
            settings: start.settings,
            features: &start.target.fingerprint.features,
            ending,
            conclusion: conclusion(cell, blame),
            removed_by: sets.iter().map(|set| changes(set)).collect(),
            start: &blame.start,
            trials: tried
                .map(|trial| Tried { changes: changes(&trial.set), runs: &trial.runs })
                .collect(),
            not_tried,
            left_out: blame.left_out,
            seconds,
            exit_code: blame.exit() as u8,
        }
    }

    /// Writes the record, whole or not at all.
    pub fn write(&self, file: &Path) -> std::io::Result<()> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        write_whole(file, &json)
    }
}

impl Blame {
    /// The difference is there, whether a setting is blamed or not; or it is not.
    pub fn exit(&self) -> Exit {
        match self.ending {
            Ending::Passes => Exit::Success,
            Ending::Flaky | Ending::Removed { .. } | Ending::Stays => Exit::Mismatch,
        }
    }
}
