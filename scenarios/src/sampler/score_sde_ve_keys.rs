//! The keys of diffusers' `ScoreSdeVeScheduler`, and the steps that follow from them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::config::{check_sigmas, refuse};
use crate::diffusers::Keys;
use crate::schedule::{TimestepError, linspace};

/// Keys of a `scheduler_config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ScoreSdeVeKeys {
    /// The size of a corrector's step: the signal to noise ratio `r`.
    pub snr: f64,
    /// The smallest sigma; 0.01 if left out.
    pub sigma_min: Option<f64>,
    /// The largest sigma; 1348 if left out.
    pub sigma_max: Option<f64>,
    /// The time at which a run ends.
    pub sampling_eps: f64,
    /// How often the corrector is applied before each predictor.
    pub correct_steps: usize,
}

/// One question to the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreSdeVeStep {
    /// The sigma that the model is asked about.
    pub sigma: f32,
    /// What becomes of the answer.
    pub part: Part,
}

/// What is done with a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Part {
    /// A step of Langevin dynamics at the same sigma.
    Corrector,
    /// A step to the next sigma.
    Predictor {
        /// `sqrt(sigma_i^2 - sigma_{i-1}^2)`
        diffusion: f32,
    },
}

impl Default for ScoreSdeVeKeys {
    fn default() -> Self {
        let (sigma_min, sigma_max) = (None, None);
        Self { snr: 0.15, sigma_min, sigma_max, sampling_eps: 1e-5, correct_steps: 1 }
    }
}

impl Keys for ScoreSdeVeKeys {}

impl ScoreSdeVeKeys {
    /// The smallest and the largest sigma.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.sigma_min.unwrap_or(0.01), self.sigma_max.unwrap_or(1348.0))
    }

    /// Refuses what makes no sigmas.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let (low, high) = self.ends();
        check_sigmas(Some(low), Some(high))?;
        if !(self.sampling_eps > 0.0 && self.sampling_eps < 1.0) {
            refuse("sampling_eps", self.sampling_eps, "write a number above 0 and below 1")?;
        }
        if !self.snr.is_finite() {
            refuse("snr", self.snr, "write a finite number")?;
        }
        Ok(())
    }

    /// The steps of a run of `count`, of which the model is told by the first of `told` sigmas.
    pub(super) fn steps(
        &self,
        count: usize,
        told: usize,
        train: usize,
    ) -> Result<Vec<ScoreSdeVeStep>, ConfigError> {
        if count == 0 || count > train {
            return Err(TimestepError::Steps { steps: count, train }.into());
        }
        let (low, high) = self.ends();
        let exp = |log: &f32| f64::from(*log).exp() as f32;
        let discrete: Vec<f32> = linspace(low.ln(), high.ln(), count).iter().map(exp).collect();
        let ratio = f64::from((high / low) as f32);
        let sigma = |time: &f32| low as f32 * ratio.powf(f64::from(*time)) as f32;
        let times = linspace(1.0, self.sampling_eps, count);
        let sigmas = linspace(1.0, self.sampling_eps, told);
        let steps = times.iter().zip(sigmas.iter().map(sigma)).flat_map(|(time, sigma)| {
            let index = (time * (count - 1) as f32) as usize;
            let before = if index == 0 { 0.0 } else { discrete[index - 1] };
            let diffusion = (discrete[index] * discrete[index] - before * before).sqrt();
            let corrector = ScoreSdeVeStep { sigma, part: Part::Corrector };
            let predictor = ScoreSdeVeStep { sigma, part: Part::Predictor { diffusion } };
            std::iter::repeat_n(corrector, self.correct_steps).chain([predictor])
        });
        Ok(steps.collect())
    }
}
