//! One sentence for what came out. Pure.

use super::search::Answer;
use super::setup::{Axis, Change};
use super::trial::Side;
use super::{Blame, Ending, RUNS, in_words};

/// What the sentence is about.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// The scenario's name.
    pub scenario: &'a str,
    /// The target's name.
    pub target: &'a str,
}

/// What came out, in one sentence.
pub fn conclusion(cell: Cell<'_>, blame: &Blame) -> String {
    let Cell { scenario, target } = cell;
    match &blame.ending {
        Ending::Passes => format!(
            "{scenario} passes on {target} as it is, {RUNS} times of {RUNS}: no setting is to blame; where it is red \
             elsewhere, start as it ran there, with --determinism fast, --threads COUNT or as `cargo tuned blame`"
        ),
        Ending::Flaky => {
            let red = blame.start.iter().filter(|seen| seen.side() == Side::Red).count();
            format!(
                "flaky: {red} of {} runs differ with nothing changed, so that no setting is blamed; `cargo repro run \
                 {scenario} --exact --backend {target} --repeat 20` says where its runs part",
                blame.start.len()
            )
        }
        Ending::Removed { sets, all } => {
            let removed = removed(blame, sets, *all);
            // Neither says which of the target's operations it is.
            let elsewhere = |number: &usize| {
                matches!(blame.axes.changes[*number].axis, Axis::Dtype | Axis::Adapter)
            };
            match sets.iter().flatten().all(elsewhere) {
                true => format!("{removed}; {}", diagnose(cell)),
                false => removed,
            }
        }
        Ending::Stays => format!(
            "no setting that could be tried removes it, {}: the difference is in the code or in a kernel; {}",
            how_many(blame),
            diagnose(cell)
        ),
    }
}

fn diagnose(Cell { scenario, target }: Cell<'_>) -> String {
    format!("`cargo repro diagnose {scenario} --backend {target}` names the operation")
}

/// Which sets were tried where nothing was found.
fn how_many(blame: &Blame) -> String {
    let slots = blame.trials.iter().map(|trial| trial.set.len()).max().unwrap_or(0);
    match (slots, blame.limits.most) {
        (0 | 1, _) | (_, 1) if slots <= 1 => "one at a time".into(),
        (slots, most) if slots > most => match most {
            1 => "one at a time or all at once".into(),
            most => format!("up to {most} at a time or all at once"),
        },
        (slots, _) => format!("up to {slots} at a time"),
    }
}

fn removed(blame: &Blame, sets: &[Vec<usize>], all: bool) -> String {
    let words: Vec<String> = sets.iter().map(|set| explained(blame, set)).collect();
    let size = sets.first().map_or(0, Vec::len);
    let unanswered = blame.trials.iter().any(|trial| trial.answer() == Answer::Unknown);
    let tried = match unanswered || !blame.axes.not_tried.is_empty() {
        true => " that could be tried",
        false => "",
    };
    match (size, all) {
        (1, _) => format!(
            "the difference disappears with {}; no other single setting{tried} removes it",
            words.join(", and with ")
        ),
        (2, true) => format!(
            "no single setting removes the difference: it disappears with {}; no other two{tried} remove it",
            words.join(", and with ")
        ),
        (size, true) => format!(
            "fewer than {size} settings do not remove the difference: it disappears with {}; no other {size}{tried} do",
            words.join(", and with ")
        ),
        (size, false) => format!(
            "up to {} settings do not remove the difference: it disappears with {size} at once, of which none can be \
             left out: {}",
            blame.limits.most,
            words.join(", and with ")
        ),
    }
}

/// A set; of a single change, with what it amounts to.
fn explained(blame: &Blame, set: &[usize]) -> String {
    let changes: Vec<&Change> = set.iter().map(|number| &blame.axes.changes[*number]).collect();
    match changes[..] {
        [change @ Change { means: Some(means), .. }] => format!("{change} ({means})"),
        [_] => in_words(changes.into_iter()),
        _ => in_words(changes.into_iter()) + " together",
    }
}
