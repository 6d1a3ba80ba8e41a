//! `repro run`: the main job.

use std::collections::BTreeMap;
use std::path::Path;

use burn_repro_backends::Discovery;
use jiff::Timestamp;

use super::{Failure, RunArguments, say};
use crate::clock::today;
use crate::defect::explain;
use crate::doctor::Precision;
use crate::evaluate::CellReport;
use crate::exit::Exit;
use crate::golden::Store;
use crate::outliers::{Traces, find_outliers};
use crate::plan::{Cell, Plan, absence, plan};
use crate::project::{Project, find_targets};
use crate::record::{RunRecord, features};
use crate::repeat::{judge, repeat};
use crate::report::{Terminal, details, outliers, stability, summary, table};
use crate::run::{Event, execute, measure};
use crate::scenario::BackendSelector;
use crate::tensor_file;
use crate::worker::{Pool, WorkerCommand};
use crate::write::write_whole;

pub(super) fn run(project: &Project, arguments: RunArguments) -> Result<Exit, Failure> {
    let started = Timestamp::now();
    // Everything that can be wrong with the scenarios is said before any device is opened.
    let scenarios = project.load().map_err(Failure::usage)?;
    let command = WorkerCommand::current().map_err(Failure::internal)?;
    let discovery = find_targets(&command);
    let absent = absent(&arguments.required, &discovery);
    let plan = plan(&scenarios, &discovery, &arguments.selection());
    if plan.cells.is_empty() && plan.skips.is_empty() {
        return Err(nothing_selected(&arguments, &discovery));
    }

    let store = Store::new(&project.golden);
    let mut terminal = Terminal::new(plan.cells.len());
    let pool = Pool::new(command.clone());
    let mut traces = match arguments.repeat {
        Some(_) => Traces::with_records(),
        None => Traces::default(),
    };
    let mut saved = Ok(());
    let mut reports = execute(&plan, &store, &pool, |event| {
        terminal.show(event);
        traces.take(event);
        if let (Some(folder), Ok(())) = (&arguments.save_outputs, &saved) {
            saved = save_outputs(folder, event);
        }
    });
    let precision = measure(&plan, &pool);
    // Its idle workers would share a device with those that repeat.
    drop(pool);
    if let Some(times) = arguments.repeat {
        repeat_all(&mut reports, &plan, &traces, &command, usize::from(times));
    }
    explain_all(&mut reports, &plan, &precision);
    let found = find_outliers(&plan, &reports, &traces, &store, &discovery, &command);
    terminal.finish();

    let required = if absent.is_empty() { Exit::Success } else { Exit::Required };
    let exit = Exit::of(&reports).max(required);
    let seconds = Timestamp::now().duration_since(started).as_secs_f64();
    let absent: String = absent.iter().map(|sentence| format!("required {sentence}\n")).collect();
    let (details, outliers, table) = (details(&reports), outliers(&found), table(&reports));
    let stability = stability(&reports);
    let tuned = tuned(features(&discovery));
    let summary = summary(&reports, exit, seconds);
    say(&format!("{details}{outliers}{absent}{table}\n{stability}{tuned}{summary}\n"));
    let disagreements = found.into_iter().filter_map(Result::ok).collect();
    let recorded = arguments.json.as_ref().map_or(Ok(()), |file| {
        let record = RunRecord::new(started, &discovery, precision, reports, disagreements, exit);
        record.write(file).map_err(|error| cannot_write(file, &error))
    });
    // A red run stays red where its files cannot be written.
    let worst = |failure: Failure| Failure { exit: failure.exit.max(exit), ..failure };
    saved.and(recorded).map(|()| exit).map_err(worst)
}

/// Repeats every cell that gave a result, and judges it anew.
fn repeat_all(
    reports: &mut [CellReport],
    plan: &Plan,
    traces: &Traces,
    command: &WorkerCommand,
    times: usize,
) {
    let mut seen = repeat(plan, traces, command, times, |line| eprintln!("{line}"));
    for report in reports {
        let key = (report.scenario.clone(), report.target.clone());
        if let (Some(stability), Some(cell)) = (seen.remove(&key), plan.cell(report)) {
            judge(report, stability, cell.scenario.known_failure(&cell.target), today());
        }
    }
}

/// Says of every cell which defects of its target it touches.
fn explain_all(reports: &mut [CellReport], plan: &Plan, precision: &BTreeMap<String, Precision>) {
    for report in reports {
        if let Some(Cell { scenario, target }) = plan.cell(report) {
            explain(report, scenario, target, precision.get(&target.name));
        }
    }
}

/// Writes the outputs of a cell that finished.
fn save_outputs(folder: &Path, event: &Event) -> Result<(), Failure> {
    let Event::Finished { report, trace: Some(trace) } = event else { return Ok(()) };
    let file = output_file(folder, &report.scenario, &report.target);
    write_whole(&file, &tensor_file::encode(&trace.outputs))
        .map_err(|error| cannot_write(&file, &error))
}

/// What a build with autotune or fusion says of itself.
fn tuned(features: &[String]) -> String {
    match features.join(" and ") {
        features if features.is_empty() => String::new(),
        features => format!("tuned build ({features}): `determinism: full` cannot be held\n"),
    }
}

/// A sentence for each required backend that is not here.
pub(crate) fn absent(required: &[BackendSelector], discovery: &Discovery) -> Vec<String> {
    required
        .iter()
        .filter(|selector| !discovery.targets.iter().any(|target| selector.matches(target)))
        .map(|selector| format!("{selector}: {}", absence(selector, discovery)))
        .collect()
}

fn nothing_selected(arguments: &RunArguments, discovery: &Discovery) -> Failure {
    let chosen = absent(&arguments.backends, discovery);
    let message = match arguments.filters.join(", ") {
        _ if !chosen.is_empty() => chosen.join("; "),
        filters if filters.is_empty() => "no scenario asks for the chosen backends".to_owned(),
        filters => format!("no scenario matches {filters}; `repro list` shows their names"),
    };
    Failure { exit: Exit::NothingRan, message }
}

/// Target names hold a colon, which Windows does not allow in file names.
fn output_file(folder: &Path, scenario: &str, target: &str) -> std::path::PathBuf {
    let target = if cfg!(windows) { target.replace(':', "-") } else { target.to_owned() };
    folder.join(scenario).join(format!("{target}.safetensors"))
}

fn cannot_write(file: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot write {}: {error}", file.display()))
}
