//! The sentences about a difference: its place, its size, and the tolerance that would have passed.

use crate::compare::{CompareError, Comparison, Place, Violation};
use crate::evaluate::ExpectationResult;
use crate::reason::{Reason, ReasonCode};
use crate::tolerance::Bounds;
use crate::tolerance::Measure;
use crate::trace::HostTensor;

/// What is outside of its bound, and the tolerance that would have passed for every measure.
pub(super) fn sentences(
    name: &str,
    got: &HostTensor,
    comparison: &Comparison,
    bounds: &Bounds,
) -> Vec<Reason> {
    let mut sentences = differences(name, got, comparison, bounds);
    // No tolerance lets a NaN pass.
    if !sentences.is_empty() && comparison.non_finite == 0 {
        sentences.push(Reason::new(ReasonCode::WouldPass, would_pass(name, comparison)));
    }
    sentences
}

/// What is outside of its bound: the size of the difference, and the places.
pub(super) fn differences(
    name: &str,
    got: &HostTensor,
    comparison: &Comparison,
    bounds: &Bounds,
) -> Vec<Reason> {
    let outside_tolerance = |text| Reason::new(ReasonCode::OutsideTolerance, text);
    let mut sentences = Vec::new();
    if !comparison.abs_sum_passes {
        let (got, want) = (got.abs_sum(), comparison.want_abs_sum);
        sentences.push(outside_tolerance(format!(
            "{name} abs_sum is {got:.7}, the golden's {want:.7}: off by {:.3e}, allowed {:.3e} \
             (abs_sum {{ rel: {:.2e} }} would pass)",
            (got - want).abs(),
            bounds.abs_sum.allowance(want),
            round_up(comparison.abs_sum_rel_to_pass),
        )));
    }
    if comparison.non_finite > 0 {
        let text = format!(
            "{name} has {} of {} elements that are NaN or infinite, which no tolerance lets pass",
            comparison.non_finite, comparison.count
        );
        sentences.push(Reason::new(ReasonCode::NonFinite, text));
    }
    sentences.extend(outside(name, comparison, bounds).map(outside_tolerance));
    let violated = comparison.violations.iter().map(|violation| violated(name, violation));
    sentences.extend(violated.map(outside_tolerance));
    if !sentences.is_empty() {
        let places = places(name, comparison).into_iter();
        sentences.extend(places.map(|text| Reason::new(ReasonCode::Place, text)));
    }
    sentences
}

/// The finite elements outside of their bound: how many, and the worst of them.
fn outside(name: &str, comparison: &Comparison, bounds: &Bounds) -> Option<String> {
    let count = comparison.outside - comparison.non_finite;
    // The worst by difference may be inside where the bound is relative; the first outside is not.
    let is_outside = |place: &&Place| {
        place.difference().is_finite() && !bounds.pixel.passes(place.got, place.want)
    };
    let mut all = comparison.worst.iter().chain(&comparison.first_outside);
    let worst = all.find(is_outside).filter(|_| count > 0)?;
    Some(format!(
        "{name} has {count} of {} elements outside, the worst at {:?}: {:.7} for {:.7}, off by {:.3e}, \
         allowed {:.3e} (pixel {{ abs: {:.2e} }} would pass)",
        comparison.count,
        worst.index,
        worst.got,
        worst.want,
        worst.difference(),
        bounds.pixel.allowance(worst.want),
        round_up(comparison.pixel_abs_to_pass),
    ))
}

/// A bounded measure that is not met.
fn violated(name: &str, violation: &Violation) -> String {
    let Violation { measure, got, limit } = violation;
    let which = if measure.at_least() { "at least" } else { "at most" };
    match got {
        None => format!(
            "{name} has no {measure}: expected an image, (N, H, W, C) with 1 or 3 channels in [0, 1]"
        ),
        Some(got) => {
            let enough = to_pass(*measure, *got).map_or("no bound lets it pass".into(), |enough| {
                format!("{measure}: {enough} would pass")
            });
            format!("{name} {measure} is {got:.4e}, expected {which} {limit:.4e} ({enough})")
        }
    }
}

