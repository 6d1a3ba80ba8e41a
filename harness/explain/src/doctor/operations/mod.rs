//! Every operation that a diffusion model uses, with inputs and known answers: all probes, in the order they are
//! asked.

mod binary;
mod choices;
mod functions;
mod long;
mod memory;
mod movement;
mod norms;
mod powers;
mod products;
mod sums;

pub(super) use memory::{MEBIBYTES, OPERATION as ALLOCATE};

use super::arithmetic::facts;
use super::probe::Probe;

/// All probes. Those that may break the device come last.
pub(super) fn probes() -> Vec<Probe> {
    let groups = [
        movement::probes(),
        binary::probes(),
        functions::probes(),
        powers::probes(),
        choices::probes(),
        sums::probes(),
        norms::probes(),
        products::probes(),
        facts(),
        long::probes(),
        memory::probes(),
    ];
    groups.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::grade::grade;
    use crate::doctor::probe::Question;

    /// Answers are there, and the answer rounded to `f32` is always right.
    #[test]
    fn the_answers_themselves_are_right() {
        for probe in probes() {
            let Question::Known(known) = &probe.question else { continue };
            let answers = (known.answers)();
            assert!(!answers.is_empty(), "{}", probe.operation);
            let rounded: Vec<f32> = answers.iter().map(|answer| answer.value as f32).collect();
            let judgement = grade(&rounded, &answers, known.rule).unwrap();
            assert_eq!(judgement.deviations, [], "{} of {}", probe.operation, probe.input);
            assert!(judgement.largest_ulp <= 0.5, "{}", probe.operation);
        }
    }

    /// No probe is content with whatever comes back: numbers that are three times too large, and numbers where NaN or
    /// infinity is due.
    #[test]
    fn every_probe_sees_values_that_are_all_wrong() {
        let wrong = |answer: f64| if answer.is_finite() { answer * 3.0 + 7.0 } else { 7.0 };
        for probe in probes() {
            let Question::Known(known) = &probe.question else { continue };
            let answers = (known.answers)();
            let got: Vec<f32> = answers.iter().map(|answer| wrong(answer.value) as f32).collect();
            let judgement = grade(&got, &answers, known.rule).unwrap();
            assert!(!judgement.deviations.is_empty(), "{} of {}", probe.operation, probe.input);
        }
    }

    #[test]
    fn what_may_break_the_device_comes_last() {
        let isolated: Vec<bool> = probes().iter().map(|probe| probe.isolated).collect();
        assert!(isolated.is_sorted() && isolated.ends_with(&[true; MEBIBYTES.len()]));
    }
}
