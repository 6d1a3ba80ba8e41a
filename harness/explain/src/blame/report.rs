//! What was tried as a table, what was not and why, and the conclusion. Pure.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::conclusion::{Cell, conclusion};
use super::setup::Change;
use super::trial::{Seen, Side};
use super::{Blame, Trial};
use burn_repro_core::reason::joined;
use burn_repro_core::verdict::Verdict;

/// Everything in text.
pub fn report(cell: Cell<'_>, start: &str, blame: &Blame) -> String {
    let mut text = format!("{} on {} ({start})\n", cell.scenario, cell.target);
    if let Some(red) = blame.start.iter().find(|seen| seen.side() == Side::Red) {
        // `repro run` says the rest.
        text.extend(red.reasons.first().map(|reason| format!("    {}\n", reason.text)));
    }
    text.push_str(&format!("{}\n", table(blame)));
    if !blame.trials.is_empty() {
        text.extend(remarks(blame).into_iter().map(|line| line + "\n"));
    }
    if differs_in_bits(&blame.start) {
        text.push_str("its runs with nothing changed differ in bits, though all of them are red\n");
    }
    text.push_str(&format!("{}\n", conclusion(cell, blame)));
    text
}

/// What is to be known of what was tried, and what was not.
fn remarks(blame: &Blame) -> Vec<String> {
    let crashed = blame.trials.iter().filter(|trial| trial.said() == Said::Crash);
    let crashed = crashed.map(|trial| {
        format!("{} gives no result: {}", names(blame, trial), joined(&trial.runs[0].reasons))
    });
    let not_tried = not_tried(blame).into_iter().map(|line| format!("not tried: {line}"));
    blame.axes.notes.iter().cloned().chain(crashed).chain(not_tried).collect()
}

/// What was not tried, each with its reason.
fn not_tried(blame: &Blame) -> Vec<String> {
    let unsupported = blame.trials.iter().filter(|trial| trial.said() == Said::Unsupported);
    let unsupported = unsupported
        .map(|trial| format!("{}: {}", names(blame, trial), joined(&trial.runs[0].reasons)));
    let known = blame.axes.not_tried.iter().map(|one| format!("{}: {}", one.axis, one.reason));
    let limit = blame.limits.time.as_secs();
    let left_out = (blame.left_out > 0).then(|| {
        format!(
            "{} more sets of two settings or more, after {limit} s; --limit SECONDS gives them time",
            blame.left_out
        )
    });
    unsupported.chain(known).chain(left_out).collect()
}

/// How a set of changes is shown.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Row,
    /// A row, and why there is no result.
    Crash,
    /// Not a row: it cannot be tried here.
    Unsupported,
}

impl Trial {
    fn said(&self) -> Said {
        match self.runs.first().map(|seen| (seen.verdict, seen.side())) {
            Some((Verdict::Skipped, _)) => Said::Unsupported,
            Some((_, Side::Unjudged)) => Said::Crash,
            _ => Said::Row,
        }
    }
}

fn table(blame: &Blame) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["axis", "as it was", "tried as", "verdict", "largest difference", "seconds"]);
    let [verdict, difference, seconds] = numbers(&blame.start);
    table.add_row(["(nothing changed)", "", "", &verdict, &difference, &seconds]);
    for trial in blame.trials.iter().filter(|trial| trial.said() != Said::Unsupported) {
        let [verdict, difference, seconds] = numbers(&trial.runs);
        let of = |part: &dyn Fn(&Change) -> String| {
            let changes = trial.set.iter().map(|number| part(&blame.axes.changes[*number]));
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
    for column in 4..6 {
        table.column_mut(column).expect("it has six").set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The verdict of all runs, their largest difference, and the time they took together.
fn numbers(runs: &[Seen]) -> [String; 3] {
    let first = runs.first().map_or(String::new(), |seen| seen.verdict.to_string());
    let alike = runs.iter().filter(|seen| seen.side() == runs[0].side()).count();
    let verdict = match (alike, runs.len()) {
        (1, 1) => first,
        (alike, all) if alike == all => format!("{first}, {all} times"),
        (_, all) => {
            let well = runs.iter().filter(|seen| seen.side() == Side::Well).count();
            format!("flaky: pass {well} of {all}")
        }
    };
    let largest = runs.iter().filter_map(|seen| seen.largest_difference).reduce(f64::max);
    let seconds: f64 = runs.iter().map(|seen| seen.seconds).sum();
    let difference = largest.map_or("-".into(), |largest| format!("{largest:.1e}"));
    [verdict, difference, format!("{seconds:.1}")]
}

fn names(blame: &Blame, trial: &Trial) -> String {
    super::in_words(trial.set.iter().map(|number| &blame.axes.changes[*number]))
}

fn differs_in_bits(runs: &[Seen]) -> bool {
    let red = || runs.iter().filter(|seen| seen.side() == Side::Red);
    red().any(|seen| Some(&seen.bits) != red().next().map(|first| &first.bits))
}