/// The first elements outside, and those that differ most.
fn places(name: &str, comparison: &Comparison) -> Vec<String> {
    let list = |places: &[Place]| {
        let place =
            |Place { index, got, want }: &Place| format!("{index:?} {got:.6} for {want:.6}");
        places.iter().map(place).collect::<Vec<_>>().join(", ")
    };
    let mut sentences = Vec::new();
    if comparison.outside > 1 {
        sentences.push(format!("{name} first outside at {}", list(&comparison.first_outside)));
    }
    if !comparison.worst.is_empty() {
        sentences.push(format!("{name} differs most at {}", list(&comparison.worst)));
    }
    sentences
}

/// Every measure as a tolerance that would have passed, to be written into the scenario as it is.
fn would_pass(name: &str, comparison: &Comparison) -> String {
    let measures = Measure::ALL.iter().filter_map(|&measure| {
        Some(format!("{measure}: {}", to_pass(measure, comparison.value(measure)?)?))
    });
    format!("{name} would pass with {{ {} }}", measures.collect::<Vec<_>>().join(", "))
}

/// A limit that lets a value pass: rounded away from it, so that what is printed is enough. Nothing
/// where none does: a limit is finite and at least 0.
pub fn to_pass(measure: Measure, value: f64) -> Option<String> {
    if !value.is_finite() || value < 0.0 {
        return None;
    }
    Some(match measure {
        Measure::MaxUlp | Measure::P50Ulp | Measure::P99Ulp => format!("{value}"),
        Measure::Psnr => format!("{:.1}", (value * 10.0).floor() / 10.0),
        _ if measure.at_least() => format!("{:.9}", (value * 1.0e9).floor() / 1.0e9),
        _ => format!("{:.2e}", round_up(value)),
    })
}

/// An output of which the golden keeps a sketch, and that is too far from it.
pub(super) fn sketch_sentence(name: &str, estimate: f64, allowed: f64) -> Reason {
    let text = format!(
        "{name} is off by about {estimate:.1e} RMS by its sketch, allowed {allowed:.3e} an element \
         (pixel {{ abs: {:.2e} }} would pass)",
        round_up(estimate)
    );
    Reason::new(ReasonCode::OutsideTolerance, text)
}

/// Two tensors that cannot be compared.
pub(super) fn incomparable(what: &str, error: &CompareError) -> Reason {
    let code = match error {
        CompareError::Shape { .. } => ReasonCode::WrongShape,
        CompareError::Dtype { .. } => ReasonCode::WrongDtype,
        CompareError::Empty => ReasonCode::NothingChecked,
    };
    Reason::new(code, format!("{what}: {error}"))
}

/// Up to the third digit: what is printed as enough must be enough.
pub fn round_up(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let digit = 10_f64.powi(number.abs().log10().floor() as i32 - 2);
    (number / digit).ceil() * digit
}

/// A published number that is not met.
pub fn expectation_sentence(result: &ExpectationResult) -> String {
    let problem = match (&result.problem, result.difference) {
        (Some(problem), _) => problem.clone(),
        (None, Some(difference)) => {
            format!("off by {difference:.3e}, allowed {:.3e}", result.tol)
        }
        (None, None) => "could not be computed".into(),
    };
    format!("{} of {}: {problem}", result.what, result.source)
}

#[cfg(test)]
mod tests {
    use super::round_up;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_printed_as_enough_is_enough(exponent in -12_i32..6, mantissa in 1.0_f64..10.0) {
            let number = mantissa * 10_f64.powi(exponent);
            let printed: f64 = format!("{:.2e}", round_up(number)).parse().unwrap();
            prop_assert!(printed >= number && printed <= number * 1.02);
        }
    }
}
