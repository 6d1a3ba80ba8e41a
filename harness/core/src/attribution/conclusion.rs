//! The outlier of one output of one run, in one sentence.

use super::{APART, Standing, distance_of_the_others};
use crate::reference::REFERENCE_TARGET;

/// One output of a target.
#[derive(Debug, Clone)]
pub(super) struct Candidate<'a> {
    pub(super) target: &'a str,
    /// Beside the reference.
    pub(super) standing: Standing,
    pub(super) matches_golden: bool,
    /// The distances from every candidate, in their order.
    pub(super) distances: &'a [f64],
}

/// Names the outlier. `golden_matches` is whether the reference still gives the golden, if there is one; `rounding` is
/// the largest distance that rounding can explain.
pub(super) fn conclude(
    golden_matches: Option<bool>,
    candidates: &[Candidate<'_>],
    rounding: f64,
) -> String {
    let all: Vec<&Candidate<'_>> = candidates.iter().collect();
    let (passing, failing): (Vec<&Candidate<'_>>, Vec<_>) =
        all.iter().partition(|one| one.standing.passes);
    if failing.is_empty() {
        return all_pass(golden_matches, &all);
    }
    if golden_matches != Some(false) {
        return failing_target(&all, rounding);
    }
    if !failing.iter().all(|one| one.matches_golden) {
        let target = failing_target(&all, rounding);
        return format!("the f64 reference no longer matches the golden, and {target}");
    }
    let moved = match passing.is_empty() {
        true => String::new(),
        false => format!(", and so did {}", names(&passing)),
    };
    format!(
        "the f64 reference moved away from the golden{moved}; {} still {} the golden: a change that did not reach \
         every backend, or a bug of {REFERENCE_TARGET}, which computes the reference",
        names(&failing),
        if failing.len() == 1 { "matches" } else { "match" },
    )
}

/// Every target is within the tolerance of the reference.
fn all_pass(golden_matches: Option<bool>, all: &[&Candidate<'_>]) -> String {
    let within = format!("{} {} within {:.1e}", names(all), verb(all), farthest(all));
    match golden_matches {
        None => format!("{within} of the f64 reference"),
        Some(true) => format!(
            "no target is an outlier: {within} of the f64 reference, which matches the golden; the failed checks \
             are listed above"
        ),
        Some(false) => format!(
            "the golden is the outlier: the f64 reference no longer matches it, and {within} of the reference; if \
             the change is intended, `cargo test` leaves a new golden for review"
        ),
    }
}

/// At least one target is outside of the tolerance of the reference.
fn failing_target(all: &[&Candidate<'_>], rounding: f64) -> String {
    let standings: Vec<Standing> = all.iter().map(|one| one.standing).collect();
    let Some(near) = distance_of_the_others(&standings) else { return none_apart(all, rounding) };
    let (others, apart): (Vec<&Candidate<'_>>, Vec<_>) =
        all.iter().partition(|one| one.standing.distance <= near);
    let (outliers, largest) = (names(&apart), farthest(&apart));
    // The reference is computed on one of the targets, and shares its bugs.
    if matches!(others[..], [own] if own.target == REFERENCE_TARGET)
        && apart.len() > 1
        && agree(all, &apart)
    {
        return format!(
            "only {REFERENCE_TARGET} matches the f64 reference, which is computed on it: {outliers} agree with each \
             other and are up to {largest:.1e} from both"
        );
    }
    let are = if apart.len() > 1 { "are outliers: up to" } else { "is the outlier:" };
    format!(
        "{outliers} {are} {largest:.1e} from the f64 reference, {} within {near:.1e}",
        names(&others)
    )
}

/// No target is much farther than the others.
fn none_apart(all: &[&Candidate<'_>], rounding: f64) -> String {
    let (targets, largest) = (names(all), farthest(all));
    let nearest = all.iter().map(|one| one.standing.distance).fold(f64::INFINITY, f64::min);
    match all {
        [_] if largest <= rounding => format!(
            "no target is an outlier: {targets} is {largest:.1e} from the f64 reference, as far as rounding makes it, \
             and the tolerance is narrower than that"
        ),
        _ if largest <= rounding => format!(
            "no target is an outlier: {targets} are {nearest:.1e} to {largest:.1e} from the f64 reference, all as far \
             apart as rounding makes them, and the tolerance is narrower than that"
        ),
        [_] => format!(
            "{targets} is {largest:.1e} from the f64 reference, and no other target ran that could tell which of the \
             two is wrong"
        ),
        _ if agree(all, all) => format!(
            "{targets} agree with each other and are up to {largest:.1e} from the f64 reference: the cause is common \
             to them, such as the precision, or it is the tolerance or the reference itself"
        ),
        _ => format!(
            "{targets} are up to {largest:.1e} from the f64 reference and do not agree with each other either"
        ),
    }
}

/// Whether targets are much nearer to each other than to the reference.
fn agree(all: &[&Candidate<'_>], group: &[&Candidate<'_>]) -> bool {
    let is_member = |index: usize| group.iter().any(|one| one.target == all[index].target);
    group.iter().all(|one| {
        let between = one.distances.iter().enumerate().filter(|(index, _)| is_member(*index));
        between.into_iter().all(|(_, distance)| APART * distance < one.standing.distance)
    })
}

/// `a`, `a and b`, `a, b and c`.
fn names(group: &[&Candidate<'_>]) -> String {
    let names: Vec<&str> = group.iter().map(|one| one.target).collect();
    match names.split_last() {
        None => "no target".into(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

fn verb(group: &[&Candidate<'_>]) -> &'static str {
    if group.len() == 1 { "is" } else { "are" }
}

fn farthest(group: &[&Candidate<'_>]) -> f64 {
    group.iter().map(|one| one.standing.distance).fold(0.0, f64::max)
}
