//! Quantiles of the beta distribution, `scipy.stats.beta.ppf`.

/// The `x` up to which a share `p` of the beta distribution with the exponents `a` and `b`, both above 0, lies.
pub(super) fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    let lower = lower_part(0.5, a, b);
    let whole = lower + lower_part(0.5, b, a);
    if p <= lower / whole {
        in_lower_half(p, a, b, whole)
    } else {
        1.0 - in_lower_half(1.0 - p, b, a, whole)
    }
}

/// The quantile where it is at most 1/2: Newton's method on logarithms, in which the share of a small `x` is a
/// straight line of slope `a`.
fn in_lower_half(p: f64, a: f64, b: f64, whole: f64) -> f64 {
    const MOST_ITERATIONS: usize = 40;
    if p <= 0.0 {
        return 0.0;
    }
    let mut x = (p * a * whole).powf(1.0 / a).min(0.5);
    for _ in 0..MOST_ITERATIONS {
        let share = lower_part(x, a, b) / whole;
        let density = x.powf(a - 1.0) * (1.0 - x).powf(b - 1.0) / whole;
        let next = (x * (-(share / p).ln() * share / (x * density)).exp()).min(0.5);
        if (next - x).abs() <= f64::EPSILON * x {
            return next;
        }
        x = next;
    }
    x
}

/// The integral of `t^(a - 1) (1 - t)^(b - 1)` from 0 to `x`, for `x` up to 1/2, where the binomial series of the
/// second factor gains a digit every three terms.
fn lower_part(x: f64, a: f64, b: f64) -> f64 {
    let mut sum = 1.0 / a;
    let mut term = 1.0;
    for n in 1..200 {
        let n = f64::from(n);
        term *= x * (n - b) / n;
        let summand = term / (a + n);
        sum += summand;
        if summand.abs() <= f64::EPSILON * sum.abs() / 4.0 {
            break;
        }
    }
    x.powf(a) * sum
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// `scipy.stats.beta.ppf(p, a, b)`.
    #[rstest]
    #[case(0.0, 0.6, 0.6, 0.0)]
    #[case(1e-12, 0.6, 0.6, 1.8558824624914097e-20)]
    #[case(0.1111111111111111, 0.6, 0.6, 0.04709181754904242)]
    #[case(0.3, 0.6, 0.6, 0.23401700387523572)]
    #[case(0.5, 0.6, 0.6, 0.5000000000000001)]
    #[case(0.8888888888888888, 0.6, 0.6, 0.9529081824509575)]
    #[case(0.999, 0.6, 0.6, 0.9999814412614826)]
    #[case(1.0, 0.6, 0.6, 1.0)]
    #[case(0.2, 2.5, 0.7, 0.6147277357589892)]
    #[case(0.7, 2.5, 4.0, 0.47806754358578013)]
    #[case(0.01, 5.0, 1.0, 0.39810717055349726)]
    fn meets_scipy(#[case] p: f64, #[case] a: f64, #[case] b: f64, #[case] want: f64) {
        let got = beta_quantile(p, a, b);
        assert!((got - want).abs() <= 4e-15 * want, "{got:e}, not {want:e}");
    }
}
