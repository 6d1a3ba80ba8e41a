//! SA-Solver's stochastic Adams methods (Xue et al. 2023, arXiv 2309.05019): the model's value is a polynomial in `lambda`
//! through earlier values (Bashforth, SA-Predictor) or through that at the end as well (Moulton, SA-Corrector), integrated
//! with an exponential that depends on how much noise is fresh.

use burn::tensor::Tensor;

use super::{History, Interpolated, Point, SolverStep, exp, weighted_sum};

/// One step of an Adams method.
#[derive(Debug, Clone, Copy)]
pub(in crate::sampler) struct StochasticAdams {
    pub interpolated: Interpolated,
    /// How much of the noise is fresh: 0 for none, 1 for the SDE of diffusion.
    pub tau: f32,
    pub s: Point,
    pub t: Point,
}

impl StochasticAdams {
    /// From `x` at `s` to `t`, by the values at the points, of which the first is `s` or, of a corrector, `t`.
    pub fn step<const D: usize>(
        self,
        x: Tensor<D>,
        values: Vec<(Point, Tensor<D>)>,
        noise: Tensor<D>,
        corrects: bool,
    ) -> Tensor<D> {
        let Self { s, t, tau, .. } = self;
        let (h, tau_2) = (t.lambda - s.lambda, tau * tau);
        let lambdas: Vec<f32> = values.iter().map(|(point, _)| point.lambda).collect();
        let (kept, fresh, scale) = match self.interpolated {
            Interpolated::Data => (
                exp(-tau_2 * h) * (t.sigma / s.sigma),
                t.sigma * (1.0 - exp(-2.0 * tau_2 * h)).sqrt(),
                (1.0 + tau_2) * t.sigma * exp(-tau_2 * t.lambda),
            ),
            Interpolated::Noise => (
                t.alpha / s.alpha,
                tau * t.sigma * (exp(2.0 * h) - 1.0).sqrt(),
                -(1.0 + tau_2) * t.alpha,
            ),
        };
        let weights = self.weights(&lambdas, corrects).into_iter().map(|weight| scale * weight);
        let terms = values.into_iter().zip(weights);
        let terms = terms.map(|((_, value), weight)| value.mul_scalar(weight));
        let change = terms.reduce(|sum, term| sum + term).map(|sum| (1.0, sum));
        weighted_sum(kept, x, change.into_iter().chain([(fresh, noise)]))
    }

    /// The integral of each basis polynomial.
    fn weights(self, lambdas: &[f32], corrects: bool) -> Vec<f32> {
        let order = lambdas.len();
        let integrals: Vec<f32> = (0..order).map(|power| self.integral(power)).collect();
        let integral = |polynomial: Vec<f32>| {
            let terms = polynomial.iter().zip(integrals.iter().rev());
            terms.fold(0.0, |sum, (coefficient, integral)| sum + coefficient * integral)
        };
        let mut weights: Vec<f32> = (0..order).map(|k| integral(lagrange(lambdas, k))).collect();
        if let (Interpolated::Data, [first, second]) = (self.interpolated, &mut weights[..]) {
            let shift = self.shift(lambdas, corrects);
            *first += shift;
            *second -= shift;
        }
        weights
    }

    /// What diffusers moves from the second weight to the first in the second order: the integral of `lambda - lambda_s`
    /// is taken to be half of `h`, or of its square, as UniPC has it.
    fn shift(self, lambdas: &[f32], corrects: bool) -> f32 {
        let rate = 1.0 + self.tau * self.tau;
        let h = self.t.lambda - self.s.lambda;
        let scale = exp(rate * self.t.lambda);
        let exact = h * rate - 1.0 + exp(rate * -h);
        if corrects {
            return scale * (h / 2.0 - exact / (rate * rate * h));
        }
        scale * (h * h / 2.0 - exact / (rate * rate)) / (lambdas[0] - lambdas[1])
    }

