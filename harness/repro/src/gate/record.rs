//! What the gate leaves: the same folder as a run, so that a red test can be looked at. Under nextest every trial is a
//! process of its own and leaves a record of its own, below a folder of its test run; `repro report` joins them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use burn_repro_target::Discovery;

use burn_repro_core::evaluate::CellReport;
use burn_repro_core::exit::Exit;
use burn_repro_core::folder::{FolderError, RunFolder, file_stem, prune};
use burn_repro_core::golden::{Draft, Store};
use burn_repro_core::plan::Skip;
use burn_repro_core::record::{Circumstances, RunFacts, RunFailure, RunRecord, ScenarioFacts};
use burn_repro_core::run::Event;
use burn_repro_core::say::{say, tell};
use burn_repro_core::scenario::Scenario;
use burn_repro_report::report::{HTML, leave};

/// What nextest calls a test run.
const NEXTEST_RUN: &str = "NEXTEST_RUN_ID";

/// The record of a gate, while its trials run.
pub(super) struct GateRecord {
    runs: PathBuf,
    circumstances: Circumstances,
    discovery: Discovery,
    scenarios: Vec<Arc<Scenario>>,
    skips: Vec<Skip>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Made when there is something to keep: listing trials leaves nothing.
    folder: Option<RunFolder>,
    reports: Vec<CellReport>,
    failures: Vec<RunFailure>,
    /// Said once: whether a test passes does not depend on it.
    failed: Option<FolderError>,
}

impl GateRecord {
    /// A record below the folder `runs`.
    pub(super) fn new(
        runs: PathBuf,
        circumstances: Circumstances,
        discovery: Discovery,
        scenarios: Vec<Arc<Scenario>>,
        skips: Vec<Skip>,
    ) -> Self {
        Self { runs, circumstances, discovery, scenarios, skips, state: Mutex::default() }
    }

    /// Keeps a cell.
    pub(super) fn take(&self, event: &Event) {
        let Event::Finished { report, .. } = event else { return };
        let trial = format!("{}--{}", report.scenario, file_stem(&report.target));
        self.keep(&trial, |state, folder| {
            state.reports.push((**report).clone());
            folder.take(event)
        });
    }

    /// Keeps a trial that failed beside the cells.
    pub(super) fn fail(&self, trial: &str, reason: &str, exit: Exit) {
        let failure = RunFailure::new(trial, reason, exit);
        self.keep(&trial.replace("::", "--"), |state, _| {
            state.failures.push(failure);
            Ok(())
        });
    }

    /// Keeps the golden that a reference would give.
    pub(super) fn take_reference(&self, scenario: &Scenario, draft: Draft) {
        self.keep(&format!("{}--reference", scenario.name), |_, folder| {
            folder.keep_reference(&scenario.description, draft)
        });
    }

    fn keep(
        &self,
        trial: &str,
        keep: impl FnOnce(&mut State, &RunFolder) -> Result<(), FolderError>,
    ) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = match state.folder.clone() {
            Some(folder) => Ok(folder),
            None => self.folder(trial),
        };
        let kept = folder.and_then(|folder| {
            state.folder = Some(folder.clone());
            keep(&mut state, &folder)
        });
        if let Err(error) = kept {
            state.failed.get_or_insert(error);
        }
    }

    fn folder(&self, trial: &str) -> Result<RunFolder, FolderError> {
        match nextest_run() {
            Some(run) => RunFolder::of_trial(&self.runs, &run, trial),
            None => RunFolder::below(&self.runs, self.circumstances.started),
        }
    }

    /// Writes the record, and the reports where all trials ran in this process.
    pub(super) fn finish(&self, store: &Store) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = &state.failed {
            tell(&format!("the gate leaves no report: {error}"));
            return;
        }
        let Some(folder) = state.folder.take() else { return };
        let ran = std::mem::take(&mut state.reports);
        let mut exit = if ran.is_empty() { Exit::NothingRan } else { Exit::of(&ran) };
        let failures = std::mem::take(&mut state.failures);
        exit = failures.iter().filter_map(|f| Exit::from_code(f.exit_code)).fold(exit, Exit::max);
        let mut cells: Vec<CellReport> =
            self.skips.iter().map(CellReport::skipped).chain(ran).collect();
        cells.sort_by(|left, right| {
            let key = |cell: &CellReport| (cell.scenario.clone(), cell.class, cell.target.clone());
            key(left).cmp(&key(right))
        });
        let facts = RunFacts::new(&self.circumstances, &self.discovery, BTreeMap::new(), exit);
        let scenarios = ScenarioFacts::of_cells(&self.scenarios, &cells);
        let mut record = RunRecord::new(facts, scenarios, cells, Vec::new());
        record.failures = failures;
        let written = match nextest_run() {
            Some(_) => {
                folder.keep_goldens(&record.cells, store).and_then(|()| folder.finish(&record))
            }
            None => leave(&folder, &record, store).map(|_| {
                prune(&self.runs, folder.path());
                say_where(folder.path());
            }),
        };
        if let Err(error) = written {
            tell(&format!("the gate leaves no report: {error}"));
        }
    }
}

fn nextest_run() -> Option<PathBuf> {
    std::env::var_os("NEXTEST").and(std::env::var_os(NEXTEST_RUN)).map(PathBuf::from)
}

fn say_where(folder: &Path) {
    say(&format!("report: {}\n", folder.join(HTML).display()));
}
