//! What was tried as a table, what was not and why, and the conclusion. Pure.

use comfy_table::Table;

use super::conclusion::{CellName, conclusion};
use super::search::TrialResult;
use super::setup::Change;
use super::trial::{JudgedRun, Side};
use super::{Bisection, Trial};
use burn_repro_core::reason::joined;
use burn_repro_report::report::text_table::plain;

/// Everything in text.
pub fn report(cell: CellName<'_>, start: &str, bisection: &Bisection) -> String {
    let mut lines = vec![format!("{} on {} ({start})", cell.scenario, cell.target)];
    let red = || bisection.start.iter().filter(|seen| seen.side() == Side::Fails);
    // `repro run` says the rest.
    let reason = red().next().and_then(|red| red.reasons.first());
    lines.extend(reason.map(|reason| format!("    {}", reason.text)));
    lines.push(table(bisection).to_string());
    if !bisection.trials.is_empty() {
        lines.extend(crashed(bisection));
        lines.extend(not_tried(bisection).map(|line| format!("not tried: {line}")));
    }
    if red().any(|seen| Some(&seen.bits) != red().next().map(|first| &first.bits)) {
        lines.push("the runs with nothing changed all fail, with different bits".into());
    }
    lines.push(conclusion(cell, bisection));
    lines.join("\n") + "\n"
}

/// The sets with which there is no result, each with its reason.
fn crashed(bisection: &Bisection) -> impl Iterator<Item = String> {
    let crashed =
        bisection.trials.iter().filter(|it| it.answer() == TrialResult::Unknown && it.is_here());
    crashed.map(|trial| {
        format!("{} gives no result: {}", names(bisection, trial), joined(&trial.runs[0].reasons))
    })
}

/// What was not tried, each with its reason.
fn not_tried(bisection: &Bisection) -> impl Iterator<Item = String> {
    let absent = bisection.trials.iter().filter(|trial| !trial.is_here());
    let absent = absent
        .map(|trial| format!("{}: {}", names(bisection, trial), joined(&trial.runs[0].reasons)));
    let known = bisection.axes.not_tried.iter().map(|one| format!("{}: {}", one.axis, one.reason));
    let limit = bisection.limits.time.as_secs();
    let left_out = (bisection.left_out > 0).then(|| {
        format!(
            "{} sets of two or more settings, because the limit of {limit} s was reached; --limit SECONDS raises it",
            bisection.left_out
        )
    });
    absent.chain(known).chain(left_out)
}

fn table(bisection: &Bisection) -> Table {
    let head = ["axis", "original", "tried", "verdict", "largest difference", "seconds"];
    let mut table = plain(head, 4..6);
    let [verdict, difference, seconds] = numbers(&bisection.start);
    table.add_row(["(nothing changed)", "", "", &verdict, &difference, &seconds]);
    for trial in bisection.trials.iter().filter(|trial| trial.is_here()) {
        let [verdict, difference, seconds] = numbers(&trial.runs);
        let of = |part: &dyn Fn(&Change) -> String| {
            let changes = trial.set.iter().map(|number| part(&bisection.axes.changes[*number]));
            changes.collect::<Vec<_>>().join(" + ")
        };
        let axis = of(&|change| change.axis.to_string());
        let was = of(&|change| change.was.clone());
        table.add_row([
            axis,
            was,
            of(&|change| change.tried.clone()),
            verdict,
            difference,
            seconds,
        ]);
    }
    table
}

/// The verdict of all runs, their largest difference, and the time they took together.
fn numbers(runs: &[JudgedRun]) -> [String; 3] {
    let first = runs.first().map_or(String::new(), |seen| seen.verdict.to_string());
    let alike = runs.iter().filter(|seen| seen.side() == runs[0].side()).count();
    let verdict = match (alike, runs.len()) {
        (1, 1) => first,
        (alike, all) if alike == all => format!("{first}, {all} times"),
        (_, all) => {
            let well = runs.iter().filter(|seen| seen.side() == Side::Passes).count();
            format!("flaky: {well} of {all} pass")
        }
    };
    let largest = runs.iter().filter_map(|seen| seen.largest_difference).reduce(f64::max);
    let seconds: f64 = runs.iter().map(|seen| seen.seconds).sum();
    let difference = largest.map_or("-".into(), |largest| format!("{largest:.1e}"));
    [verdict, difference, format!("{seconds:.1}")]
}

fn names(bisection: &Bisection, trial: &Trial) -> String {
    super::in_words(trial.set.iter().map(|number| &bisection.axes.changes[*number]))
}
