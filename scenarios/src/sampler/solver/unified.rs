//! UniP and UniC, the predictor and the corrector of UniPC (Zhao et al. 2023, arXiv 2302.04867, algorithms 2 and 1, of the
//! noise or of the clean sample): with `D_m` the differences to the value at `s`, divided by
//! `r_m = (lambda_m - lambda_s) / h`, a step adds `B(h) sum_m a_m D_m`, and the `a_m` solve `R a = phi / B(h)`.
//!
//! diffusers adds the terms of the third order and beyond as a matrix product, which rounds once for each product and
//! sum together. In the last step of a run whose order does not fall that shows in the fifth digit, and beyond the third
//! order so does the solution of four equations.

use burn::tensor::Tensor;

use super::{Interpolated, Point, SolverType, exp_m1, weighted_sum};

/// UniPC.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::sampler) struct Unified {
    pub interpolated: Interpolated,
    /// Whether `B(h)` is `h`, and not `exp(h) - 1`.
    pub is_bh1: bool,
}

/// The value of the model at a time.
pub(in crate::sampler) type Known<const D: usize> = (Point, Tensor<D>);

impl Unified {
    pub fn new(interpolated: Interpolated, rule: SolverType) -> Self {
        Self { interpolated, is_bh1: rule == SolverType::Bh1 }
    }

    /// From `x` at `s` to `t`, with the values at `s` and before, and with that at `t` itself where it corrects.
    pub fn update<const D: usize>(
        self,
        t: Point,
        (s, at_s): Known<D>,
        before: Vec<Known<D>>,
        x: Tensor<D>,
        at_t: Option<Tensor<D>>,
    ) -> Tensor<D> {
        let h = t.lambda - s.lambda;
        let signed = match self.interpolated {
            Interpolated::Data => -h,
            Interpolated::Noise => h,
        };
        let (kept, scale) = match self.interpolated {
            Interpolated::Data => (t.sigma / s.sigma, t.alpha),
            Interpolated::Noise => (t.alpha / s.alpha, t.sigma),
        };
        let b_h = if self.is_bh1 { signed } else { exp_m1(signed) };
        let ratio = |point: Point| (point.lambda - s.lambda) / h;
        let ratios: Vec<f32> = before.iter().map(|(point, _)| ratio(*point)).collect();
        let weights = weights(&ratios, signed, b_h, at_t.is_some());
        let differences = before.into_iter().zip(&ratios);
        let differences =
            differences.map(|((_, value), &ratio)| (value - at_s.clone()).div_scalar(ratio));
        let terms = differences.chain(at_t.map(|at_t| at_t - at_s.clone())).zip(weights);
        let sum =
            terms.map(|(term, weight)| term.mul_scalar(weight)).reduce(|sum, term| sum + term);
        let linear = weighted_sum(kept, x, [(-(scale * exp_m1(signed)), at_s)]);
        match sum {
            Some(sum) => linear - sum.mul_scalar(scale * b_h),
            None => linear,
        }
    }
}

/// The weights `a_m` of the differences at the times of `ratios`, and at `t` itself where the step corrects.
fn weights(ratios: &[f32], h: f32, b_h: f32, corrects: bool) -> Vec<f32> {
    match (ratios.len(), corrects) {
        // One difference has the weight 1/2 for every B(h) in diffusers, which keeps the order.
        (1, false) | (0, true) => return vec![0.5],
        _ => {}
    }
    let ratios: Vec<f32> = ratios.iter().copied().chain(corrects.then_some(1.0)).collect();
    let count = ratios.len();
    let (mut phi, mut factorial) = (exp_m1(h) / h - 1.0, 1_f32);
    let mut rows = Vec::with_capacity(count);
    for power in 0..count {
        let powers = ratios.iter().map(|ratio| ratio.powi(power as i32));
        rows.push(powers.chain([phi * factorial / b_h]).collect());
        factorial *= (power + 2) as f32;
        phi = phi / h - (1.0 / f64::from(factorial)) as f32;
    }
    solved(&rows, !corrects)
}

/// The solution of linear equations, each with its right side as the last number, with the last digits that
/// `torch.linalg.solve` leaves: it takes a matrix apart that is a part of another one, which the predictor's is, and else
/// its transpose, and makes each product and sum in one operation.
fn solved(rows: &[Vec<f32>], is_part: bool) -> Vec<f32> {
    let count = rows.len();
    let column = |index: usize| rows.iter().map(|row| row[index]).collect::<Vec<f32>>();
    let right = column(count);
    if is_part {
        let (lu, order) = taken_apart(rows.iter().map(|row| row[..count].to_vec()).collect());
        let mut x: Vec<f32> = order.into_iter().map(|index| right[index]).collect();
        for (i, row) in lu.iter().enumerate() {
            x[i] = (0..i).fold(x[i], |sum, j| (-row[j]).mul_add(x[j], sum));
        }
        for (i, row) in lu.iter().enumerate().rev() {
            let rest = (i + 1..count).rev().fold(x[i], |sum, j| (-row[j]).mul_add(x[j], sum));
            x[i] = rest / row[i];
        }
        return x;
    }
    let (lu, order) = taken_apart((0..count).map(column).collect());
    let mut x = right;
    for i in 0..count {
        x[i] = (0..i).fold(x[i], |sum, j| (-lu[j][i]).mul_add(x[j], sum)) / lu[i][i];
    }
    for i in (0..count).rev() {
        x[i] = (i + 1..count).fold(x[i], |sum, j| (-lu[j][i]).mul_add(x[j], sum));
    }
    let mut placed = vec![0.0; count];
    order.into_iter().zip(x).for_each(|(place, value)| placed[place] = value);
    placed
}

/// A matrix as the product of a lower and an upper triangle, in one, and the order in which its rows are taken.
fn taken_apart(mut rows: Vec<Vec<f32>>) -> (Vec<Vec<f32>>, Vec<usize>) {
    let count = rows.len();
    let mut order: Vec<usize> = (0..count).collect();
    for k in 0..count {
        let size = |row: &usize| rows[*row][k].abs();
        // The first of the largest.
        let pivot = (k..count).rev().max_by(|a, b| size(a).total_cmp(&size(b))).unwrap_or(k);
        rows.swap(k, pivot);
        order.swap(k, pivot);
        let (done, rest) = rows.split_at_mut(k + 1);
        let pivot = &done[k];
        for row in rest {
            row[k] /= pivot[k];
            let factor = row[k];
            for (value, pivot) in row.iter_mut().zip(pivot).skip(k + 1) {
                *value = (-factor).mul_add(*pivot, *value);
            }
        }
    }
    (rows, order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_solved_in_any_order() {
        let rows = [[0.0, 2.0, 1.0, 9.0], [4.0, 0.0, 0.0, 8.0], [1.0, 1.0, 1.0, 6.0]];
        for is_part in [true, false] {
            let got = solved(&rows.map(|row| row.to_vec()), is_part);
            for (got, want) in got.into_iter().zip([2.0, 5.0, -1.0]) {
                assert!((got - want).abs() < 1e-6_f32, "{got}, not {want}");
            }
        }
    }
}
