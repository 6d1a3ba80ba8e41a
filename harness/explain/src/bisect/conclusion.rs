//! One sentence for what came out. Pure.

use super::setup::{Axis, Change};
use super::trial::Side;
use super::{Bisection, Ending, RUNS, in_words};

/// What the sentence is about.
#[derive(Debug, Clone, Copy)]
pub struct CellName<'a> {
    /// The scenario's name.
    pub scenario: &'a str,
    /// The target's name.
    pub target: &'a str,
}

/// What came out, in one sentence.
pub fn conclusion(cell: CellName<'_>, bisection: &Bisection) -> String {
    let CellName { scenario, target } = cell;
    let diagnose =
        format!("`cargo repro diagnose {scenario} --backend {target}` names the operation");
    match &bisection.ending {
        Ending::Passes => format!(
            "{scenario} passes on {target} in {RUNS} of {RUNS} runs, so no setting is named; if it fails elsewhere, \
             start with the settings of that run: --determinism fast, --threads COUNT, or `cargo tuned bisect`"
        ),
        Ending::Flaky => format!(
            "{scenario} is flaky on {target}: {} of {} runs fail with nothing changed, so no setting is named; \
             `cargo repro run {scenario} --exact --backend {target} --repeat 20` shows where its runs differ",
            bisection.start.iter().filter(|seen| seen.side() == Side::Fails).count(),
            bisection.start.len()
        ),
        Ending::Removed { sets, all } => {
            let removed = removed(bisection, sets, *all);
            // Neither says which of the target's operations it is.
            let elsewhere = |change: &Change| matches!(change.axis, Axis::Dtype | Axis::Adapter);
            match bisection.removing().all(elsewhere) {
                true => format!("{removed}; {diagnose}"),
                false => removed,
            }
        }
        Ending::Stays => format!(
            "none of the {} sets of settings that were tried removes the difference: the cause is in the code or in a \
             kernel; {diagnose}",
            bisection.trials.iter().filter(|trial| trial.is_here()).count()
        ),
    }
}

fn removed(bisection: &Bisection, sets: &[Vec<usize>], all: bool) -> String {
    let words: Vec<String> = sets.iter().map(|set| explained(bisection, set)).collect();
    let (words, size) = (words.join(", or with "), sets.first().map_or(0, Vec::len));
    let rest = match (all, size) {
        (true, 1) => "no other single setting that was tried removes it".to_owned(),
        (true, _) => format!("no other set of up to {size} settings that was tried removes it"),
        (false, _) => format!(
            "no set of up to {} settings that was tried removes it, and none of these {size} can be left out",
            bisection.limits.most
        ),
    };
    format!("the difference disappears with {words}; {rest}")
}

/// A set; of a single change, with what it amounts to.
fn explained(bisection: &Bisection, set: &[usize]) -> String {
    let changes: Vec<&Change> = set.iter().map(|number| &bisection.axes.changes[*number]).collect();
    match changes[..] {
        [change @ Change { means: Some(means), .. }] => format!("{change} ({means})"),
        _ => in_words(changes.into_iter()),
    }
}
