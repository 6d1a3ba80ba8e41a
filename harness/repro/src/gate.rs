//! The gate: `cargo test` over the same scenarios. One trial for each scenario's reference, one for
//! each cell, and four that guard the whole.
//!
//! Built on libtest-mimic, so that filters, `--list` and `cargo nextest run` work as they do for
//! any test. Under nextest every trial is a process of its own and starts its own worker.

mod guards;
mod record;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use burn_repro_target::{Dtype, Target, VariableError, panic_text};
use jiff::Timestamp;
use libtest_mimic::{Arguments, Completion, Conclusion, Failed, Trial};

use self::guards::{guards, missing_files};
use self::record::GateRecord;
use crate::project::{Project, find_targets, unoptimised};
use burn_repro_core::escape;
use burn_repro_core::evaluate::OutsideReport;
use burn_repro_core::exit::Exit;
use burn_repro_core::folder::runs;
use burn_repro_core::golden::{Draft, GoldenError, Recorded, Store, assert_reference, commit};
use burn_repro_core::outside::OutsideReference;
use burn_repro_core::plan::{Cell, Plan, Selection, Skip, absent, plan};
use burn_repro_core::reason::{Reason, joined};
use burn_repro_core::record::{RunContext, machine_name};
use burn_repro_core::reference::{
    check_repeats, reference_target, run_reference, steps_if_changed,
};
use burn_repro_core::say::tell;
use burn_repro_core::scenario::Scenario;
use burn_repro_core::session::Session;
use burn_repro_core::trace::Trace;
use burn_repro_core::variables;
use burn_repro_core::verdict::Verdict;
use burn_repro_core::worker::WorkerCommand;
use burn_repro_worker::OPT_LEVEL;

/// What all trials share.
struct Gate {
    session: Session,
    plan: Plan,
    record: GateRecord,
    panicked: AtomicBool,
}

pub(crate) fn main(project: Project) -> ExitCode {
    let arguments = Arguments::from_args();
    match trials(&project) {
        Ok((gate, trials)) => {
            let conclusion = libtest_mimic::run(&arguments, trials);
            gate.record.finish(&gate.session, &gate.plan);
            exit(&gate, &conclusion)
        }
        Err((exit, message)) => {
            tell(&format!("error: {message}"));
            exit.into()
        }
    }
}

/// As every test, unless a trial panicked: Rust's own code for that means a missing golden here.
fn exit(gate: &Gate, conclusion: &Conclusion) -> ExitCode {
    match gate.panicked.load(Ordering::Relaxed) {
        true => Exit::Internal.into(),
        false => conclusion.exit_code(),
    }
}

fn trials(project: &Project) -> Result<(Arc<Gate>, Vec<Trial>), (Exit, String)> {
    let refused = |error: VariableError| (Exit::Usage, error.to_string());
    variables::check_for_children().map_err(refused)?;
    project.check_golden().map_err(|problem| (Exit::Usage, problem))?;
    let scenarios = project.load().map_err(|error| (Exit::Usage, error.to_string()))?;
    let required = variables::required().map_err(refused)?;
    let selection = Selection {
        backends: variables::backends().map_err(refused)?,
        nightly: variables::nightly().map_err(refused)?,
        threads: variables::threads().map_err(refused)?,
        ..Selection::default()
    };
    let command = WorkerCommand::current().map_err(|e| (Exit::Internal, e.to_string()))?;
    project.examine(&scenarios, &selection).map_err(|error| (Exit::Usage, error.to_string()))?;
    let circumstances = RunContext {
        name: variables::run_name().map_err(refused)?.unwrap_or_else(machine_name),
        started: Timestamp::now(),
        commit: commit(&project.scenarios),
        threads: selection.threads,
    };
    let discovery = find_targets(&command);
    let plan = plan(&scenarios, &discovery, &selection);
    let record = GateRecord::new(runs(), circumstances, scenarios.clone());
    let session = Session::new(command, Store::new(&project.golden), discovery);
    let gate = Arc::new(Gate { session, plan, record, panicked: AtomicBool::new(false) });
    let mut absent = absent(&required.backends, gate.session.discovery());
    if required.files {
        absent.extend(missing_files(&gate.plan));
    }
    if let Some(sentence) = unoptimised(OPT_LEVEL) {
        tell(&format!("note: {sentence}"));
    }
    let mut trials = guards(&gate, &scenarios, &absent);
    trials.extend(references(&gate, &scenarios, &selection));
    trials.extend(gate.plan.cells.iter().map(|cell| cell_trial(&gate, cell.clone())));
    trials.extend(gate.plan.skips.iter().map(absent_trial));
    Ok((gate, trials))
}

