//! What the gate leaves: the same folder as a run, so that a red test can be looked at. Under nextest every trial is a
//! process of its own and leaves a record of its own, below a folder of its test run; `repro report` joins them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use burn_repro_backends::Discovery;

use crate::cli::{asked, leave_report};
use crate::evaluate::CellReport;
use crate::exit::Exit;
use crate::folder::{FolderError, RunFolder, prune, runs};
use crate::golden::{Draft, Store};
use crate::record::{ChangedReference, Circumstances, RunFacts, RunRecord};
use crate::report::HTML;
use crate::run::Event;
use crate::scenario::Scenario;

/// What nextest calls a test run.
const NEXTEST_RUN: &str = "NEXTEST_RUN_ID";

/// The record of a gate, while its trials run.
pub(super) struct GateRecord {
    circumstances: Circumstances,
    discovery: Discovery,
    scenarios: Vec<Arc<Scenario>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Made when there is something to keep: listing trials leaves nothing.
    folder: Option<RunFolder>,
    reports: Vec<CellReport>,
    references: Vec<ChangedReference>,
    /// Said once: whether a test passes does not depend on it.
    failed: Option<FolderError>,
}

impl GateRecord {
    pub(super) fn new(
        circumstances: Circumstances,
        discovery: Discovery,
        scenarios: Vec<Arc<Scenario>>,
    ) -> Self {
        Self { circumstances, discovery, scenarios, state: Mutex::default() }
    }

    /// Keeps a cell.
    pub(super) fn take(&self, event: &Event) {
        let Event::Finished { report, .. } = event else { return };
        let trial = format!("{}--{}", report.scenario, report.target.replace(':', "-"));
        self.keep(&trial, |state, folder| {
            state.reports.push((**report).clone());
            folder.take(event)
        });
    }

    /// Keeps a reference that no longer gives its golden, and the golden that it would give.
    pub(super) fn take_reference(&self, scenario: &Scenario, reason: &str, draft: Option<Draft>) {
        let changed =
            ChangedReference { scenario: scenario.name.clone(), reason: reason.to_owned() };
        self.keep(&format!("{}--reference", scenario.name), |state, folder| {
            state.references.push(changed);
            draft.map_or(Ok(()), |draft| folder.keep_reference(&scenario.description, draft))
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
            Some(run) => RunFolder::renewed(&runs().join(run).join(trial)),
            None => RunFolder::below(&runs(), self.circumstances.started),
        }
    }

    /// Writes the record, and the reports where all trials ran in this process.
    pub(super) fn finish(&self, store: &Store) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = &state.failed {
            eprintln!("the gate leaves no report: {error}");
            return;
        }
        let Some(folder) = state.folder.take() else { return };
        let mut cells = std::mem::take(&mut state.reports);
        cells.sort_by(|left, right| {
            let key = |cell: &CellReport| (cell.scenario.clone(), cell.class, cell.target.clone());
            key(left).cmp(&key(right))
        });
        let exit = Exit::of(&cells);
        let facts = RunFacts::new(&self.circumstances, &self.discovery, Default::default(), exit);
        let scenarios = asked(&self.scenarios, &cells);
        let mut record = RunRecord::new(facts, scenarios, cells, Vec::new());
        record.changed_references = std::mem::take(&mut state.references);
        let written = match nextest_run() {
            Some(_) => folder.finish(&record, store).map_err(|error| error.to_string()),
            None => {
                prune(&runs());
                leave_report(&folder, &record, store).map(|_| say_where(folder.path()))
            }
        };
        if let Err(error) = written {
            eprintln!("the gate leaves no report: {error}");
        }
    }
}

fn nextest_run() -> Option<PathBuf> {
    std::env::var_os("NEXTEST").and(std::env::var_os(NEXTEST_RUN)).map(PathBuf::from)
}

fn say_where(folder: &Path) {
    println!("report: {}", folder.join(HTML).display());
}
