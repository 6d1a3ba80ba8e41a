//! Looks for the outlier of every scenario on which cells disagree: runs the reference anew and compares all targets
//! with it. Which target is one, is `attribution`'s rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn_repro_target::Discovery;

use crate::attribution::{Disagreement, disagreements, port_or_backend};
use crate::evaluate::{CellReport, TargetResult};
use crate::golden::{Golden, GoldenError};
use crate::outside::ReadOutside;
use crate::plan::{Cell, Plan};
use crate::reason::ReasonCode;
use crate::reference::{reference_target, reference_worker, run_reference};
use crate::run::Ran;
use crate::scenario::Scenario;
use crate::trace::Trace;
use crate::verdict::Verdict;
use crate::worker::{Worker, WorkerCommand};

/// What every cell of a run recorded, by scenario and target.
#[derive(Debug, Default)]
pub struct Traces {
    traces: BTreeMap<(String, String), Trace>,
    with_records: bool,
}

impl Traces {
    /// Traces that keep intermediate tensors, too.
    #[must_use]
    pub(crate) fn with_records() -> Self {
        Self { with_records: true, ..Self::default() }
    }

    /// Keeps what a cell recorded, if it finished; intermediate tensors are let go unless they are asked for.
    pub fn take(&mut self, ran: &Ran) {
        if let Ran { report, trace: Some(trace), .. } = ran {
            let is_compared = self.with_records || report.reference.is_some();
            let records = if is_compared { trace.records.clone() } else { Vec::new() };
            let trace = Trace {
                noise: trace.noise.clone(),
                weights_sha256: trace.weights_sha256.clone(),
                records,
                outputs: trace.outputs.clone(),
            };
            self.traces.insert((report.scenario.clone(), report.target.clone()), trace);
        }
    }

    /// What a cell put out, if it finished.
    #[must_use]
    pub fn of(&self, cell: &Cell) -> Option<&Trace> {
        self.traces.get(&(cell.scenario.name.clone(), cell.target.name.clone()))
    }

    /// The cells of a scenario that finished.
    #[must_use]
    pub fn results<'a>(&'a self, plan: &'a Plan, scenario: &str) -> Vec<TargetResult<'a>> {
        let cells = plan.cells.iter().filter(|cell| cell.scenario.name == scenario);
        let result = |cell: &'a Cell| {
            self.of(cell).map(|trace| TargetResult { target: &cell.target, trace })
        };
        cells.filter_map(result).collect()
    }
}

/// The outputs of every scenario with a cell that does not give its golden.
///
/// A reference that cannot be run is a sentence in place of numbers.
pub(crate) fn find_outliers(
    plan: &Plan,
    reports: &[CellReport],
    traces: &Traces,
    golden_of: impl Fn(&str) -> Arc<Result<Golden, GoldenError>>,
    outside_of: impl Fn(&Scenario) -> ReadOutside,
    discovery: &Discovery,
    command: &WorkerCommand,
) -> Vec<Result<Disagreement, String>> {
    let mut worker: Option<Worker> = None;
    let mut found = Vec::new();
    let mut last = "";
    for cell in &plan.cells {
        let scenario = &cell.scenario;
        let differs = |report: &CellReport| {
            report.scenario == scenario.name
                && matches!(report.verdict, Verdict::Mismatch | Verdict::NonFinite)
        };
        if scenario.name == last || !reports.iter().any(differs) {
            continue;
        }
        last = &scenario.name;
        if worker.is_none() {
            worker = reference_worker(discovery, command);
        }
        let Some(worker) = &mut worker else { break };
        match run_reference(worker, scenario) {
            Err(reason) => found.push(Err(format!("{}: {reason}", scenario.name))),
            Ok(reference) => {
                let golden = golden_of(&scenario.name);
                let results = traces.results(plan, &scenario.name);
                let all = disagreements(scenario, (*golden).as_ref().ok(), &reference, &results);
                // What differs from an outside reference alone differs from nobody else.
                let elsewhere = reports.iter().filter(|report| differs(report)).any(|report| {
                    report.reasons.iter().any(|reason| reason.code != ReasonCode::OutsideReference)
                });
                found.extend(all.into_iter().filter(|_| elsewhere).map(Ok));
                if let (Ok(Some(outside)), Some(target)) =
                    (&*outside_of(scenario), reference_target(discovery))
                {
                    let port = (target, &reference);
                    found.extend(port_or_backend(scenario, outside, port, &results).map(Ok));
                }
            }
        }
    }
    found
}
