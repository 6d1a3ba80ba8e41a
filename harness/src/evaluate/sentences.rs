//! What is said of a difference: the place, its size, and the tolerance that would have passed.

use crate::compare::{Comparison, ExpectationResult};
use crate::scenario::Bounds;
use crate::trace::HostTensor;

/// What is outside of its bound: the place, the size of the difference, and the tolerance that
/// would have passed.
pub(super) fn sentences(
    name: &str,
    got: &HostTensor,
    comparison: &Comparison,
    bounds: &Bounds,
) -> Vec<String> {
    let mut sentences = Vec::new();
    if !comparison.abs_sum_passes {
        let (got, want) = (got.abs_sum(), comparison.want_abs_sum);
        sentences.push(format!(
            "{name} abs_sum is {got:.7}, the golden's {want:.7}: off by {:.3e}, allowed {:.3e}; \
             abs_sum {{ rel: {:.2e} }} would pass",
            (got - want).abs(),
            bounds.abs_sum.allowance(want),
            round_up(comparison.abs_sum_rel_to_pass),
        ));
    }
    if let (Some(worst), true) = (&comparison.worst, comparison.outside > 0) {
        sentences.push(format!(
            "{name} has {} of {} elements outside, the worst at {:?}: {:.7} for {:.7}, off by \
             {:.3e}, allowed {:.3e}; pixel {{ abs: {:.2e} }} would pass",
            comparison.outside,
            comparison.count,
            worst.index,
            worst.got,
            worst.want,
            worst.difference(),
            bounds.pixel.allowance(worst.want),
            round_up(comparison.pixel_abs_to_pass),
        ));
    }
    sentences
}

/// Up to the third digit: what is printed as enough must be enough.
fn round_up(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let digit = 10_f64.powi(number.abs().log10().floor() as i32 - 2);
    (number / digit).ceil() * digit
}

/// A published number that is not met.
pub(super) fn expectation_sentence(result: &ExpectationResult) -> String {
    let problem = match (&result.problem, result.difference) {
        (Some(problem), _) => problem.clone(),
        (None, Some(difference)) => {
            format!("off by {difference:.3e}, allowed {:.3e}", result.tol)
        }
        (None, None) => "could not be taken".into(),
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
