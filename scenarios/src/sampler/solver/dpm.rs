//! One step of DPM-Solver (Lu et al. 2022, arXiv 2206.00927), which interpolates the noise, and of DPM-Solver++
//! (arXiv 2211.01095), which interpolates the clean sample; of their ODEs and their SDEs.
//!
//! With `h = lambda_t - lambda_s`, each is the exact solution of the linear part plus the integrals of `1`, `lambda`
//! and `lambda^2 / 2` times an exponential, weighted with the model's value `D_0` at `s` and its divided differences
//! `D_1` and `D_2`.

use burn::tensor::Tensor;

use super::{Conversion, History, Point, SolverStep, SolverType, exp, weighted_sum};
use crate::sampler::SamplerError;

/// What is interpolated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sampler) enum Interpolated {
    /// The clean sample (2211.01095, proposition 4.1, eq. 8).
    Data,
    /// The noise (2206.00927, proposition 3.1, eq. 3.4).
    Noise,
}

/// DPM-Solver or DPM-Solver++.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::sampler) struct Dpm {
    pub interpolated: Interpolated,
    /// Whether the equation is the SDE, with fresh noise in each step (2211.01095, SDE-DPM-Solver++).
    pub stochastic: bool,
    /// The integral of the first difference: `Midpoint` for one point, `Heun` for the exact one.
    pub rule: SolverType,
}

/// The weights of a step's terms.
#[derive(Debug, Clone, Copy)]
struct Weights {
    x: f32,
    d0: f32,
    d1_midpoint: f32,
    d1_exact: f32,
    d2: f32,
    noise: f32,
}

impl Dpm {
    /// What is interpolated, of the model's output.
    ///
    /// # Errors
    /// If the output has another shape than the sampler needs.
    pub fn predicted<const D: usize>(
        self,
        conversion: Conversion,
        at: Point,
        x: Tensor<D>,
        output: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        match self.interpolated {
            Interpolated::Data => conversion.data(at, x, output),
            Interpolated::Noise => conversion.noise(at, x, output),
        }
    }

    /// From `s` to `t`.
    fn weights(self, t: Point, s: Point) -> Weights {
        let h = t.lambda - s.lambda;
        let (alpha, sigma) = (t.alpha, t.sigma);
        match (self.interpolated, self.stochastic) {
            (Interpolated::Data, false) => {
                let decay = exp(-h) - 1.0;
                Weights {
                    x: sigma / s.sigma,
                    d0: -(alpha * decay),
                    d1_midpoint: -(0.5 * (alpha * decay)),
                    d1_exact: alpha * (decay / h + 1.0),
                    d2: -(alpha * ((decay + h) / (h * h) - 0.5)),
                    noise: 0.0,
                }
            }
            (Interpolated::Data, true) => {
                let decay = 1.0 - exp(-2.0 * h);
                Weights {
                    x: sigma / s.sigma * exp(-h),
                    d0: alpha * decay,
                    d1_midpoint: 0.5 * (alpha * decay),
                    d1_exact: alpha * (decay / (-2.0 * h) + 1.0),
                    d2: alpha * ((decay - 2.0 * h) / (2.0 * h * (2.0 * h)) - 0.5),
                    noise: sigma * decay.sqrt(),
                }
            }
            (Interpolated::Noise, stochastic) => {
                let growth = exp(h) - 1.0;
                // The SDE has the score twice.
                let times = if stochastic { 2.0 } else { 1.0 };
                Weights {
                    x: alpha / s.alpha,
                    d0: -(times * (sigma * growth)),
                    d1_midpoint: -(0.5 * times * (sigma * growth)),
                    d1_exact: -(times * (sigma * (growth / h - 1.0))),
                    d2: -(times * (sigma * ((growth - h) / (h * h) - 0.5))),
                    noise: sigma * (exp(2.0 * h) - 1.0).sqrt(),
                }
            }
        }
    }

    /// The weight of a first difference that stands alone.
    fn d1(self, weights: Weights) -> f32 {
        match self.rule {
            SolverType::Heun => weights.d1_exact,
            _ => weights.d1_midpoint,
        }
    }

