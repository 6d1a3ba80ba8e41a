//! Who noticed a fault, and which declared faults got through. Pure.

use jiff::civil::Date;

use super::{Detection, Mutant, MutationScore};
use burn_repro_core::evaluate::{CellReport, evaluate};
use burn_repro_core::golden::{Golden, GoldenError};
use burn_repro_core::plan::Cell;
use burn_repro_core::scenario::ALL_FAULTS;
use burn_repro_core::trace::Trace;
use burn_repro_core::worker::Outcome;

/// Judges a run with a fault beside the same run without it.
pub(super) fn seen(
    cell: &Cell,
    outcome: &Outcome,
    clean: &Trace,
    golden: Result<&Golden, &GoldenError>,
    today: Date,
) -> (Detection, Option<f64>) {
    let report = evaluate(cell, outcome, golden.into(), today);
    let by_all = report.verdict.is_failure();
    let Outcome::Finished(trace) = outcome else {
        // Nobody overlooks a crash, but it is no comparison that saw it.
        return (Detection { effect: true, by_sum: false, by_elements: false, by_all }, None);
    };
    let moved = trace.largest_difference(clean);
    let effect = moved != Some(0.0);
    let seen =
        Detection { effect, by_sum: by_sum(&report), by_elements: by_elements(&report), by_all };
    (seen, moved)
}

fn by_sum(report: &CellReport) -> bool {
    let comparisons = report.outputs.values().filter_map(|output| output.comparison.as_ref());
    comparisons.into_iter().any(|comparison| !comparison.abs_sum_passes)
}

fn by_elements(report: &CellReport) -> bool {
    let comparisons = report.outputs.values().filter_map(|output| output.comparison.as_ref());
    comparisons.into_iter().any(|comparison| comparison.outside > 0 || comparison.non_finite > 0)
}

/// A fault that a scenario says it catches, and does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Survivor {
    /// The scenario's name.
    pub scenario: String,
    /// The fault's name.
    pub fault: String,
    /// The trial that got through; nothing where the fault could not be tried, or never had an effect.
    pub trial: Option<Mutant>,
}

/// The faults that got through although they are declared.
pub fn survivors(score: &MutationScore, must_catch: &[String]) -> Vec<Survivor> {
    let declared = |name: &String| must_catch.iter().any(|one| one == name || one == ALL_FAULTS);
    let through = score
        .trials
        .iter()
        .filter(|trial| trial.seen.effect && !trial.seen.by_all && declared(&trial.fault));
    let survivor = |fault: &str, trial: Option<&Mutant>| Survivor {
        scenario: score.scenario.clone(),
        fault: fault.to_owned(),
        trial: trial.cloned(),
    };
    let tried = |name: &&String| {
        let effect = |trial: &Mutant| trial.fault == **name && trial.seen.effect;
        score.refused.is_some() || *name == ALL_FAULTS || score.trials.iter().any(effect)
    };
    let untried = must_catch.iter().filter(|name| !tried(name)).map(|name| survivor(name, None));
    through.map(|trial| survivor(&trial.fault, Some(trial))).chain(untried).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::declared(&["nan"], 1)]
    #[case::all(&["all"], 1)]
    #[case::one_that_was_not_tried(&["stale"], 1)]
    #[case::none(&[], 0)]
    fn only_declared_faults_must_be_caught(#[case] must_catch: &[&str], #[case] count: usize) {
        let seen = Detection { effect: true, by_sum: false, by_elements: false, by_all: false };
        let trial =
            |fault: &str, seen| Mutant { fault: fault.into(), operation: None, seen, moved: None };
        let score = MutationScore {
            scenario: "s".into(),
            target: "flex".into(),
            trials: vec![
                trial("nan", seen),
                trial("nan", Detection { by_all: true, ..seen }),
                trial("nan", Detection { effect: false, ..seen }),
            ],
            unfit: Vec::new(),
            refused: None,
        };
        let names: Vec<String> = must_catch.iter().map(ToString::to_string).collect();
        assert_eq!(survivors(&score, &names).len(), count);
    }
}
