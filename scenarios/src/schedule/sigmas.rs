//! Sigmas: the noise of a timestep relative to its signal, and lists of them that a run can visit (Karras et al.
//! 2022, arXiv 2206.00364).
//!
//! In `f64` where diffusers uses numpy, so that a list is rounded to `f32` once, at its end. The noise of the
//! training timesteps is torch's, in `f32`.

use super::beta_quantile::beta_quantile;
use super::numpy_log::numpy_ln;

/// `numpy.linspace(start, end, count)`.
#[must_use]
pub fn equally_spaced(start: f64, end: f64, count: usize) -> Vec<f64> {
    let step = (end - start) / (count.max(2) - 1) as f64;
    let value = |index: usize| match index {
        index if index > 0 && index + 1 == count => end,
        index => index as f64 * step + start,
    };
    (0..count).map(value).collect()
}

/// The sigma of each training timestep, `sqrt((1 - alpha_bar) / alpha_bar)`.
#[must_use]
pub fn training_sigmas(alphas_cumprod: &[f32]) -> Vec<f32> {
    alphas_cumprod.iter().map(|&alpha_bar| ((1.0 - alpha_bar) / alpha_bar).sqrt()).collect()
}

/// The value at the place `x` of a list, between its neighbours on a straight line, and at an end beyond it:
/// `numpy.interp(x, numpy.arange(len(values)), values)`.
///
/// # Panics
/// If there are no values.
#[must_use]
pub fn interpolate(x: f64, values: &[f32]) -> f64 {
    let last = values.len() - 1;
    // A NaN counts as 0.
    let below = (x.max(0.0) as usize).min(last);
    let value = f64::from(values[below]);
    let past = x - below as f64;
    if below == last || past <= 0.0 {
        return value;
    }
    (f64::from(values[below + 1]) - value) * past + value
}

/// Sigmas from `high` to `low` (arXiv 2206.00364, eq. 5); diffusers has a `rho` of 7.
#[must_use]
pub fn karras(low: f64, high: f64, count: usize, rho: f64) -> Vec<f64> {
    equally_spaced(0.0, 1.0, count).into_iter().map(karras_at(low, high, rho)).collect()
}

/// The sigma at a share of the way from `high` to `low`.
pub fn karras_at(low: f64, high: f64, rho: f64) -> impl Fn(f64) -> f64 {
    let (first, last) = (high.powf(1.0 / rho), low.powf(1.0 / rho));
    move |share| (first + share * (last - first)).powf(rho)
}

/// Sigmas from `high` to `low` with one ratio between all neighbours.
#[must_use]
pub fn exponential(low: f64, high: f64, count: usize) -> Vec<f64> {
    equally_spaced(high.ln(), low.ln(), count).into_iter().map(f64::exp).collect()
}

/// Sigmas from `high` to `low` at quantiles of the beta distribution (Lee et al. 2024, arXiv 2407.12173, section 4);
/// diffusers has 0.6 for both exponents.
#[must_use]
pub fn beta(low: f64, high: f64, count: usize, alpha: f64, beta: f64) -> Vec<f64> {
    let sigma = |share: f64| low + beta_quantile(1.0 - share, alpha, beta) * (high - low);
    equally_spaced(0.0, 1.0, count).into_iter().map(sigma).collect()
}

/// Moves noise levels between 0 and 1 towards 1 where `shift` is above 1 (Esser et al. 2024, arXiv 2403.03206, eq.
/// 23).
#[must_use]
pub fn shifted(sigma: f64, shift: f64) -> f64 {
    shift * sigma / (1.0 + (shift - 1.0) * sigma)
}

/// Noise levels of `count` steps, as diffusers' solvers with `use_flow_sigmas` space them: shifted, from 1 - 1 /
/// `train` down.
#[must_use]
pub fn flow(count: usize, train: usize, shift: f64) -> Vec<f64> {
    let signal = equally_spaced(1.0, 1.0 / train as f64, count + 1);
    signal.into_iter().skip(1).rev().map(|signal| shifted(1.0 - signal, shift)).collect()
}

/// `numpy.log(sigmas)`
#[must_use]
pub fn logarithms(sigmas: &[f32]) -> Vec<f32> {
    sigmas.iter().map(|&sigma| numpy_ln(sigma)).collect()
}