/// One trial for each scenario that could run: does the reference still give its golden?
fn references(gate: &Arc<Gate>, scenarios: &[Arc<Scenario>], selection: &Selection) -> Vec<Trial> {
    let Some(target) = reference_target(gate.session.discovery()) else { return Vec::new() };
    let reference = |scenario: &Arc<Scenario>| {
        let (scenario, target) = (Arc::clone(scenario), target.clone());
        let name = format!("{}::reference", scenario.name);
        let reasons = scenario.reasons_to_skip(selection);
        if !reasons.is_empty() {
            return ignored(name, &reasons);
        }
        trial(gate, name, move |gate| {
            let asserted = gate.reference(&scenario, &target);
            asserted.map(|()| Completion::Completed).map_err(|reason| failed(&reason))
        })
    };
    scenarios.iter().map(reference).collect()
}

/// A trial. A panic in it is a bug of the harness: it fails the trial and is kept beside what else failed.
fn trial(
    gate: &Arc<Gate>,
    name: String,
    run: impl FnOnce(&Gate) -> Result<Completion, Failed> + Send + 'static,
) -> Trial {
    let (gate, about) = (Arc::clone(gate), name.clone());
    Trial::ignorable_test(name, move || {
        catch_unwind(AssertUnwindSafe(|| run(&gate))).unwrap_or_else(|panic| {
            let reason = format!("the harness panicked: {}", panic_text(panic.as_ref()));
            gate.panicked.store(true, Ordering::Relaxed);
            gate.record.fail(&about, &reason, Exit::Internal);
            Err(failed(&reason))
        })
    })
}

/// What a terminal is told of a failed trial.
fn failed(reason: &str) -> Failed {
    escape::terminal(reason).into()
}

fn cell_trial(gate: &Arc<Gate>, cell: Cell) -> Trial {
    let name = format!("{}::{}", cell.scenario.name, cell.target.name);
    trial(gate, name, move |gate| {
        let ran = gate.session.run_cell(&cell);
        let report = ran.report.clone();
        gate.record.take(&ran.into());
        match report.verdict {
            Verdict::Skipped => {
                Ok(Completion::ignored_with(escape::terminal(&joined(&report.reasons))))
            }
            verdict if verdict.is_failure() => {
                let summary = report.summary().join("\n  ");
                let outlier = match (verdict, std::env::var_os("NEXTEST")) {
                    // There each trial is a process of its own; otherwise the outlier is told at the end.
                    (Verdict::Mismatch | Verdict::NonFinite, Some(_)) => {
                        format!("\n  outlier: `cargo repro run {}`", report.scenario)
                    }
                    _ => String::new(),
                };
                Err(failed(&format!("{verdict}: {summary}{outlier}")))
            }
            _ => Ok(Completion::Completed),
        }
    })
}

fn absent_trial(skip: &Skip) -> Trial {
    let name = format!("{}::{}", skip.scenario, skip.target);
    ignored(escape::terminal(&name).into_owned(), &skip.reasons)
}

/// A trial that is shown as ignored with its reason. nextest would count a trial that ignores
/// itself while it runs as passed, so there it is marked beforehand; run all the same, it fails.
fn ignored(name: String, reasons: &[Reason]) -> Trial {
    // Why, in a line; what to do is said by `repro list` and `repro run`.
    let first = reasons.first().map_or("", |reason| &reason.text);
    let reason = escape::terminal(first).into_owned();
    if std::env::var_os("NEXTEST").is_some() {
        return Trial::test(name, move || Err(Failed::from(reason))).with_ignored_flag(true);
    }
    Trial::ignorable_test(name, move || Ok(Completion::ignored_with(reason)))
}

