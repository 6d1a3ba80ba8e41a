//! The gate: `cargo test` over the same scenarios. One trial for each scenario's reference, one for
//! each cell, and three that guard the whole.
//!
//! Built on libtest-mimic, so that filters, `--list` and `cargo nextest run` work as they do for
//! any test. Under nextest every trial is a process of its own and starts its own worker.

mod record;

use std::process::ExitCode;
use std::sync::Arc;

use burn_repro_backends::{Discovery, Float, Target};
use jiff::Timestamp;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use self::record::GateRecord;
use crate::defect::{SAFE_REDUCTION, explain};
use crate::exit::Exit;
use crate::golden::{Draft, Recorded, Store, assert_reference, commit};
use crate::plan::{Cell, Plan, Selection, Skip, absent, plan};
use crate::project::{Project, find_targets};
use crate::record::{Circumstances, RUN_NAME, THREADS, machine, machine_name, threads};
use crate::reference::{reference_target, run_reference, steps_if_changed};
use crate::run::{Ran, run_cell};
use crate::scenario::{BackendSelector, Scenario};
use crate::verdict::Verdict;
use crate::worker::{Pool, WorkerCommand};

/// Backends that must be here: `BURN_REPRO_REQUIRE=cpu,wgpu`.
const REQUIRE: &str = "BURN_REPRO_REQUIRE";
/// Backends that the gate is limited to: `BURN_REPRO_BACKEND=cpu`.
const BACKEND: &str = "BURN_REPRO_BACKEND";
/// Set to 1, it runs the scenarios tagged `nightly`, too.
const NIGHTLY: &str = "BURN_REPRO_NIGHTLY";

/// What all trials share.
struct Gate {
    store: Store,
    pool: Pool,
    record: GateRecord,
}

pub(crate) fn main(project: Project) -> ExitCode {
    let arguments = Arguments::from_args();
    match trials(&project) {
        Ok((gate, trials)) => {
            let conclusion = libtest_mimic::run(&arguments, trials);
            gate.record.finish(&gate.store);
            conclusion.exit_code()
        }
        Err((exit, message)) => {
            eprintln!("error: {message}");
            exit.into()
        }
    }
}

fn trials(project: &Project) -> Result<(Arc<Gate>, Vec<Trial>), (Exit, String)> {
    let scenarios = project.load().map_err(|error| (Exit::Usage, error.to_string()))?;
    let required = selectors(REQUIRE).map_err(|message| (Exit::Usage, message))?;
    let backends = selectors(BACKEND).map_err(|message| (Exit::Usage, message))?;
    let command = WorkerCommand::current().map_err(|e| (Exit::Internal, e.to_string()))?;
    let nightly = std::env::var(NIGHTLY).is_ok_and(|value| value == "1");
    let threads = variable(THREADS, threads)?;
    let selection = Selection { backends, nightly, threads, ..Selection::default() };
    let circumstances = Circumstances {
        name: variable(RUN_NAME, machine)?.unwrap_or_else(machine_name),
        started: Timestamp::now(),
        commit: commit(&project.scenarios),
        threads,
    };
    let discovery = find_targets(&command);
    let plan = plan(&scenarios, &discovery, &selection);
    let record =
        GateRecord::new(circumstances, discovery.clone(), scenarios.clone(), plan.skips.clone());
    let (store, pool) = (Store::new(&project.golden), Pool::new(command));
    let gate = Arc::new(Gate { store, pool, record });
    let mut trials = guards(&gate, &scenarios, &plan, &absent(&required, &discovery));
    trials.extend(references(&gate, &scenarios, &discovery, &selection));
    trials.extend(plan.cells.into_iter().map(|cell| cell_trial(&gate, cell)));
    trials.extend(plan.skips.into_iter().map(|skip| absent_trial(&skip)));
    Ok((gate, trials))
}

/// The value of a variable, if it is set.
fn variable<T>(
    name: &str,
    parse: fn(&str) -> Result<T, String>,
) -> Result<Option<T>, (Exit, String)> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    let parsed = value.map(|value| parse(&value)).transpose();
    parsed.map_err(|message| (Exit::Usage, format!("{name}: {message}")))
}

fn selectors(variable: &str) -> Result<Vec<BackendSelector>, String> {
    let value = std::env::var(variable).unwrap_or_default();
    let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| name.parse().map_err(|error| format!("{variable}: {error}"))).collect()
}

