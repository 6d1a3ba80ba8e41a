//! What the solvers of diffusion's differential equations share: DPM-Solver (Lu et al. 2022, arXiv 2206.00927),
//! DPM-Solver++ (2211.01095), DEIS (Zhang & Chen 2022, 2204.13902), UniPC (Zhao et al. 2023, 2302.04867) and SA-Solver
//! (Xue et al. 2023, 2309.05019).
//!
//! All write a sample as `x_t = alpha_t x_0 + sigma_t epsilon`, take half the logarithm of the signal-to-noise ratio,
//! `lambda_t = ln(alpha_t / sigma_t)`, for the time, solve the linear part of the equation exactly and replace the
//! model within the rest by a polynomial in `lambda`. They differ in the polynomial, and in what is interpolated: the
//! clean sample or the noise. `levels` and `times` have the times of a run, `conversion` what the model's output means, `dpm` the
//! formulas of DPM-Solver and DPM-Solver++, `keys` the keys of several classes; the other formulas are in their files.
//!
//! Coefficients are made in `f32` in torch's order, as diffusers makes them of torch's scalars. Exponentials and
//! logarithms are correctly rounded, which torch's are but for one in a hundred.

mod algorithm;
mod conversion;
mod dpm;
mod history;
mod keys;
mod levels;
mod stochastic_adams;
mod times;
mod unified;

pub use algorithm::{AlgorithmType, SolverType};
pub(super) use algorithm::{Algorithms, DpmKeys, EVERY_DPM, check_noise_prediction, check_order};
pub(super) use conversion::Conversion;
pub(super) use dpm::{Dpm, Interpolated, singlestep_orders};
pub use history::History;
pub use keys::{Absent, LambdaMin, ShiftArguments, VisitArguments};
pub(super) use keys::{SigmaKeys, noise_defaults, solver_keys};
pub(super) use levels::{End, Levels, Run, Sigmas, usable_timesteps};
pub use stochastic_adams::Corrected;
pub(super) use stochastic_adams::{Last, StochasticAdams};
use times::Times;
pub(super) use unified::{Known, Unified};

use burn::tensor::Tensor;

/// How much signal a sample has that its noise is `sigma` times as large as: diffusers' `_sigma_to_alpha_sigma_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// As much as keeps the variance at 1.
    VariancePreserving,
    /// What the noise leaves: a straight line from one to the other.
    Flow,
    /// All of it.
    Unscaled,
}

/// A time: the signal and the noise that a sample has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// diffusers' `sigma`, which is `sigma_t / alpha_t` where the variance is preserved.
    pub level: f32,
    /// `alpha_t`
    pub alpha: f32,
    /// `sigma_t`
    pub sigma: f32,
    /// `lambda_t`
    pub lambda: f32,
}

impl Signal {
    /// That of a class of solvers, whose samples are a flow's or keep their variance.
    pub(super) fn of_flow(is_flow: bool) -> Self {
        if is_flow { Self::Flow } else { Self::VariancePreserving }
    }
}

impl Point {
    /// The time of diffusers' sigma.
    #[must_use]
    pub fn new(level: f32, signal: Signal) -> Self {
        let alpha = match signal {
            Signal::VariancePreserving => 1.0 / (level * level + 1.0).sqrt(),
            Signal::Flow => 1.0 - level,
            Signal::Unscaled => 1.0,
        };
        let sigma = if signal == Signal::VariancePreserving { level * alpha } else { level };
        Self { level, alpha, sigma, lambda: ln(alpha) - ln(sigma) }
    }

