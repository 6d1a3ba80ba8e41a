//! `repro calibrate`: how far results are off through rounding alone, and which tolerance follows.

use std::sync::Arc;
use std::thread;

use burn_repro_target::Target;
use clap::Args;

use super::{Failure, Selection, choose, say};
use crate::project::{Project, find_targets};
use burn_repro_core::exit::Exit;
use burn_repro_core::plan::{Plan, plan};
use burn_repro_core::reference::{reference_worker, run_reference_varied};
use burn_repro_core::say::tell;
use burn_repro_core::scenario::{BackendSelector, Scenario};
use burn_repro_core::tolerance::Bound;
use burn_repro_core::trace::Trace;
use burn_repro_core::worker::{Outcome, Pool, Variation, WorkerCommand};
use burn_repro_explain::calibrate::{
    LEAST, MeasureProposal, Proposal, Sample, Spread, measure_proposals, proposals, spreads,
};
use burn_repro_report::report::text_table::plain;

#[derive(Debug, Args)]
pub(super) struct CalibrateArguments {
    /// Parts of scenario names
    #[arg(value_name = "FILTER", required = true)]
    filters: Vec<String>,
    /// A class (cpu, wgpu, cuda) or a target; may be given several times
    #[arg(long = "backend", value_name = "NAME")]
    backends: Vec<BackendSelector>,
    /// Number of runs with the last bit of every input changed, besides the unchanged run
    #[arg(long, value_name = "COUNT", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=1000))]
    runs: u64,
    /// Multiply the observed differences by this
    #[arg(long, value_name = "NUMBER", default_value_t = 4.0, value_parser = factor)]
    factor: f64,
}

fn factor(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 1.0);
    number.ok_or_else(|| "expected a number of at least 1".into())
}

pub(super) fn calibrate(
    project: &Project,
    arguments: &CalibrateArguments,
) -> Result<Exit, Failure> {
    let selection = Selection {
        filters: arguments.filters.clone(),
        backends: arguments.backends.clone(),
        nightly: true,
        ..Selection::default()
    };
    let scenarios = choose::scenarios(&project.load().map_err(Failure::usage)?, &selection)?;
    let command = WorkerCommand::current().map_err(Failure::internal)?;
    let discovery = find_targets(&command);
    let plan = plan(&scenarios, &discovery, &selection);
    let mut reference = reference_worker(&discovery, &command)
        .ok_or_else(|| Failure::internal("the target of the reference is not available"))?;
    let pool = Pool::new(command);
    let mut done = 0;
    for scenario in &scenarios {
        let targets = targets_of(&plan, scenario);
        if targets.is_empty() {
            continue;
        }
        let mut samples = Vec::new();
        for moves in std::iter::once(None).chain((1..=arguments.runs).map(Some)) {
            tell(&format!("{}: run {} of {}", scenario.name, moves.unwrap_or(0), arguments.runs));
            let variation = moves.map_or(Variation::None, Variation::Moved);
            let failed = |message: String| Failure { exit: Exit::Crashed, message };
            let reference =
                run_reference_varied(&mut reference, scenario, variation).map_err(failed)?;
            let results = run_all(&pool, scenario, &targets, variation).map_err(failed)?;
            samples.push(Sample { reference, results });
        }
        let spreads = spreads(scenario, &samples);
        let proposals = proposals(&spreads, arguments.factor);
        say(&text(scenario, arguments, &spreads, &proposals));
        done += 1;
    }
    if done == 0 {
        let message = "no cell to run: `cargo repro list` shows scenarios and targets".into();
        return Err(Failure { exit: Exit::NothingRan, message });
    }
    Ok(Exit::Success)
}

fn targets_of(plan: &Plan, scenario: &Scenario) -> Vec<Target> {
    let cells = plan.cells.iter().filter(|cell| cell.scenario.name == scenario.name);
    cells.map(|cell| cell.target.clone()).collect()
}

/// One run on every target at once; those that lack the float type are left out.
fn run_all(
    pool: &Pool,
    scenario: &Arc<Scenario>,
    targets: &[Target],
    variation: Variation,
) -> Result<Vec<(Target, Trace)>, String> {
    let settings = scenario.settings();
    let run = |target: &Target| {
        pool.with(target, &settings, |worker| worker.run_varied(scenario, variation))
    };
    let outcomes: Vec<(Target, Outcome)> = thread::scope(|scope| {
        let threads: Vec<_> = targets
            .iter()
            .map(|target| scope.spawn(move || (target.clone(), run(target))))
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let mut results = Vec::new();
    for (target, outcome) in outcomes {
        match outcome {
            Outcome::Finished(trace) => results.push((target, *trace)),
            Outcome::Unsupported(_) => {
                tell(&format!("{} is left out: {}", target.name, outcome.reason()));
            }
            outcome => {
                let (name, target) = (&scenario.name, &target.name);
                return Err(format!("{name} on {target}: {}", outcome.reason()));
            }
        }
    }
    Ok(results)
}

fn text(
    scenario: &Scenario,
    arguments: &CalibrateArguments,
    spreads: &[Spread],
    proposals: &[Proposal],
) -> String {
    let mut table = plain(["  output", "target", "unchanged", "moved", "same input"], 2..5);
    for spread in spreads {
        let numbers = [spread.as_it_is, spread.moved, spread.same_input];
        let numbers = numbers.map(|number| format!("{number:.1e}"));
        let names = [format!("  {}", spread.output), spread.target.clone()];
        table.add_row(names.into_iter().chain(numbers));
    }
    let measures = measure_proposals(spreads, arguments.factor);
    let lines: String = proposals
        .iter()
        .map(|one| line(one, arguments.factor))
        .chain(measures.iter().map(|one| measure_line(one, arguments.factor)))
        .collect();
    format!(
        "{}: largest difference from the f64 reference, unchanged and in {} runs with the last bit of \
         every input moved\n{table}\n{lines}",
        scenario.name, arguments.runs
    )
}

fn line(proposal: &Proposal, factor: f64) -> String {
    let Proposal { key, file, observed, seen_on, proposed } = proposal;
    let why =
        if observed * factor < LEAST { format!(", at least {LEAST:.0e}") } else { String::new() };
    let verdict = match file_is_wider(file, proposed) {
        true => "covers it",
        false => "is narrower",
    };
    format!(
        "  {key}: observed {observed:.1e} on {seen_on}, times {factor}{why}: {{ {} }}; the file's {{ {} }} \
         {verdict}\n",
        bound(proposed),
        bound(file)
    )
}

fn measure_line(proposal: &MeasureProposal, factor: f64) -> String {
    let MeasureProposal { measure, file, observed, seen_on, proposed } = proposal;
    let verdict = if measure.passes(*proposed, *file) { "covers it" } else { "is narrower" };
    format!(
        "  {measure}: observed {observed} on {seen_on}, times {factor}: {proposed}; the file's {file} {verdict}\n"
    )
}

fn file_is_wider(file: &Bound, proposed: &Bound) -> bool {
    file.abs() >= proposed.abs() && file.rel() >= proposed.rel()
}

fn bound(bound: &Bound) -> String {
    let part = |name: &str, value: f64| (value > 0.0).then(|| format!("{name}: {value:.1e}"));
    let parts = [part("abs", bound.abs()), part("rel", bound.rel())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
