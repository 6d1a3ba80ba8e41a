//! Beta schedules: the variance of the noise that each training timestep adds.
//!
//! Nothing here knows which timesteps a run visits; the products of the betas are
//! [`alphas`](super::alphas)'.

use std::f64::consts::PI;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sigmoid::sigmoid;

/// The formula that makes the betas, by the names that diffusers' `beta_schedule` has for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BetaSchedule {
    /// Equal steps from `beta_start` to `beta_end` (Ho et al. 2020, arXiv 2006.11239, section 4).
    #[default]
    Linear,
    /// Equal steps between the square roots, squared (latent diffusion, arXiv 2112.10752).
    ScaledLinear,
    /// Betas of a squared cosine (Nichol & Dhariwal 2021, arXiv 2102.09672, eq. 17), at most 0.999.
    #[serde(rename = "squaredcos_cap_v2")]
    SquaredCosine,
    /// A logistic curve from `beta_start` to `beta_end` (GeoDiff, arXiv 2203.02923).
    Sigmoid,
    /// Betas of a falling exponential, `exp(-12 t)`, at most 0.999.
    #[serde(rename = "exp")]
    Exponential,
    /// Betas of a Laplace-distributed log signal-to-noise ratio (arXiv 2407.03297), at most 0.999.
    Laplace,
}

impl BetaSchedule {
    /// The betas of `count` training timesteps.
    ///
    /// `start` and `end` are the first and the last beta; the cosine, the exponential and the Laplace
    /// schedule do not look at them.
    #[must_use]
    pub fn betas(self, start: f64, end: f64, count: usize) -> Vec<f32> {
        match self {
            Self::Linear => linspace(start, end, count),
            Self::ScaledLinear => {
                let roots = linspace(start.sqrt(), end.sqrt(), count);
                roots.into_iter().map(|root| root * root).collect()
            }
            Self::SquaredCosine => from_alpha_bar(count, squared_cosine),
            Self::Sigmoid => sigmoid(&linspace(-6.0, 6.0, count))
                .into_iter()
                .map(|share| share * (end - start) as f32 + start as f32)
                .collect(),
            Self::Exponential => from_alpha_bar(count, |share| (share * -12.0).exp()),
            Self::Laplace => from_alpha_bar(count, laplace),
        }
    }
}

/// `count` values from `start` to `end`, both included, as `torch.linspace` makes them in `f32`.
///
/// torch walks the first half up from `start` and the second half down from `end`, each value with
/// one fused multiply-add on every CPU that has it; another order differs in the last bit of every
/// fifth value.
#[must_use]
pub fn linspace(start: f64, end: f64, count: usize) -> Vec<f32> {
    let (start, end) = (start as f32, end as f32);
    if count < 2 {
        return vec![start; count];
    }
    let step = (end - start) / (count - 1) as f32;
    let value = |index: usize| {
        if index < count / 2 {
            step.mul_add(index as f32, start)
        } else {
            (-step).mul_add((count - 1 - index) as f32, end)
        }
    };
    (0..count).map(value).collect()
}

/// Betas whose running product of `1 - beta` follows `alpha_bar`, a function of the share of the
/// timesteps that has passed (arXiv 2102.09672, section 3.2).
fn from_alpha_bar(count: usize, alpha_bar: impl Fn(f64) -> f64) -> Vec<f32> {
    // Keeps the last step away from a beta of 1, where no signal would be left.
    const LARGEST_BETA: f64 = 0.999;
    let share = |index: usize| index as f64 / count as f64;
    (0..count)
        .map(|index| 1.0 - alpha_bar(share(index + 1)) / alpha_bar(share(index)))
        .map(|beta| beta.min(LARGEST_BETA) as f32)
        .collect()
}

/// arXiv 2102.09672, eq. 17, with its offset `s = 0.008`.
fn squared_cosine(share: f64) -> f64 {
    let cosine = ((share + 0.008) / 1.008 * PI / 2.0).cos();
    cosine * cosine
}

/// arXiv 2407.03297, table 1, with `mu = 0` and `b = 0.5`; the 1e-6 keeps both ends finite.
fn laplace(share: f64) -> f64 {
    let from_middle = 0.5 - share;
    let log_snr = -0.5 * 1f64.copysign(from_middle) * (1.0 - 2.0 * from_middle.abs() + 1e-6).ln();
    let snr = log_snr.exp();
    (snr / (1.0 + snr)).sqrt()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "bits are compared")]
mod tests {
    use super::*;

    #[test]
    fn linspace_meets_both_ends() {
        assert_eq!(linspace(-6.0, 6.0, 5), [-6.0, -3.0, 0.0, 3.0, 6.0]);
        assert_eq!(linspace(0.1, 0.7, 1), [0.1]);
        assert!(linspace(0.1, 0.7, 0).is_empty());
    }

    /// The bits of `torch.linspace(0.0001, 0.02, 1000)`; 3 from below and 996 from above.
    #[test]
    fn linspace_is_fused_and_walks_from_the_nearer_end() {
        let values = linspace(0.0001, 0.02, 1000);
        assert_eq!(values[3].to_bits(), 0x3927_852f);
        assert_eq!(values[996].to_bits(), 0x3ca3_59b7);
        let step = (0.02f32 - 0.0001) / 999.0;
        let unfused = |index: usize| 0.0001 + step * index as f32;
        let differing = (0..500).filter(|&index| values[index] != unfused(index)).count();
        assert_ne!(differing, 0, "rounded once, not twice");
    }

    #[test]
    fn cosine_betas_end_at_their_cap() {
        let betas = BetaSchedule::SquaredCosine.betas(f64::NAN, f64::NAN, 50);
        assert_eq!(betas.last(), Some(&0.999));
    }
}
