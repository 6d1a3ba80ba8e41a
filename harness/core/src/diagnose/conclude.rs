//! The one sentence that a diagnosis ends with. Pure.

use super::{Evidence, Growth, ReferenceState};
use super::{LockstepReport, OperationReport};
use crate::verdict::Verdict;

/// Draws the conclusion from what was measured.
pub(crate) fn conclude(evidence: &Evidence, growth: Option<&Growth>) -> String {
    let Evidence { target, reference, lockstep, .. } = evidence;
    match (reference, &lockstep.first) {
        (ReferenceState::Changed { first: Some(change), .. }, kernel) => {
            let also = kernel.as_ref().map_or(String::new(), |first| {
                format!("; beside that, {}", of_kernel(target, lockstep, first))
            });
            format!(
                "the code changed, not {target}: the first operation that differs from the golden's is {}{also}",
                change.words()
            )
        }
        (ReferenceState::Changed { unknown, .. }, kernel) => {
            let reason =
                unknown.as_deref().unwrap_or("every operation that it remembers is the same");
            let kernel = kernel.as_ref().map_or_else(
                || format!("no operation of {target} is wrong"),
                |first| of_kernel(target, lockstep, first),
            );
            format!(
                "the code changed: the reference no longer matches its golden, but which operation changed is \
                 unknown, because {reason}; {kernel}"
            )
        }
        (_, Some(first)) => of_kernel(target, lockstep, first),
        (ReferenceState::NoGolden(reason), None) => {
            format!(
                "no operation of {target} is wrong; there is no golden to compare with, because {reason}"
            )
        }
        (ReferenceState::Same, None) => of_noise(evidence, growth),
    }
}

fn of_kernel(target: &str, lockstep: &LockstepReport, first: &OperationReport) -> String {
    let count: usize = lockstep.inaccurate.iter().map(|(_, count)| count).sum();
    let source = first.source.as_ref().map_or(String::new(), |line| format!(" ({line})"));
    let size = match first.local.ulp.is_finite() {
        true => {
            format!("off by {} ULP, {} are allowed", short(first.local.ulp), short(first.allowed))
        }
        false => format!("it gives {} instead of {:e}", first.local.got, first.local.want),
    };
    let others = match count {
        0 | 1 => "no other operation is wrong".to_owned(),
        _ => {
            let names: Vec<String> = lockstep
                .inaccurate
                .iter()
                .take(3)
                .map(|(name, count)| format!("{count} {name}"))
                .collect();
            format!("the first of {count} that are wrong ({})", names.join(", "))
        }
    };
    format!(
        "{target} computes {}{source} wrongly, given the right inputs: {size}; {others}",
        first.title()
    )
}

fn of_noise(evidence: &Evidence, growth: Option<&Growth>) -> String {
    let Evidence { target, verdict, lockstep, .. } = evidence;
    let worst = lockstep.worst.first().map_or(String::new(), |worst| {
        format!(
            ", the worst is {} with {} of {} ULP",
            worst.title(),
            short(worst.local.ulp),
            short(worst.allowed)
        )
    });
    let innocent = format!("no operation of {target} is wrong{worst}");
    match (verdict, growth) {
        (Verdict::Pass, _) => format!("nothing is wrong: the cell passes, and {innocent}"),
        (verdict, _) if !matches!(verdict, Verdict::Mismatch | Verdict::NonFinite) => {
            format!("the cell is {verdict}; operation by operation nothing is wrong: {innocent}")
        }
        (_, Some(growth @ (Growth::Linear { .. } | Growth::Exponential { .. }))) => {
            format!("the difference is rounding that adds up: {innocent}; {}", growth.words())
        }
        _ => format!(
            "no operation alone makes the difference: {innocent}; the tolerance is narrower than the rounding of this \
             many operations, or the target does not give the same result twice (`cargo repro run --repeat 5`)"
        ),
    }
}

/// A number of ULP for people.
pub fn short(ulp: f64) -> String {
    match ulp {
        ulp if ulp.is_infinite() => "infinitely many".into(),
        ulp if ulp >= 1.0e5 => format!("{ulp:.1e}"),
        ulp if ulp >= 100.0 => format!("{ulp:.0}"),
        ulp => format!("{ulp:.1}"),
    }
}
