//! Whether a difference from an outside reference is the port's or a backend's: the port in `f64` tells. Pure.

use burn_repro_target::Target;

use super::Disagreement;
use super::disagreement::passes;
use crate::evaluate::{OutsideReport, OutsideTensor, TargetResult};
use crate::outside::OutsideReference;
use crate::scenario::Scenario;
use crate::trace::Trace;

/// Says of a scenario with an outside reference whether the port differs from it or a target does. `port` is the run in
/// `f64` on `target`. Nothing where nobody differs.
#[must_use]
pub(crate) fn port_or_backend(
    scenario: &Scenario,
    reference: &OutsideReference,
    (target, port): (&Target, &Trace),
    results: &[TargetResult<'_>],
) -> Option<Disagreement> {
    let first = |target: &Target, trace: &Trace| {
        OutsideReport::new(scenario, target, trace, reference).first_outside().cloned()
    };
    let differing: Vec<(&TargetResult<'_>, OutsideTensor)> = results
        .iter()
        .filter_map(|result| Some((result, first(result.target, result.trace)?)))
        .collect();
    let (_, nearest) = differing.first()?;
    let name = |result: &TargetResult<'_>| result.target.name.clone();
    let source = &reference.source;
    let help = format!("`cargo repro parity {}` says how", scenario.name);
    let (output, conclusion) = match first(target, port) {
        Some(first) => {
            let agrees = |result: &&TargetResult<'_>| {
                port.outputs.iter().all(|out| passes(scenario, &out.name, &out.tensor, result))
            };
            let agreeing = listed(results.iter().filter(agrees).map(name));
            let words = match results.iter().all(|result| agrees(&result)) {
                true => format!(
                    "{agreeing} {} with f64; {} from {source} from `{}` on: the port differs, not a backend; {help}",
                    if results.len() > 1 { "agree with each other and" } else { "agrees" },
                    if results.len() > 1 { "all differ" } else { "both differ" },
                    first.name
                ),
                false => format!(
                    "the port differs from {source} in f64, too, from `{}` on, and not every target agrees with \
                     f64; {help}",
                    first.name
                ),
            };
            (first.name, words)
        }
        None => {
            let names = listed(differing.iter().map(|(result, _)| name(result)));
            let verb = if differing.len() > 1 { "differ" } else { "differs" };
            let words = format!(
                "{names} {verb} from {source} from `{}` on, and the port in f64 does not: a backend differs, not the \
                 port",
                nearest.name
            );
            (nearest.name.clone(), words)
        }
    };
    let (members, max_abs_diff) = (Vec::new(), Vec::new());
    Some(Disagreement {
        scenario: scenario.name.clone(),
        output,
        members,
        max_abs_diff,
        conclusion,
    })
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    names.sort();
    match names.split_last() {
        None => "no target".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
