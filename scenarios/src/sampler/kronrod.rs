//! The shares of earlier slopes in a linear multistep method: integrals of Lagrange's polynomials.
//!
//! Integrated with 21 points, as QUADPACK's `qk21` does it, and SciPy's `quad` where that is exact enough (Piessens
//! et al. 1983, QUADPACK).

/// Half of the places on the interval from -1 to 1; the others are their opposites, and 0.
const PLACES: [f64; 10] = [
    0.973_906_528_517_171_7,
    0.865_063_366_688_984_5,
    0.679_409_568_299_024_4,
    0.433_395_394_129_247_2,
    0.148_874_338_981_631_22,
    0.995_657_163_025_808_1,
    0.930_157_491_355_708_2,
    0.780_817_726_586_416_9,
    0.562_757_134_668_604_7,
    0.294_392_862_701_460_2,
];

/// Their weights, and that of 0.
const WEIGHTS: [f64; 10] = [
    0.032_558_162_307_964_725,
    0.075_039_674_810_919_96,
    0.109_387_158_802_297_64,
    0.134_709_217_311_473_34,
    0.147_739_104_901_338_49,
    0.011_694_638_867_371_874,
    0.054_755_896_574_351_995,
    0.093_125_454_583_697_6,
    0.123_491_976_262_065_84,
    0.142_775_938_577_060_09,
];
const WEIGHT_OF_0: f64 = 0.149_445_554_002_916_9;

/// The integral of a function from `begin` to `end`, whose places are visited and summed in QUADPACK's order.
fn integral(begin: f64, end: f64, function: impl Fn(f64) -> f64) -> f64 {
    let (centre, half) = (0.5 * (begin + end), 0.5 * (end - begin));
    let mut sum = WEIGHT_OF_0 * function(centre);
    for (place, weight) in PLACES.into_iter().zip(WEIGHTS) {
        let away = half * place;
        sum += weight * (function(centre - away) + function(centre + away));
    }
    sum * half
}

/// The integrals over the step `index` of the polynomials that are 1 at one of the last `order` sigmas and 0 at the
/// others (Lagrange's).
pub(super) fn shares(sigmas: &[f32], index: usize, order: usize) -> Vec<f64> {
    let last: Vec<f32> = sigmas[..=index].iter().rev().take(order).copied().collect();
    let share = |own: usize| {
        let polynomial = |sigma: f64| {
            let others = (0..order).filter(|&other| other != own);
            let factors =
                others.map(|other| (sigma as f32 - last[other]) / (last[own] - last[other]));
            f64::from(factors.fold(1.0, |product, factor| product * factor))
        };
        integral(sigmas[index].into(), sigmas[index + 1].into(), polynomial)
    };
    (0..order).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_integrated_exactly() {
        for power in [0, 1, 3, 8, 31] {
            let want = (5_f64.powi(power + 1) - 2_f64.powi(power + 1)) / f64::from(power + 1);
            let got = integral(2.0, 5.0, |x| x.powi(power));
            assert!((got / want - 1.0).abs() < 1e-14, "{power}: {got}, not {want}");
            assert!((integral(5.0, 2.0, |x| x.powi(power)) + got).abs() < 1e-14 * got);
        }
    }

    /// Of equal slopes, a step takes its length; and with equal steps the shares are Adams and Bashforth's.
    #[test]
    fn shares_are_those_of_a_linear_multistep_method() {
        let sigmas = [5.0, 4.0, 3.0, 2.0, 1.0];
        for (order, want) in [
            (1, vec![-1.0]),
            (2, vec![-1.5, 0.5]),
            (3, vec![-23.0 / 12.0, 16.0 / 12.0, -5.0 / 12.0]),
            (4, vec![-55.0 / 24.0, 59.0 / 24.0, -37.0 / 24.0, 9.0 / 24.0]),
        ] {
            for (got, want) in shares(&sigmas, 3, order).into_iter().zip(want) {
                assert!((got - want).abs() < 1e-6, "order {order}: {got}, not {want}");
            }
        }
    }
}
