//! `repro diagnose`: runs one cell plainly, its reference, and both in lockstep, and says which operation it is.

mod reference;
mod report;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use self::reference::reference_state;
use self::report::{add, run_of};
use super::write::write_json;
use super::{Failure, choose, say};
use crate::project::{Project, find_targets};
use burn_repro_core::diagnose::{Diagnosis, Evidence, LockstepReport};
use burn_repro_core::exit::Exit;
use burn_repro_core::golden::Store;
use burn_repro_core::plan::Cell;
use burn_repro_core::reason::joined;
use burn_repro_core::run::Ran;
use burn_repro_core::scenario::{BackendSelector, Scenario};
use burn_repro_core::session::run_cell;
use burn_repro_core::trace::Dtype;
use burn_repro_core::worker::{Worker, WorkerCommand};
use burn_repro_explain::fault::InjectedFault;
use burn_repro_explain::lockstep::{LockstepOptions, ask_lockstep};
use burn_repro_explain::minimal_repro::{File, write};
use burn_repro_report::report::diagnosis;

#[derive(Debug, Args)]
pub(super) struct DiagnoseArguments {
    /// Name of the scenario
    #[arg(value_name = "SCENARIO")]
    scenario: String,
    /// The name is whole, as it is without this; for who comes from `run`
    #[arg(long, hide = true)]
    exact: bool,
    /// Target, as `repro list --targets` names it
    #[arg(long = "backend", value_name = "NAME")]
    backend: BackendSelector,
    /// Compare operations only until the first intermediate tensor is out of tolerance
    #[arg(long)]
    until_first: bool,
    /// Write the diagnosis as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the operation that is off as a cargo project of its own, ready for an issue of Burn
    #[arg(long, alias = "emit", value_name = "DIR")]
    minimal_repro: Option<PathBuf>,
    /// Add the diagnosis to the report of a run: the newest one below target/repro
    #[arg(long)]
    html: bool,
    /// Folder of the run whose report is extended
    #[arg(long, value_name = "DIR", requires = "html")]
    record: Option<PathBuf>,
    /// Inject a fault into the target first, for instance `factors-bf16` or `negated@120`, to test the diagnosis
    #[arg(long, value_name = "FAULT[@N]")]
    plant: Option<InjectedFault>,
}

pub(super) fn diagnose(project: &Project, arguments: &DiagnoseArguments) -> Result<Exit, Failure> {
    let scenario = scenario(project, &arguments.scenario)?;
    let command = WorkerCommand::current().map_err(Failure::internal)?;
    let discovery = find_targets(&command);
    let target = choose::target(&arguments.backend, &discovery)?;
    // A run that is not there is said before anything is computed.
    let run = arguments
        .html
        .then(|| run_of(arguments.record.as_deref(), &scenario, &target))
        .transpose()?;
    let store = Store::new(&project.golden);
    let cell = Cell { scenario: Arc::clone(&scenario), target: target.clone(), threads: None };
    let mut worker = Worker::new(command.clone(), target.clone(), cell.settings());

    let Ran { report, .. } =
        run_cell(&cell, store.load(&scenario.name).as_ref().into(), &mut worker);
    let lockstep = lockstep(arguments, &cell, &mut worker)?;
    let reference = reference_state(&scenario, &store, &discovery, &command)?;
    let found = Diagnosis::new(Evidence {
        scenario: scenario.name.clone(),
        target: target.name.clone(),
        verdict: report.verdict,
        reason: joined(&report.reasons),
        first_outside: report.first_record_outside.clone(),
        reference,
        lockstep,
    });
    say(&diagnosis(&found));
    let planted = if arguments.plant.is_some() { injected_exit(&found) } else { Exit::Success };
    let exit = Exit::of(&[report]).max(planted);
    // A red cell stays red where its files cannot be written.
    let failed = |message: String| Failure { exit: exit.max(Exit::Usage), message };
    if let Some(file) = &arguments.json {
        write_json(file, &found, exit)?;
    }
    if let Some(run) = &run {
        say(&format!("report: {}\n", add(run, &found).map_err(failed)?.display()));
    }
    if let Some(Err(reason)) = found.lockstep.emitted {
        return Err(failed(reason));
    }
    Ok(exit)
}

/// Runs the cell operation by operation.
fn lockstep(
    arguments: &DiagnoseArguments,
    cell: &Cell,
    worker: &mut Worker,
) -> Result<LockstepReport, Failure> {
    let Cell { scenario, target, .. } = cell;
    let options = LockstepOptions {
        fault: arguments.plant.clone(),
        until: arguments
            .until_first
            .then(|| scenario.tolerance.bounds(target, "", Dtype::F32.into()).pixel),
        minimal_repro: arguments.minimal_repro.is_some(),
    };
    let (mut report, project) = ask_lockstep(worker, scenario, &options).map_err(|outcome| {
        let (name, target, reason) = (&scenario.name, &target.name, outcome.reason());
        let message = format!("cannot run {name} on {target} operation by operation: {reason}");
        Failure { exit: Exit::Crashed, message }
    })?;
    if let Some(planted) = &arguments.plant
        && report.struck == 0
    {
        return Err(Failure::usage(format!(
            "the fault `{planted}` does not apply to any operation of {}, or not to the operation of that number",
            scenario.name
        )));
    }
    if let Some((folder, files)) = arguments.minimal_repro.as_ref().zip(project) {
        let planted = arguments.plant.is_some();
        report.emitted = Some(files.and_then(|files| emitted(folder, &files, planted)));
    }
    Ok(report)
}

/// Writes the project of the operation that is off.
fn emitted(folder: &Path, files: &[File], planted: bool) -> Result<String, String> {
    write(folder, files).map_err(|error| error.to_string())?;
    let which = if planted { ", without the injected fault" } else { " and shows the difference" };
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let folder = folder.display();
    Ok(format!("{folder} holds the operation as a cargo project: `cargo run` there runs it{which}"))
}

/// An injected fault that was found makes the result differ.
fn injected_exit(found: &Diagnosis) -> Exit {
    if found.lockstep.first.is_some() { Exit::Mismatch } else { Exit::Success }
}

/// The scenario of that name, if its operations can be followed.
fn scenario(project: &Project, name: &str) -> Result<Arc<Scenario>, Failure> {
    let scenario = choose::scenario(&project.load().map_err(Failure::usage)?, name)?;
    if scenario.dtype != Dtype::F32 {
        let dtype = scenario.dtype.as_str();
        return Err(Failure::usage(format!(
            "scenario `{name}` uses {dtype}: only f32 scenarios can be diagnosed"
        )));
    }
    Ok(scenario)
}