/// Compares a run in `f64` with the outside reference, if the scenario names one.
fn beside_outside(scenario: &Scenario, target: &Target, trace: &Trace) -> Result<(), String> {
    let outside = OutsideReference::read(scenario).map_err(|error| error.to_string())?;
    let report = outside.map(|outside| OutsideReport::new(scenario, target, trace, &outside));
    match report.iter().flat_map(OutsideReport::reasons).next() {
        Some(reason) => Err(format!("in f64 it {}", reason.text)),
        None => Ok(()),
    }
}

impl Gate {
    fn reference(&self, scenario: &Scenario, target: &Target) -> Result<(), String> {
        let failed = |reason: String, exit| {
            self.record.fail(&format!("{}::reference", scenario.name), &reason, exit);
            reason
        };
        let settings = Dtype::F64.into();
        let golden = match self.session.store().load(&scenario.name) {
            // What was not fetched is not to be replaced, from a record either: none is kept.
            Err(error @ GoldenError::Pointer(_)) => {
                return Err(failed(error.to_string(), Exit::Golden));
            }
            loaded => loaded.ok(),
        };
        let recorded = Recorded::now(target, &scenario.folder());
        let ran = self.session.pool().with(target, &settings, |worker| {
            let trace = run_reference(worker, scenario)?;
            let steps = steps_if_changed(worker, scenario, &trace, &recorded, golden.as_ref());
            // What gives its golden repeats; anything else may be about to become one.
            if golden.is_none() || !steps.is_empty() {
                check_repeats(worker, scenario, &trace)?;
            }
            Ok((trace, steps))
        });
        let (trace, steps) = ran.map_err(|reason| failed(reason, Exit::Crashed))?;
        assert_reference(self.session.store(), scenario, &trace, &steps, target).map_err(
            |error| {
                let golden = golden.as_ref();
                if let Ok(draft) = Draft::new(scenario, &trace, &steps, recorded, golden) {
                    self.record.take_reference(scenario, draft);
                }
                failed(error.to_string(), Exit::Golden)
            },
        )?;
        beside_outside(scenario, target, &trace).map_err(|reason| failed(reason, Exit::Mismatch))
    }
}

#[cfg(test)]
mod tests {
    use burn_repro_target::Discovery;

    use super::*;

    /// Not with 101, which means a missing golden.
    #[test]
    fn a_trial_that_panics_fails_and_is_a_bug_of_the_harness() {
        let folder = tempfile::tempdir().unwrap();
        let circumstances = RunContext {
            name: "test".into(),
            started: Timestamp::now(),
            commit: None,
            threads: None,
        };
        let record = GateRecord::new(folder.path().to_path_buf(), circumstances, Vec::new());
        let command = WorkerCommand::current().unwrap();
        let session = Session::new(command, Store::new("golden"), Discovery::default());
        let plan = Plan::default();
        let gate = Arc::new(Gate { session, plan, record, panicked: AtomicBool::new(false) });
        let trials = vec![
            trial(&gate, "tiny::flex".into(), |_| Ok(Completion::Completed)),
            trial(&gate, "tiny::reference".into(), |_| panic!("an index of 3")),
        ];
        let conclusion = libtest_mimic::run(&Arguments::from_iter(["gate"]), trials);
        assert_eq!((conclusion.num_passed, conclusion.num_failed), (1, 1));
        assert_eq!(exit(&gate, &conclusion), Exit::Internal.into());
        gate.record.finish(&gate.session, &gate.plan);
        let run = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        let record = burn_repro_core::record::RunRecord::read(&run.join("run.json")).unwrap();
        let failure = &record.failures[0];
        assert_eq!(failure.to_string(), "tiny::reference: the harness panicked: an index of 3");
        assert_eq!(failure.exit_code, 1);
    }
}
