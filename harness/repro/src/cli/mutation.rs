//! `repro mutation`: injects faults and reports what share of them each scenario's checks detect; or whether a diagnosis finds
//! them.

use std::path::PathBuf;
use std::sync::Arc;

use burn_repro_target::Discovery;
use clap::Args;

use super::write::write_json;
use super::{Failure, choose, say};
use crate::project::{Project, find_targets};
use burn_repro_core::exit::Exit;
use burn_repro_core::golden::Store;
use burn_repro_core::plan::{Cell, Selection};
use burn_repro_core::reason::joined;
use burn_repro_core::say::tell;
use burn_repro_core::scenario::{BackendSelector, Scenario};
use burn_repro_core::trace::Dtype;
use burn_repro_core::worker::{Worker, WorkerCommand};
use burn_repro_explain::mutation::{
    MutationScore, Survivor, known_faults, locate, located, mutate, survivors, table,
};
use burn_repro_worker::{CASE_FAULTS, Registry};

#[derive(Debug, Args)]
pub(super) struct MutationArguments {
    /// Parts of scenario names; without any, every scenario
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// Target that faults are injected into
    #[arg(long = "backend", value_name = "NAME", default_value = "flex")]
    backend: BackendSelector,
    /// Test the scenarios tagged `nightly` as well
    #[arg(long)]
    nightly: bool,
    /// Inject each fault into this many operations, evenly spread
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    places: u16,
    /// Inject this many random faults into each scenario instead, and check whether `diagnose` names the operation
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    locate: Option<u16>,
    /// Seed of the random faults
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u32,
    /// Write the outcome of every fault as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "locate")]
    json: Option<PathBuf>,
    /// List the faults with a description of each
    #[arg(long)]
    faults: bool,
}

pub(super) fn run(project: &Project, arguments: &MutationArguments) -> Result<Exit, Failure> {
    let scenarios = project.load().map_err(Failure::usage)?;
    if arguments.faults {
        say(&faults(&project.registry, &scenarios));
        return Ok(Exit::Success);
    }
    let selection = Selection {
        filters: arguments.filters.clone(),
        nightly: arguments.nightly,
        ..Selection::default()
    };
    let scenarios = choose::scenarios(&scenarios, &selection)?;
    let command = WorkerCommand::current().map_err(Failure::internal)?;
    let discovery = find_targets(&command);
    let cells = cells(&scenarios, &selection, &discovery, arguments)?;
    let store = Store::new(&project.golden);
    match arguments.locate {
        Some(count) => located_all(&cells, usize::from(count), arguments, &store, &command),
        None => mutate_all(project, &cells, arguments, &store, &command),
    }
}

/// Every fault with what it is.
fn faults(registry: &Registry, scenarios: &[Arc<Scenario>]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for scenario in scenarios {
        let Some(pipeline) = registry.find(&scenario.pipeline) else { continue };
        for (name, what) in known_faults(pipeline) {
            let line = format!("{name:20} {what}");
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines.join("\n") + "\n"
}

/// The cells of the chosen target; a class is its first target.
fn cells(
    scenarios: &[Arc<Scenario>],
    selection: &Selection,
    discovery: &Discovery,
    arguments: &MutationArguments,
) -> Result<Vec<Cell>, Failure> {
    let target = choose::first_target(&arguments.backend, discovery)?;
    let mut cells = Vec::new();
    for scenario in scenarios {
        let asks = scenario.backends.iter().any(|selector| selector.matches(&target));
        let reasons = scenario.reasons_to_skip(selection);
        if asks && reasons.is_empty() && scenario.dtype == Dtype::F32 {
            let (scenario, target) = (Arc::clone(scenario), target.clone());
            cells.push(Cell { scenario, target, threads: None });
        } else {
            let reason = match (reasons.is_empty(), asks) {
                (false, _) => joined(&reasons),
                (true, true) => "only f32 scenarios can be tested".into(),
                (true, false) => format!("its `backends` do not include {}", target.name),
            };
            tell(&format!("{} is left out: {reason}", scenario.name));
        }
    }
    if cells.is_empty() {
        let message =
            "none of the chosen scenarios can be tested, for the reasons above".to_owned();
        return Err(Failure { exit: Exit::NothingRan, message });
    }
    Ok(cells)
}

fn mutate_all(
    project: &Project,
    cells: &[Cell],
    arguments: &MutationArguments,
    store: &Store,
    command: &WorkerCommand,
) -> Result<Exit, Failure> {
    let mut all: Vec<MutationScore> = Vec::new();
    let mut survived: Vec<Survivor> = Vec::new();
    for cell in cells {
        tell(&format!("{} on {}", cell.scenario.name, cell.target.name));
        let mut worker = Worker::new(command.clone(), cell.target.clone(), cell.settings());
        let pipeline = project.registry.find(&cell.scenario.pipeline);
        let own = pipeline.map(|pipeline| pipeline.faults()).unwrap_or_default();
        let case_faults: Vec<&str> =
            CASE_FAULTS.iter().chain(&own).map(|(name, _)| *name).collect();
        let places = usize::from(arguments.places);
        let score = mutate(cell, &case_faults, places, store, &mut worker);
        survived.extend(survivors(&score, &cell.scenario.must_catch));
        all.push(score);
    }
    if let Some(file) = &arguments.json {
        write_json(file, &all, Exit::Success)?;
    }
    say(&table(&all));
    for Survivor { scenario, fault, trial } in &survived {
        let Some(trial) = trial else {
            tell(&format!(
                "{scenario}: `must_catch` lists {fault}, which applies to no operation or changes no result; remove it"
            ));
            continue;
        };
        let place = trial.operation.map_or(String::new(), |number| format!("@{number}"));
        let moved = trial
            .moved
            .map_or(String::new(), |moved| format!(", which moves a result by {moved:.1e}"));
        tell(&format!(
            "{scenario}: `must_catch` lists {}{place}{moved}, but the checks do not detect it: the tolerance is too wide, or the \
             fault does not belong there",
            trial.fault
        ));
    }
    let refused = all.iter().any(|score| score.refused.is_some());
    Ok(if survived.is_empty() && !refused { Exit::Success } else { Exit::Mismatch })
}

fn located_all(
    cells: &[Cell],
    count: usize,
    arguments: &MutationArguments,
    store: &Store,
    command: &WorkerCommand,
) -> Result<Exit, Failure> {
    let mut all = Vec::new();
    for cell in cells {
        tell(&format!("{} on {}", cell.scenario.name, cell.target.name));
        let mut worker = Worker::new(command.clone(), cell.target.clone(), cell.settings());
        let seed = u64::from(arguments.seed);
        let found = locate(cell, count, seed, store, &mut worker).map_err(|reason| Failure {
            exit: Exit::Crashed,
            message: format!("{} on {}: {reason}", cell.scenario.name, cell.target.name),
        })?;
        all.extend(found);
    }
    say(&located(&all));
    let missed = all.iter().any(|one| one.red && !one.hit());
    Ok(if missed { Exit::Mismatch } else { Exit::Success })
}