    /// The integral from `lambda_s` to `lambda_t` of `lambda^power` times the exponential of `lambda` (1 + `tau`^2), or of
    /// `-lambda` for the noise.
    fn integral(self, power: usize) -> f32 {
        let (start, end) = (self.s.lambda, self.t.lambda);
        match self.interpolated {
            Interpolated::Data => {
                let rate = 1.0 + self.tau * self.tau;
                let (start, end) = (rate * start, rate * end);
                let rest = antiderivative(power, start, -1.0) * exp(-(end - start));
                let value = exp(end) * (antiderivative(power, end, -1.0) - rest);
                value / rate.powi(power as i32 + 1)
            }
            Interpolated::Noise => {
                let rest = antiderivative(power, end, 1.0);
                exp(-end) * (antiderivative(power, start, 1.0) * exp(end - start) - rest)
            }
        }
    }
}

/// What a step leaves for the next ones.
#[derive(Debug, Clone, Default)]
pub struct Corrected<const D: usize> {
    pub(in crate::sampler) history: History<D>,
    pub(in crate::sampler) last: Option<Last<D>>,
}

/// What the corrector makes the last step anew with.
#[derive(Debug, Clone)]
pub(in crate::sampler) struct Last<const D: usize> {
    pub x: Tensor<D>,
    pub noise: Tensor<D>,
    pub tau: f32,
    pub order: usize,
}

impl<const D: usize> Last<D> {
    /// The sample at which the step begins, made anew with the value of the model there.
    pub fn corrected(
        self,
        interpolated: Interpolated,
        step: &SolverStep,
        history: &History<D>,
        value: Tensor<D>,
    ) -> Tensor<D> {
        let before = (1..self.order).map(|k| (step.at(k), history.back(k - 1)));
        let values = [(step.at(0), value)].into_iter().chain(before).collect();
        let (tau, s, t) = (self.tau, step.at(1), step.at(0));
        let adams = StochasticAdams { interpolated, tau, s, t };
        adams.step(self.x, values, self.noise, true)
    }
}

/// `exp(-x)` times an antiderivative of `x^power exp(x)` with a sign of -1; with 1, that of `x^power exp(-x)` times
/// `-exp(x)`.
fn antiderivative(power: usize, x: f32, sign: f32) -> f32 {
    match power {
        0 => 1.0,
        1 => x + sign,
        2 => x * x + sign * 2.0 * x + 2.0,
        _ => x * x * x + sign * 3.0 * (x * x) + 6.0 * x + sign * 6.0,
    }
}

/// The polynomial that is 1 at point `k` and 0 at the others, from the highest power down, of up to four points.
fn lagrange(points: &[f32], k: usize) -> Vec<f32> {
    let others = || points.iter().enumerate().filter(|(index, _)| *index != k).map(|(_, x)| *x);
    let scale = others().map(|other| points[k] - other).reduce(|product, gap| product * gap);
    let numerators = match others().collect::<Vec<_>>()[..] {
        [a] => vec![-a],
        [a, b] => vec![-a - b, a * b],
        [a, b, c] => vec![-a - b - c, a * b + a * c + b * c, -a * b * c],
        _ => vec![],
    };
    let scale = scale.unwrap_or(1.0);
    [1.0].into_iter().chain(numerators).map(|numerator| numerator / scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basis_polynomial_is_1_at_its_point_alone() {
        let points = [0.5, -0.25, 1.5, 2.0];
        for order in 1..=4 {
            for k in 0..order {
                let polynomial = lagrange(&points[..order], k);
                for (index, x) in points[..order].iter().enumerate() {
                    let value = polynomial.iter().fold(0.0, |value, next| value * x + next);
                    let want = if index == k { 1.0 } else { 0.0 };
                    assert!((value - want).abs() < 1e-5_f32, "{order} {k} {index}: {value}");
                }
            }
        }
    }
}
