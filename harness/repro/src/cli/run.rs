//! `repro run`: the main job.

use burn_repro_target::Discovery;
use jiff::Timestamp;

use super::leave::Leaving;
use super::{Failure, RunArguments, choose};
use crate::project::{Project, find_targets, unoptimised};
use burn_repro_core::escape;
use burn_repro_core::exit::Exit;
use burn_repro_core::golden::{Store, commit};
use burn_repro_core::plan::{absent, plan};
use burn_repro_core::record::{
    RunContext, RunFailure, RunInfo, RunRecord, ScenarioInfo, features, machine_name,
};
use burn_repro_core::say::{print_as_it_is, tell_as_it_is};
use burn_repro_core::session::Session;
use burn_repro_core::worker::WorkerCommand;
use burn_repro_report::report::{Terminal, details, notices, outliers, stability, summary, table};
use burn_repro_worker::OPT_LEVEL;

pub(super) fn run(project: &Project, arguments: &RunArguments) -> Result<Exit, Failure> {
    let started = Timestamp::now();
    // Everything that can be wrong with the scenarios is said before any device is opened.
    let selection = arguments.selection();
    let scenarios = choose::scenarios(&project.load().map_err(Failure::usage)?, &selection)?;
    project.examine(&scenarios, &selection).map_err(Failure::usage)?;
    let command = WorkerCommand::current().map_err(Failure::internal)?;
    let discovery = find_targets(&command);
    let absent = absent(&arguments.required, &discovery);
    let plan = plan(&scenarios, &discovery, &selection);
    if plan.cells.is_empty() && plan.skips.is_empty() {
        return Err(nothing_selected(arguments, &discovery));
    }

    let circumstances = circumstances(project, arguments, started);
    let mut leaving = Leaving::prepare(arguments, &circumstances, plan.cells.len())?;
    let mut session = Session::new(command, Store::new(&project.golden), discovery);
    if arguments.repeat.is_some() {
        session = session.keeping_records();
    }
    let mut terminal = Terminal::new(plan.cells.len());
    let mut reports = session.execute(&plan, |event| {
        terminal.show(event);
        leaving.take(event);
    });
    let precision = session.measure(&plan);
    if let Some(times) = arguments.repeat {
        session.repeat(&plan, &mut reports, usize::from(times));
    }
    let found = session.outliers(&plan, &reports);
    terminal.finish();

    let required = if absent.is_empty() { Exit::Success } else { Exit::Required };
    let exit = Exit::of(&reports).max(required);
    let seconds = Timestamp::now().duration_since(started).as_secs_f64();
    let failures: Vec<RunFailure> =
        absent.iter().map(|reason| RunFailure::new("required", reason, Exit::Required)).collect();
    let absent: String = absent.iter().map(|sentence| format!("required {sentence}\n")).collect();
    let asked = ScenarioInfo::of_cells(&scenarios, &reports);
    let (details, outliers, table) = (details(&reports), outliers(&found), table(&reports));
    let notices = notices(&asked);
    let stability = stability(&reports);
    let tuned = tuned(features(session.discovery()));
    let slow = unoptimised(OPT_LEVEL).map_or(String::new(), |sentence| format!("{sentence}\n"));
    let summary = summary(&reports, exit, seconds);
    let print = if leaving.owns_stdout() { tell_as_it_is } else { print_as_it_is };
    print(&escape::terminal(&format!("{details}{notices}{outliers}{absent}")));
    print(&format!("{table}\n"));
    print(&escape::terminal(&format!("{stability}{tuned}{slow}{summary}\n")));
    let disagreements = found.into_iter().filter_map(Result::ok).collect();
    let facts = RunInfo::new(&circumstances, session.discovery(), precision, exit);
    let mut record = RunRecord::new(facts, asked, reports, disagreements);
    record.failures = failures;
    if let Some(html) = leaving.finish(&record, session.store(), exit)? {
        print(&escape::terminal(&format!("report: {}\n", html.display())));
    }
    Ok(exit)
}

fn circumstances(project: &Project, arguments: &RunArguments, started: Timestamp) -> RunContext {
    RunContext {
        name: arguments.name.clone().unwrap_or_else(machine_name),
        started,
        commit: commit(&project.scenarios),
        threads: arguments.threads,
    }
}

/// What a build with autotune or fusion says of itself.
fn tuned(features: &[String]) -> String {
    match features.join(" and ") {
        features if features.is_empty() => String::new(),
        features => format!("tuned build ({features}): `determinism: full` cannot be held\n"),
    }
}

/// Nothing is left although every filter names a scenario: none of these asks for the chosen backends.
fn nothing_selected(arguments: &RunArguments, discovery: &Discovery) -> Failure {
    let chosen = absent(&arguments.backends, discovery);
    let message = match arguments.filters.join(", ") {
        _ if !chosen.is_empty() => chosen.join("; "),
        filters if filters.is_empty() => "no scenario asks for the chosen backends".to_owned(),
        filters => format!("no scenario that matches {filters} asks for the chosen backends"),
    };
    Failure { exit: Exit::NothingRan, message }
}