/// Nothing passes by accident: something runs, what is required is here, and every golden belongs
/// to a scenario.
fn guards(
    gate: &Arc<Gate>,
    scenarios: &[Arc<Scenario>],
    plan: &Plan,
    absent: &[String],
) -> Vec<Trial> {
    let something_runs = match plan.cells.len() {
        0 => Some("no cell would run; `repro list` says what is not here".to_owned()),
        _ => None,
    };
    let required = (!absent.is_empty()).then(|| format!("required {}", absent.join("; ")));
    let owned = match gate.store.unowned(scenarios.iter().map(AsRef::as_ref)) {
        Err(error) => Some(format!("the golden folder cannot be read: {error}")),
        Ok(files) if files.is_empty() => None,
        Ok(files) => {
            let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
            Some(format!(
                "goldens without a scenario; `cargo repro golden prune` deletes them: {}",
                files.join(", ")
            ))
        }
    };
    let guard = |name: &'static str, failure: Option<String>, exit: Exit| {
        let gate = Arc::clone(gate);
        Trial::test(name, move || match failure {
            None => Ok(()),
            Some(reason) => {
                gate.record.fail(name, &reason, exit);
                Err(reason.into())
            }
        })
    };
    vec![
        guard("gate::something-runs", something_runs, Exit::NothingRan),
        guard("gate::required-backends", required, Exit::Required),
        guard("gate::goldens-have-owners", owned, Exit::Golden),
    ]
}

/// One trial for each scenario that could run: does the reference still give its golden?
fn references(
    gate: &Arc<Gate>,
    scenarios: &[Arc<Scenario>],
    discovery: &Discovery,
    selection: &Selection,
) -> Vec<Trial> {
    let Some(target) = reference_target(discovery) else { return Vec::new() };
    let trial = |scenario: &Arc<Scenario>| {
        let (scenario, target) = (Arc::clone(scenario), target.clone());
        let name = format!("{}::reference", scenario.name);
        if let Some(reason) = scenario.reason_to_skip(selection) {
            return ignored(name, reason);
        }
        let gate = Arc::clone(gate);
        Trial::test(name, move || gate.reference(&scenario, &target).map_err(Failed::from))
    };
    scenarios.iter().map(trial).collect()
}

fn cell_trial(gate: &Arc<Gate>, cell: Cell) -> Trial {
    let name = format!("{}::{}", cell.scenario.name, cell.target.name);
    let gate = Arc::clone(gate);
    Trial::ignorable_test(name, move || {
        let settings = cell.settings();
        let report = gate.pool.with(&cell.target, &settings, |worker| {
            let Ran { mut report, trace, log } = run_cell(&cell, &gate.store, worker);
            // Measuring takes a moment on a GPU, so it is done where it can matter.
            let long = cell.scenario.requirements.longest_reduction > Some(SAFE_REDUCTION);
            let precision = long.then(|| worker.measure().ok()).flatten();
            explain(&mut report, &cell.scenario, &cell.target, precision.as_ref());
            gate.record.take(&Ran { report: report.clone(), trace, log }.into());
            report
        });
        match report.verdict {
            Verdict::Skipped => Ok(Completion::ignored_with(report.reason)),
            verdict if verdict.is_failure() => {
                let reason = report.reason.replace("; ", "\n  ");
                let name = &report.scenario;
                let outlier = match verdict {
                    Verdict::Mismatch | Verdict::NonFinite => format!(
                        "\n  `cargo repro diagnose {name} --backend {}` names the operation; \
                         `cargo repro run {name}` says which target is the outlier",
                        report.target
                    ),
                    _ => String::new(),
                };
                Err(format!("{verdict}: {reason}{outlier}").into())
            }
            _ => Ok(Completion::Completed),
        }
    })
}

fn absent_trial(skip: &Skip) -> Trial {
    ignored(format!("{}::{}", skip.scenario, skip.target), skip.reason.clone())
}

/// A trial that is shown as ignored with its reason. nextest would count a trial that ignores
/// itself while it runs as passed, so there it is marked beforehand; run all the same, it fails.
fn ignored(name: String, reason: String) -> Trial {
    // Why, in a line; the cure is what `repro list` and `repro run` say.
    let reason = reason.split("; ").next().unwrap_or_default().to_owned();
    if std::env::var_os("NEXTEST").is_some() {
        return Trial::test(name, move || Err(Failed::from(reason))).with_ignored_flag(true);
    }
    Trial::ignorable_test(name, move || Ok(Completion::ignored_with(reason)))
}

impl Gate {
    fn reference(&self, scenario: &Scenario, target: &Target) -> Result<(), String> {
        let failed = |reason: String, exit| {
            self.record.fail(&format!("{}::reference", scenario.name), &reason, exit);
            reason
        };
        let settings = Float::F64.into();
        let golden = self.store.load(&scenario.name).ok();
        let recorded = Recorded::now(target, &scenario.folder());
        let ran = self.pool.with(target, &settings, |worker| {
            let trace = run_reference(worker, scenario)?;
            let steps = steps_if_changed(worker, scenario, &trace, &recorded, golden.as_ref());
            Ok((trace, steps))
        });
        let (trace, steps) = ran.map_err(|reason| failed(reason, Exit::Crashed))?;
        assert_reference(&self.store, scenario, &trace, &steps, target).map_err(|error| {
            let golden = golden.as_ref();
            if let Ok(draft) = Draft::new(scenario, &trace, &steps, recorded, golden) {
                self.record.take_reference(scenario, draft);
            }
            failed(error.to_string(), Exit::Golden)
        })
    }
}
