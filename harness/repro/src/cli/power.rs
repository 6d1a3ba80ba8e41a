//! `repro power`: plants faults and says what share of them each scenario's checks notice; or whether a diagnosis finds
//! them.

use std::path::PathBuf;
use std::sync::Arc;

use burn_repro_target::{Discovery, Target};
use clap::Args;

use super::{Failure, choose, say};
use crate::project::{Project, find_targets};
use burn_repro_core::exit::Exit;
use burn_repro_core::golden::Store;
use burn_repro_core::plan::{Cell, Selection, absence};
use burn_repro_core::reason::joined;
use burn_repro_core::say::tell;
use burn_repro_core::scenario::{BackendSelector, Scenario};
use burn_repro_core::trace::Dtype;
use burn_repro_core::worker::{Worker, WorkerCommand};
use burn_repro_core::write::write_whole;
use burn_repro_explain::power::{
    Broken, Power, broken, known_faults, locate, located, power, table,
};
use burn_repro_worker::{CASE_FAULTS, Registry};

#[derive(Debug, Args)]
pub(super) struct PowerArguments {
    /// Parts of scenario names; without any, every scenario
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// The target that faults are planted into
    #[arg(long = "backend", value_name = "NAME", default_value = "flex")]
    backend: BackendSelector,
    /// Run the scenarios tagged `nightly`, too
    #[arg(long)]
    nightly: bool,
    /// Plant each fault into that many operations, evenly spread
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    places: u16,
    /// Plant that many random faults into each scenario instead, and see whether `diagnose` names the operation
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    locate: Option<u16>,
    /// Which random faults
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u32,
    /// Write every trial as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "locate")]
    json: Option<PathBuf>,
    /// List the faults and what each is
    #[arg(long)]
    faults: bool,
}

pub(super) fn run(project: &Project, arguments: &PowerArguments) -> Result<Exit, Failure> {
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
        None => powers(project, &cells, arguments, &store, &command),
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
    arguments: &PowerArguments,
) -> Result<Vec<Cell>, Failure> {
    let selector = &arguments.backend;
    let target: &Target =
        discovery.targets.iter().find(|target| selector.matches(target)).ok_or_else(|| {
            Failure {
                exit: Exit::Required,
                message: format!("{selector}: {}", joined(&absence(selector, discovery))),
            }
        })?;
    let mut cells = Vec::new();
    for scenario in scenarios {
        let asks = scenario.backends.iter().any(|selector| selector.matches(target));
        let reasons = scenario.reasons_to_skip(selection);
        if asks && reasons.is_empty() && scenario.dtype == Dtype::F32 {
            let (scenario, target) = (Arc::clone(scenario), target.clone());
            cells.push(Cell { scenario, target, threads: None });
        } else {
            let reason = match (reasons.is_empty(), asks) {
                (false, _) => joined(&reasons),
                (true, true) => "operations are followed in f32 only".into(),
                (true, false) => format!("it does not ask for {}", target.name),
            };
            tell(&format!("{} is left out: {reason}", scenario.name));
        }
    }
    if cells.is_empty() {
        let message = "no chosen scenario can be asked, for the reasons above".to_owned();
        return Err(Failure { exit: Exit::NothingRan, message });
    }
    Ok(cells)
}

fn powers(
    project: &Project,
    cells: &[Cell],
    arguments: &PowerArguments,
    store: &Store,
    command: &WorkerCommand,
) -> Result<Exit, Failure> {
    let mut all: Vec<Power> = Vec::new();
    let mut through: Vec<Broken> = Vec::new();
    for cell in cells {
        tell(&format!("{} on {}", cell.scenario.name, cell.target.name));
        let mut worker = Worker::new(command.clone(), cell.target.clone(), cell.settings());
        let pipeline = project.registry.find(&cell.scenario.pipeline);
        let own = pipeline.map(|pipeline| pipeline.faults()).unwrap_or_default();
        let case_faults: Vec<&str> =
            CASE_FAULTS.iter().chain(&own).map(|(name, _)| *name).collect();
        let places = usize::from(arguments.places);
        let power = power(cell, &case_faults, places, store, &mut worker);
        through.extend(broken(&power, &cell.scenario.must_catch));
        all.push(power);
    }
    if let Some(file) = &arguments.json {
        let json = serde_json::to_string_pretty(&all).map_err(Failure::internal)?;
        write_whole(file, json.as_bytes())
            .map_err(|error| Failure::usage(format!("cannot write {}: {error}", file.display())))?;
    }
    say(&table(&all));
    for Broken { scenario, fault, trial } in &through {
        let Some(trial) = trial else {
            tell(&format!(
                "{scenario} must catch {fault}, which fits nothing in it or changes no result: take it out"
            ));
            continue;
        };
        let place = trial.operation.map_or(String::new(), |number| format!("@{number}"));
        let moved = trial
            .moved
            .map_or(String::new(), |moved| format!(", which moves a result by {moved:.1e}"));
        tell(&format!(
            "{scenario} must catch {}{place}{moved}, and does not: its tolerance is too wide, or `must_catch` too bold",
            trial.fault
        ));
    }
    let refused = all.iter().any(|power| power.refused.is_some());
    Ok(if through.is_empty() && !refused { Exit::Success } else { Exit::Mismatch })
}

fn located_all(
    cells: &[Cell],
    count: usize,
    arguments: &PowerArguments,
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