    /// A clean sample with as much noise as belongs to the time.
    pub(super) fn noised<const D: usize>(self, original: Tensor<D>, noise: Tensor<D>) -> Tensor<D> {
        original.mul_scalar(self.alpha) + noise.mul_scalar(self.sigma)
    }
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct SolverStep {
    /// The time that the model is asked about.
    pub t: f64,
    /// How many steps of a whole run come before.
    pub index: usize,
    /// How many steps there are from this one on, itself included.
    pub left: usize,
    /// From the time that the step leads to backwards.
    points: Vec<Point>,
}

/// diffusers' sigmas of those steps, and that of the end.
pub(super) fn sigmas(steps: &[SolverStep]) -> Vec<f32> {
    let end = steps.last().map(|last| last.end().level);
    steps.iter().map(|step| step.at(0).level).chain(end).collect()
}

impl SolverStep {
    /// The time that the step leads to.
    #[must_use]
    pub fn end(&self) -> Point {
        self.points[0]
    }

    /// The order of the step, where the method has `order`: with `lower` it falls in the last two steps of a run of less
    /// than 15, with `euler` to 1 in the last one of any run.
    pub(super) fn order(&self, order: usize, lower: bool, euler: bool) -> usize {
        let lower = lower && self.index + self.left < 15;
        match self.left {
            1 if lower || euler => 1,
            2 if lower => order.min(2),
            _ => order,
        }
    }

    /// The time at which the step begins, or so many steps earlier. Before the first step the list goes on from its
    /// end, as in Python; no run that begins with an empty memory looks there.
    #[must_use]
    pub fn at(&self, earlier: usize) -> Point {
        self.points[earlier + 1]
    }
}

/// The steps of a run, each of which knows the times of `earlier` steps.
pub(super) fn steps(run: &Run, signal: Signal, earlier: usize) -> Vec<SolverStep> {
    let points: Vec<Point> = run.sigmas.iter().map(|&sigma| Point::new(sigma, signal)).collect();
    let back_from = |index: usize| {
        let round = points.iter().rev().cycle().skip(points.len() - 2 - index);
        round.take(earlier + 2).copied().collect()
    };
    let count = run.times.len();
    let step = |(index, &t)| SolverStep { t, index, left: count - index, points: back_from(index) };
    run.times.iter().enumerate().map(step).collect()
}

/// `x` and the other tensors, each times its weight, added in their order.
pub(super) fn weighted_sum<const D: usize>(
    weight: f32,
    x: Tensor<D>,
    terms: impl IntoIterator<Item = (f32, Tensor<D>)>,
) -> Tensor<D> {
    let add = |sum, (weight, term): (f32, Tensor<D>)| sum + term.mul_scalar(weight);
    terms.into_iter().fold(x.mul_scalar(weight), add)
}

pub(super) fn exp(x: f32) -> f32 {
    f64::from(x).exp() as f32
}

pub(super) fn exp_m1(x: f32) -> f32 {
    f64::from(x).exp_m1() as f32
}

pub(super) fn ln(x: f32) -> f32 {
    f64::from(x).ln() as f32
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "exact values are compared")]
mod tests {
    use super::*;

    fn levels(step: &SolverStep) -> Vec<f32> {
        step.points.iter().map(|point| point.level).collect()
    }

    #[test]
    fn steps_look_back_and_around() {
        let run = Run { times: vec![9.0, 5.0, 2.0], sigmas: vec![4.0, 3.0, 2.0, 0.5] };
        let steps = steps(&run, Signal::Unscaled, 2);
        assert_eq!(levels(&steps[0]), [3.0, 4.0, 0.5, 2.0]);
        assert_eq!(levels(&steps[2]), [0.5, 2.0, 3.0, 4.0]);
        assert_eq!([steps[2].index, steps[2].left], [2, 1]);
        assert_eq!(steps[1].end(), Point::new(2.0, Signal::Unscaled));
    }

    #[test]
    fn a_clean_time_is_infinitely_late() {
        for signal in [Signal::VariancePreserving, Signal::Flow, Signal::Unscaled] {
            let end = Point::new(0.0, signal);
            assert_eq!([end.alpha, end.sigma, end.lambda], [1.0, 0.0, f32::INFINITY]);
        }
    }
}