/// The timestep of `sigma`, between its neighbours among the training timesteps, whose sigmas rise and have the
/// logarithms `log_sigmas`; two or more.
///
/// The place between them is found in `f32`, as by numpy 1, which calculates in the type of the list.
#[must_use]
pub fn time_of(sigma: f64, log_sigmas: &[f32]) -> f64 {
    let log_sigma = sigma.max(1e-10).ln() as f32;
    let up_to = log_sigmas.iter().rposition(|&other| log_sigma - other >= 0.0).unwrap_or(0);
    let below = up_to.min(log_sigmas.len().saturating_sub(2));
    let (low, high) = (log_sigmas[below], log_sigmas[below + 1]);
    let weight = ((low - log_sigma) / (low - high)).clamp(0.0, 1.0);
    f64::from(1.0 - weight) * below as f64 + f64::from(weight) * (below + 1) as f64
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "bits are compared")]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::schedule::{BetaSchedule, cumulative_product};

    const LOW: f64 = 0.010_001_329_705_119_133;
    const HIGH: f64 = 261.055_572_509_765_6;

    /// Those of diffusers' tests of Euler's scheduler: 1100 linear betas.
    fn training() -> Vec<f32> {
        training_sigmas(&cumulative_product(&BetaSchedule::Linear.betas(0.0001, 0.02, 1100)))
    }

    /// Lists and times of diffusers, in numpy.
    #[rstest]
    #[case::karras(
        karras(LOW, HIGH, 5, 7.0),
        &[261.05557250976557, 58.93961878693673, 8.881865888500863, 0.6584771506527627, 0.01000132970511913],
        &[1099.0, 940.2430098205805, 688.1264594644308, 193.37776046991348, 0.0],
    )]
    #[case::beta(
        beta(LOW, HIGH, 5, 0.6, 0.6),
        &[261.0555725097656, 215.19498771924353, 130.5327869197354, 45.87058612022719, 0.010001329705119131],
        &[1099.0, 1079.7139357328415, 1028.122859492898, 910.7811859250069, 0.0],
    )]
    #[case::exponential(
        exponential(LOW, HIGH, 5),
        &[261.05557250976557, 20.53828434561876, 1.6158288436677946, 0.1271237075158014, 0.010001329705119131],
        &[1099.0, 809.2255100905895, 370.1672514975071, 36.352914929389954, 0.0],
    )]
    fn lists_are_diffusers(#[case] got: Vec<f64>, #[case] sigmas: &[f64], #[case] times: &[f64]) {
        let training = training();
        assert_eq!([f64::from(training[0]), f64::from(training[1099])], [LOW, HIGH]);
        let log_sigmas = logarithms(&training);
        for ((got, sigma), time) in got.iter().zip(sigmas).zip(times) {
            assert!((got / sigma - 1.0).abs() < 1e-14, "{got}, not {sigma}");
            let there = time_of(*got, &log_sigmas);
            assert!((there - time).abs() < 1e-6, "{there}, not {time}");
        }
    }

    #[test]
    fn interpolates_between_neighbours_only() {
        assert!((interpolate(700.25, &training()) - 9.604886770248413).abs() < 1e-15);
        let values = [1.0, 3.0, 2.0];
        let got = [-1.0, 0.0, 0.5, 1.75, 2.0, 9.0].map(|x| interpolate(x, &values));
        assert_eq!(got, [1.0, 1.0, 2.0, 2.25, 2.0, 2.0]);
    }

    #[test]
    fn flow_is_shifted_noise() {
        let want = [0.9996664442961973, 0.8996397838703222, 0.7496248124062032, 0.4996665555185062];
        for (got, want) in flow(4, 1000, 3.0).into_iter().zip(want) {
            assert!((got - want).abs() < 1e-15, "{got}, not {want}");
        }
    }

    #[test]
    fn spacing_meets_both_ends() {
        assert_eq!(equally_spaced(3.0, 1.0, 1), [3.0]);
        assert_eq!(equally_spaced(0.0, 1.0, 3), [0.0, 0.5, 1.0]);
        assert!(equally_spaced(0.0, 1.0, 0).is_empty());
    }
}
