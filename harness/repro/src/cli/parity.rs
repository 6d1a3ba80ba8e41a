//! `repro parity`: which layer of a port differs from its reference.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use burn_repro_core::exit::Exit;
use burn_repro_core::golden::Step;
use burn_repro_core::plan::{Selection, plan};
use burn_repro_core::reason::joined;
use burn_repro_core::reference::{ask_follow, reference_worker, run_reference_varied};
use burn_repro_core::say::{say, tell};
use burn_repro_core::scenario::{BackendSelector, ReferenceFile, Scenario};
use burn_repro_core::worker::{Outcome, Variation, Worker, WorkerCommand};
use burn_repro_explain::parity::{Parity, Recorded, table};
use clap::Args;

use super::write::write_json;
use super::{Failure, choose};
use crate::project::{Project, find_targets};

/// Both runs of a comparison: as the model is, and fed by the reference.
const VARIATIONS: [Variation; 2] = [Variation::None, Variation::ReferenceInputs];

#[derive(Debug, Args)]
pub(super) struct ParityArguments {
    /// Name of the scenario; it names its `reference:`
    scenario: String,
    /// A class (cpu, wgpu, cuda) or a target to run beside `f64`; may be given several times
    #[arg(long = "backend", value_name = "NAME")]
    backends: Vec<BackendSelector>,
    /// Compare in `f64` alone, on the target of the reference
    #[arg(long)]
    only_f64: bool,
    /// Write the numbers as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(super) fn parity(project: &Project, arguments: &ParityArguments) -> Result<Exit, Failure> {
    let scenarios = project.load().map_err(Failure::usage)?;
    let scenario = choose::scenario(&scenarios, &arguments.scenario)?;
    let file = reference_of(&scenario)?;
    let reference = read(project, &scenario, file)?;
    let command = WorkerCommand::current().map_err(Failure::internal)?;
    let discovery = find_targets(&command);
    let mut worker = reference_worker(&discovery, &command)
        .ok_or_else(|| Failure::internal("the target of the reference is not available"))?;
    let mut all = vec![in_f64(&scenario, &mut worker, &reference)?];
    let lines = lines(&scenario, &mut worker);
    if !arguments.only_f64 {
        let backends = arguments.backends.clone();
        let selection = Selection { backends, nightly: true, ..Selection::default() };
        let mut cells = plan(std::slice::from_ref(&scenario), &discovery, &selection).cells;
        // Half a minute for each, unless it is named.
        cells.retain(|cell| !cell.target.is_on_request() || !selection.backends.is_empty());
        for cell in cells {
            let worker = Worker::new(command.clone(), cell.target.clone(), cell.settings());
            let port = &all[0];
            all.extend(on_target(&scenario, &cell.target.name, worker, &reference, port)?);
        }
    }
    for parity in &all {
        say(&format!("{}\n", table(parity, &file.source.0, &lines)));
    }
    let exit = exit(&all);
    if let Some(file) = &arguments.json {
        write_json(file, &all, exit)?;
    }
    Ok(exit)
}

/// Reads the reference, which is examined before any device is opened.
fn read(
    project: &Project,
    scenario: &Arc<Scenario>,
    reference: &ReferenceFile,
) -> Result<Recorded, Failure> {
    let selection = Selection { nightly: true, ..Selection::default() };
    project.examine(std::slice::from_ref(scenario), &selection).map_err(Failure::usage)?;
    let file = scenario.folder().join(reference.file.as_path());
    let bytes =
        fs::read(&file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    Recorded::read(&bytes).map_err(|error| Failure::usage(format!("{} {error}", file.display())))
}

fn reference_of(scenario: &Scenario) -> Result<&ReferenceFile, Failure> {
    scenario.reference.as_ref().ok_or_else(|| {
        Failure::usage(format!(
            "{} names no `reference:`; `repro record-script torch` prints a script that records one",
            scenario.file.display()
        ))
    })
}

/// A wrong layer, or nothing that was compared, is a difference.
fn exit(all: &[Parity]) -> Exit {
    let is_equal = |parity: &Parity| !parity.layers.is_empty() && parity.wrong().next().is_none();
    if all.iter().all(is_equal) { Exit::Success } else { Exit::Mismatch }
}

fn in_f64(
    scenario: &Scenario,
    worker: &mut Worker,
    reference: &Recorded,
) -> Result<Parity, Failure> {
    let failed = |message: String| Failure { exit: Exit::Crashed, message };
    let [own, fed] = VARIATIONS.map(|variation| run_reference_varied(worker, scenario, variation));
    let (own, fed) = (own.map_err(failed)?, fed.map_err(failed)?);
    Ok(Parity::new("flex", reference, [&own, &fed], None))
}

/// The same on a target, unless it lacks the element type.
fn on_target(
    scenario: &Scenario,
    target: &str,
    mut worker: Worker,
    reference: &Recorded,
    port: &Parity,
) -> Result<Option<Parity>, Failure> {
    let mut traces = Vec::new();
    for variation in VARIATIONS {
        match worker.run_varied(scenario, variation) {
            Outcome::Finished(trace) => traces.push(*trace),
            Outcome::Unsupported(reasons) => {
                tell(&format!("{target} is left out: {}", joined(&reasons)));
                return Ok(None);
            }
            outcome => {
                let message = format!("{target}: {}", outcome.reason());
                return Err(Failure { exit: Exit::Crashed, message });
            }
        }
    }
    Ok(Some(Parity::new(target, reference, [&traces[0], &traces[1]], Some(port))))
}

/// The line of the model that names each layer, as a recording has it.
fn lines(scenario: &Scenario, worker: &mut Worker) -> impl Fn(&str) -> Option<String> {
    let steps = ask_follow(worker, scenario).unwrap_or_default();
    move |layer: &str| source(layer, &steps)
}

fn source(layer: &str, steps: &[Step]) -> Option<String> {
    // What goes in, and what comes out beside the first: the module is what stands before.
    let part = layer.split_once("/input").or(layer.split_once("/output."));
    let module = part.map_or(layer, |(module, _)| module);
    // A name of the model's own may have dots and slashes.
    let place = module.split('#').next()?.replace('.', "/");
    let is_there = |step: &&Step| {
        // A pipeline may have scopes of its own around the model's.
        let here = step.place.replace('.', "/");
        let rest = here.strip_suffix(&place);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    steps.iter().find(is_there)?.source.clone()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::path("block.norm1", "block/norm1")]
    #[case::input("block.norm1/input", "block/norm1")]
    #[case::second_call("block.norm1#2", "step.00/block/norm1")]
    #[case::second_output("attention/output.1", "attention")]
    #[case::name_with_dots("layers.0.norm1", "layers.0/norm1")]
    #[case::name_with_slashes("/conv/Conv_output_0", "/conv/Conv_output_0")]
    fn a_layer_has_the_line_of_its_scope(#[case] layer: &str, #[case] place: &str) {
        let step = |place: &str, source: &str| Step {
            place: place.into(),
            source: Some(source.into()),
            ..Step::default()
        };
        let other = ["block/norm10", "norm1/add", "xattention", "onv_output_0"];
        let mut steps: Vec<Step> = other.map(|place| step(place, "wrong")).into();
        assert_eq!(source(layer, &steps), None);
        steps.push(step(place, "src/lib.rs:7"));
        assert_eq!(source(layer, &steps).as_deref(), Some("src/lib.rs:7"));
    }
}
