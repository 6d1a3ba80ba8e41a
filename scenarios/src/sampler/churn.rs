//! Fresh noise before a step, which raises the sample's sigma (Karras et al. 2022, arXiv 2206.00364, algorithm 2,
//! lines 4 to 6).

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::config::refuse;
use crate::diffusers::Keys;

/// How much fresh noise, and where; diffusers' `s_churn`, `s_tmin`, `s_tmax` and `s_noise`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Churn {
    /// The sum over all steps of what each adds to its sigma, relative to it.
    pub churn: f64,
    /// The smallest sigma that is raised.
    pub from: f64,
    /// The largest sigma that is raised; without bound if left out.
    pub to: Option<f64>,
    /// The standard deviation of the noise.
    pub noise: f64,
}

/// The arguments that say so, of a sampler that has no others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ChurnArguments {
    /// The sum over all steps of what fresh noise adds to sigma, relative to it.
    pub s_churn: f64,
    /// The smallest sigma to which fresh noise is added.
    pub s_tmin: f64,
    /// The largest sigma to which fresh noise is added; without bound if left out.
    pub s_tmax: Option<f64>,
    /// The standard deviation of fresh noise.
    pub s_noise: f64,
}

impl Default for ChurnArguments {
    fn default() -> Self {
        Self { s_churn: 0.0, s_tmin: 0.0, s_tmax: None, s_noise: 1.0 }
    }
}

impl Keys for ChurnArguments {}

impl ChurnArguments {
    pub(super) fn churn(&self) -> Churn {
        let &Self { s_churn: churn, s_tmin: from, s_tmax: to, s_noise: noise } = self;
        Churn { churn, from, to, noise }
    }
}

impl Churn {
    /// Refuses what makes no number.
    pub(super) fn check(self) -> Result<Self, ConfigError> {
        if !(self.churn >= 0.0 && self.churn.is_finite()) {
            refuse("s_churn", self.churn, "write a finite number from 0 up")?;
        }
        if !self.noise.is_finite() {
            refuse("s_noise", self.noise, "write a finite number")?;
        }
        Ok(self)
    }

    /// What a step of `count` adds to `sigma`, relative to it.
    pub(super) fn gamma(self, sigma: f32, count: usize) -> f64 {
        let above = self.to.is_some_and(|to| sigma > to as f32);
        if sigma < self.from as f32 || above {
            return 0.0;
        }
        (self.churn / count as f64).min(2_f64.sqrt() - 1.0)
    }

    /// The sample with its sigma raised by `gamma`; no noise is drawn where that is 0.
    pub(super) fn apply<const D: usize>(
        self,
        x: Tensor<D>,
        sigma: f32,
        gamma: f64,
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Tensor<D> {
        if gamma <= 0.0 {
            return x;
        }
        let raised = raised(sigma, gamma);
        let fresh = noise(x.dims()).mul_scalar(self.noise);
        x + fresh.mul_scalar((raised * raised - sigma * sigma).sqrt())
    }
}

/// `sigma`, raised by `gamma`.
pub(super) fn raised(sigma: f32, gamma: f64) -> f32 {
    sigma * (gamma + 1.0) as f32
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "bounds are met exactly")]
mod tests {
    use super::*;

    #[test]
    fn sigmas_are_raised_between_the_bounds_and_not_too_far() {
        let churn = Churn { churn: 3.0, from: 0.1, to: Some(50.0), noise: 1.0 };
        assert_eq!(
            [0.05, 0.1, 50.0, 50.1].map(|sigma| churn.gamma(sigma, 10)),
            [0.0, 0.3, 0.3, 0.0]
        );
        let unbounded = Churn { to: None, ..churn };
        assert_eq!(unbounded.gamma(1e9, 1), 2_f64.sqrt() - 1.0);
        assert!(Churn { churn: -1.0, ..churn }.check().is_err());
        assert!(Churn { noise: f64::NAN, ..churn }.check().is_err());
    }
}
