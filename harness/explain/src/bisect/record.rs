//! What was tried, for scripts, version 1: what `--json` writes.

use burn_repro_target::Settings;
use serde::Serialize;

use super::conclusion::{CellName, conclusion};
use super::setup::{Change, NotTried};
use super::trial::JudgedRun;
use super::{Bisection, Ending, Setup};
use burn_repro_core::exit::Exit;
use burn_repro_core::reason::joined;

/// The version of the format.
const VERSION: u32 = 1;

/// Everything that was tried.
#[derive(Debug, Serialize)]
pub struct BisectionRecord<'a> {
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
    start: &'a [JudgedRun],
    trials: Vec<TrialRecord<'a>>,
    not_tried: Vec<NotTried>,
    /// Sets of two changes or more that were left out when the time was over.
    left_out: usize,
    seconds: f64,
    exit_code: u8,
}

/// A set of changes, and every run with it.
#[derive(Debug, Serialize)]
struct TrialRecord<'a> {
    changes: Vec<&'a Change>,
    runs: &'a [JudgedRun],
}

impl<'a> BisectionRecord<'a> {
    /// The record of what was tried.
    pub fn new(
        cell: CellName<'a>,
        start: &'a Setup,
        bisection: &'a Bisection,
        seconds: f64,
    ) -> Self {
        let changes = |set: &[usize]| set.iter().map(|it| &bisection.axes.changes[*it]).collect();
        let (ending, sets): (_, &[Vec<usize>]) = match &bisection.ending {
            Ending::Passes => ("passes", &[]),
            Ending::Flaky => ("flaky", &[]),
            Ending::Removed { sets, .. } => ("removed", sets),
            Ending::Stays => ("stays", &[]),
        };
        let mut not_tried = bisection.axes.not_tried.clone();
        let (tried, unsupported) =
            bisection.trials.iter().partition::<Vec<_>, _>(|trial| trial.is_here());
        not_tried.extend(unsupported.into_iter().flat_map(|trial| {
            let reason = joined(&trial.runs[0].reasons);
            trial.set.iter().map(move |it| NotTried::new(bisection.axes.changes[*it].axis, &reason))
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
            conclusion: conclusion(cell, bisection),
            removed_by: sets.iter().map(|set| changes(set)).collect(),
            start: &bisection.start,
            trials: tried
                .map(|trial| TrialRecord { changes: changes(&trial.set), runs: &trial.runs })
                .collect(),
            not_tried,
            left_out: bisection.left_out,
            seconds,
            exit_code: bisection.exit() as u8,
        }
    }
}

impl Bisection {
    /// The difference is there, whether a setting is named or not; or it is not.
    pub fn exit(&self) -> Exit {
        match self.ending {
            Ending::Passes => Exit::Success,
            Ending::Flaky | Ending::Removed { .. } | Ending::Stays => Exit::Mismatch,
        }
    }
}