    /// From the model's values at the ends of earlier steps (2211.01095, algorithm 2): those
    /// of `history`, this step's last.
    pub fn multistep<const D: usize>(
        self,
        order: usize,
        step: &SolverStep,
        x: Tensor<D>,
        history: &History<D>,
        noise: Option<Tensor<D>>,
    ) -> Tensor<D> {
        let (t, s) = (step.end(), step.at(0));
        let weights = self.weights(t, s);
        let r = |k| (step.at(k).lambda - step.at(k + 1).lambda) / (t.lambda - s.lambda);
        let difference = |k| (history.back(k) - history.back(k + 1)).mul_scalar(1.0 / r(k));
        let mut terms = vec![(weights.d0, history.back(0))];
        match order {
            1 => {}
            2 => terms.push((self.d1(weights), difference(0))),
            _ => {
                let (r_0, r_1, d1_0) = (r(0), r(1), difference(0));
                let change = d1_0.clone() - difference(1);
                let d1 = d1_0 + change.clone().mul_scalar(r_0 / (r_0 + r_1));
                let d2 = change.mul_scalar(1.0 / (r_0 + r_1));
                terms.extend([(weights.d1_exact, d1), (weights.d2, d2)]);
            }
        }
        terms.extend(noise.map(|noise| (weights.noise, noise)));
        weighted_sum(weights.x, x, terms)
    }

    /// From the model's values within one step of `order` parts (2206.00927, algorithms 1 and 2; 2211.01095, algorithm
    /// 1), which is made anew from its first sample `x` with each of them.
    pub fn singlestep<const D: usize>(
        self,
        order: usize,
        step: &SolverStep,
        x: Tensor<D>,
        history: &History<D>,
        noise: Option<Tensor<D>>,
    ) -> Tensor<D> {
        let (t, s) = (step.end(), step.at(order - 1));
        let weights = self.weights(t, s);
        let r = |k| (step.at(k).lambda - s.lambda) / (t.lambda - s.lambda);
        let d0 = history.back(order - 1);
        let difference = |k| (history.back(k) - d0.clone()).mul_scalar(1.0 / r(k));
        let mut terms = vec![(weights.d0, d0.clone())];
        match (order, self.rule) {
            (1, _) => {}
            (2, _) => terms.push((self.d1(weights), difference(0))),
            (_, SolverType::Heun) => {
                let (r_0, r_1) = (r(0), r(1));
                let (near, far) = (difference(1), difference(0));
                let d1 = near.clone().mul_scalar(r_0) - far.clone().mul_scalar(r_1);
                let d2 = (far - near).mul_scalar(2.0).div_scalar(r_0 - r_1);
                terms.extend([(weights.d1_exact, d1.div_scalar(r_0 - r_1)), (weights.d2, d2)]);
            }
            (_, _) => terms.push((weights.d1_exact, difference(0))),
        }
        terms.extend(noise.map(|noise| (weights.noise, noise)));
        weighted_sum(weights.x, x, terms)
    }
}

/// The order of each of so many parts of steps: from 1 up to the highest, again and again. The last one's is 1 where
/// no noise is left, and with `lower` where it would be the highest: 1, 2, 3 become 1, 2 and 1.
pub(in crate::sampler) fn singlestep_orders(
    parts: usize,
    highest: usize,
    lower: bool,
    is_clean: bool,
) -> Vec<usize> {
    let mut orders: Vec<usize> = (0..parts).map(|index| index % highest + 1).collect();
    if let Some(last) = orders.last_mut().filter(|last| is_clean || lower && **last == highest) {
        *last = 1;
    }
    orders
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// As diffusers' `get_order_list` has them.
    #[rstest]
    #[case::even(4, 2, false, false, &[1, 2, 1, 2])]
    #[case::lowered(4, 2, true, false, &[1, 2, 1, 1])]
    #[case::odd(5, 2, true, false, &[1, 2, 1, 2, 1])]
    #[case::clean(5, 3, false, true, &[1, 2, 3, 1, 1])]
    #[case::thirds(6, 3, true, false, &[1, 2, 3, 1, 2, 1])]
    #[case::first(2, 1, true, false, &[1, 1])]
    fn parts_have_orders(
        #[case] parts: usize,
        #[case] highest: usize,
        #[case] lower: bool,
        #[case] is_clean: bool,
        #[case] want: &[usize],
    ) {
        assert_eq!(singlestep_orders(parts, highest, lower, is_clean), want);
    }
}
