//! What the gate leaves: the same folder as a run, so that a red test can be looked at. Under nextest every trial is a
//! process of its own and leaves a record of its own, below a folder of its test run; `repro report` joins them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use burn_repro_core::evaluate::CellReport;
use burn_repro_core::exit::Exit;
use burn_repro_core::folder::{FolderError, RunFolder, file_stem, prune};
use burn_repro_core::golden::{Draft, Store};
use burn_repro_core::plan::Plan;
use burn_repro_core::record::{RunContext, RunFailure, RunInfo, RunRecord, ScenarioInfo};
use burn_repro_core::run::Event;
use burn_repro_core::say::{say, tell};
use burn_repro_core::scenario::Scenario;
use burn_repro_core::session::Session;
use burn_repro_report::report::{HTML, outliers, write_artifacts};

/// What nextest calls a test run.
const NEXTEST_RUN: &str = "NEXTEST_RUN_ID";

/// The record of a gate, while its trials run.
pub(super) struct GateRecord {
    runs: PathBuf,
    circumstances: RunContext,
    scenarios: Vec<Arc<Scenario>>,
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
        circumstances: RunContext,
        scenarios: Vec<Arc<Scenario>>,
    ) -> Self {
        Self { runs, circumstances, scenarios, state: Mutex::default() }
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

    /// Writes the record, and the reports where all trials ran in this process; there also looks for outliers.
    pub(super) fn finish(&self, session: &Session, plan: &Plan) {
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
            plan.skips.iter().map(CellReport::skipped).chain(ran).collect();
        cells.sort_by(CellReport::in_order);
        // Under nextest a process has one cell: who merges the records compares them.
        let found = match nextest_run() {
            Some(_) => Vec::new(),
            None => session.outliers(plan, &cells),
        };
        say(&outliers(&found));
        let precision = session.precision();
        let facts = RunInfo::new(&self.circumstances, session.discovery(), precision, exit);
        let scenarios = ScenarioInfo::of_cells(&self.scenarios, &cells);
        let disagreements = found.into_iter().filter_map(Result::ok).collect();
        let mut record = RunRecord::new(facts, scenarios, cells, disagreements);
        record.failures = failures;
        if let Err(error) = self.write(&folder, &record, session.store()) {
            tell(&format!("the gate leaves no report: {error}"));
        }
    }

    fn write(
        &self,
        folder: &RunFolder,
        record: &RunRecord,
        store: &Store,
    ) -> Result<(), FolderError> {
        if nextest_run().is_some() {
            folder.keep_goldens(&record.cells, store)?;
            return folder.finish(record);
        }
        write_artifacts(folder, record, store)?;
        prune(&self.runs, folder.path());
        say_where(folder.path());
        Ok(())
    }
}

fn nextest_run() -> Option<PathBuf> {
    std::env::var_os("NEXTEST").and(std::env::var_os(NEXTEST_RUN)).map(PathBuf::from)
}

fn say_where(folder: &Path) {
    say(&format!("report: {}\n", folder.join(HTML).display()));
}
