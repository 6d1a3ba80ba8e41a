//! The stochastic sampler of Karras et al. (2022, arXiv 2206.00364): algorithm 2, for models of the variance-expanding kind.
//!
//! A step adds noise, takes an Euler step, and corrects it with the slope at its end. No [`Sampler`](super::Sampler): noise
//! is added before the model is asked. diffusers keeps sigmas in `f32`, so they are here; its `schedule` is a list of
//! `sigma_max^2 (sigma_min^2 / sigma_max^2)^(i / (n - 1))`, table 1 without its root.

use burn::tensor::Tensor;
use burn_repro::{Probe, step_name, step_scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::config::refuse;

/// The configuration of diffusers' `KarrasVeScheduler`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KarrasVeConfig {
    /// The class the file was saved from.
    #[serde(rename = "_class_name")]
    pub class_name: KarrasVeClass,
    /// The root of the last sigma.
    pub sigma_min: f64,
    /// The root of the first sigma; what noise is multiplied by where a run begins.
    pub sigma_max: f64,
    /// The standard deviation of the noise that is added, a little above 1 so that detail is not lost.
    pub s_noise: f64,
    /// How much noise is added over all steps.
    pub s_churn: f64,
    /// The least sigma at which noise is added.
    pub s_min: f64,
    /// The largest sigma at which noise is added.
    pub s_max: f64,
}

/// `_class_name`: the one scheduler that has these keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum KarrasVeClass {
    /// diffusers' `KarrasVeScheduler`.
    KarrasVeScheduler,
}

impl Default for KarrasVeConfig {
    fn default() -> Self {
        Self {
            class_name: KarrasVeClass::KarrasVeScheduler,
            sigma_min: 0.02,
            sigma_max: 100.0,
            s_noise: 1.007,
            s_churn: 80.0,
            s_min: 0.05,
            s_max: 50.0,
        }
    }
}

/// One step of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KarrasVeStep {
    /// `sigma_hat`, after noise was added.
    pub sigma: f32,
    /// The standard deviation of the noise that is added: `sqrt(sigma_hat^2 - sigma^2)`.
    pub churn: f32,
    /// The sigma after the step; 0 at the end.
    pub next: f32,
}

impl KarrasVeConfig {
    /// The steps of a run of `count` inference steps.
    ///
    /// # Errors
    /// The first value that cannot work, or if there is no such number of steps.
    pub fn steps(&self, count: usize) -> Result<Vec<KarrasVeStep>, ConfigError> {
        self.check()?;
        if count < 2 {
            refuse("steps", count, "the sigmas go from the first to the last; write 2 or more")?;
        }
        let (first, last) = (self.sigma_max.powi(2), self.sigma_min.powi(2));
        let ratio = f64::from((last / first) as f32);
        let sigma = |i: usize| {
            let exponent = i as f32 / (count - 1) as f32;
            first as f32 * ratio.powf(f64::from(exponent)) as f32
        };
        let sigmas: Vec<f32> = (0..count).map(sigma).collect();
        let next = sigmas.iter().copied().skip(1).chain([0.0]);
        Ok(sigmas.iter().zip(next).map(|(&sigma, next)| self.step(sigma, next, count)).collect())
    }

    /// Algorithm 2, lines 4 to 6: `gamma` and `sigma_hat`.
    fn step(&self, sigma: f32, next: f32, count: usize) -> KarrasVeStep {
        let is_churned = (self.s_min as f32..=self.s_max as f32).contains(&sigma);
        let most = (self.s_churn / count as f64).min(2f64.sqrt() - 1.0);
        let gamma = if is_churned { most as f32 } else { 0.0 };
        let raised = sigma + gamma * sigma;
        KarrasVeStep { sigma: raised, churn: (raised * raised - sigma * sigma).sqrt(), next }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        for (key, value) in [("sigma_min", self.sigma_min), ("sigma_max", self.sigma_max)] {
            if !positive(value) {
                return refuse(key, value, "write a finite number above 0");
            }
        }
        if self.sigma_min > self.sigma_max {
            return refuse("sigma_min", self.sigma_min, "it is above `sigma_max`; write less");
        }
        for (key, value) in [("s_noise", self.s_noise), ("s_churn", self.s_churn)] {
            if !value.is_finite() || value < 0.0 {
                return refuse(key, value, "write a finite number from 0 up");
            }
        }
        Ok(())
    }

    /// Runs from `x`, noise times `sigma_max`; `probe` records the sample after each step as `step.NN/latents`.
    pub fn sample<const D: usize>(
        &self,
        steps: &[KarrasVeStep],
        mut x: Tensor<D>,
        mut model: impl FnMut(Tensor<D>, f64) -> Tensor<D>,
        mut noise: impl FnMut([usize; D], &mut Probe) -> Tensor<D>,
        probe: &mut Probe,
    ) -> Tensor<D> {
        for (index, &KarrasVeStep { sigma, churn, next }) in steps.iter().enumerate() {
            let _step = step_scope(index, steps.len());
            // Drawn whether any is added or not, as diffusers does.
            let epsilon = noise(x.dims(), probe).mul_scalar(self.s_noise);
            let hat = x + epsilon.mul_scalar(churn);
            let slope = slope(hat.clone(), sigma, &mut model);
            let euler = hat.clone() + slope.clone().mul_scalar(next - sigma);
            x = if next > 0.0 {
                let corrected = self::slope(euler, next, &mut model);
                let mean = slope.mul_scalar(0.5) + corrected.mul_scalar(0.5);
                hat + mean.mul_scalar(next - sigma)
            } else {
                euler
            };
            probe.record(step_name(index, steps.len(), "latents"), &x);
        }
        x
    }
}

/// `dx/dsigma` at `x` (algorithm 2, lines 7 and 10), of a model of `(x + 1) / 2` and `sigma / 2` (eq. 213).
fn slope<const D: usize>(
    x: Tensor<D>,
    sigma: f32,
    model: &mut impl FnMut(Tensor<D>, f64) -> Tensor<D>,
) -> Tensor<D> {
    let half = sigma / 2.0;
    let output = model(x.clone().add_scalar(1.0).div_scalar(2.0), f64::from(half));
    let original = x.clone() + output.mul_scalar(half).mul_scalar(sigma);
    (x - original).div_scalar(sigma)
}
