//! The sigmas of EDM (Karras et al. 2022, arXiv 2206.00364), by the keys of diffusers' `EDMEulerScheduler`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::churn::Churn;
use super::config::{FinalSigmasType, SigmaSchedule, check_sigmas, refuse};
use crate::diffusers::Keys;
use crate::schedule::{karras_at, linspace};

/// Keys of a `scheduler_config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EdmKeys {
    /// The smallest sigma; 0.002 if left out.
    pub sigma_min: Option<f64>,
    /// The largest sigma; 80 if left out.
    pub sigma_max: Option<f64>,
    /// The standard deviation of the data.
    pub sigma_data: f64,
    /// How sigmas fall.
    pub sigma_schedule: SigmaSchedule,
    /// The exponent of Karras' sigmas.
    pub rho: f64,
    /// The sigma after the last step.
    pub final_sigmas_type: FinalSigmasType,
}

/// Keys of `params:`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EdmEulerArguments {
    /// For each of `steps`, where its sigma lies between the largest (0) and the smallest (1); equally spaced if left
    /// out.
    pub sigmas: Option<Vec<f64>>,
    /// The sum over all steps of what fresh noise adds to sigma, relative to it.
    pub s_churn: f64,
    /// The smallest sigma to which fresh noise is added.
    pub s_tmin: f64,
    /// The largest sigma to which fresh noise is added; without bound if left out.
    pub s_tmax: Option<f64>,
    /// The standard deviation of fresh noise.
    pub s_noise: f64,
}

impl Default for EdmEulerArguments {
    fn default() -> Self {
        Self { sigmas: None, s_churn: 0.0, s_tmin: 0.0, s_tmax: None, s_noise: 1.0 }
    }
}

impl Keys for EdmEulerArguments {}

impl EdmEulerArguments {
    /// How much fresh noise is added, and where.
    pub(super) fn churn(&self) -> Result<Churn, ConfigError> {
        let &Self { s_churn: churn, s_tmin: from, s_tmax: to, s_noise: noise, .. } = self;
        Churn { churn, from, to, noise }.check()
    }

    /// The list, if there is one, whose values have to be shares.
    pub(super) fn ramp(&self) -> Result<Option<Vec<f64>>, ConfigError> {
        let outside = self.sigmas.iter().flatten().find(|share| !(0.0..=1.0).contains(*share));
        if let Some(share) = outside {
            let help = "each is a share of the way from `sigma_max` to `sigma_min`, from 0 to 1";
            refuse("sigmas", share, help)?;
        }
        Ok(self.sigmas.clone())
    }
}

impl Default for EdmKeys {
    fn default() -> Self {
        let (sigma_schedule, final_sigmas_type) = Default::default();
        Self {
            sigma_min: None,
            sigma_max: None,
            sigma_data: 0.5,
            sigma_schedule,
            rho: 7.0,
            final_sigmas_type,
        }
    }
}

impl Keys for EdmKeys {}

impl EdmKeys {
    /// The smallest and the largest sigma.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.sigma_min.unwrap_or(0.002), self.sigma_max.unwrap_or(80.0))
    }

    /// Refuses what makes no sigmas.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let (low, high) = self.ends();
        check_sigmas(Some(low), Some(high))?;
        for (key, value) in [("sigma_data", self.sigma_data), ("rho", self.rho)] {
            if !(value > 0.0 && value.is_finite()) {
                refuse(key, value, "write a finite number above 0")?;
            }
        }
        Ok(())
    }

    /// Sigmas at shares of the way from the largest to the smallest (eq. 5).
    pub(super) fn sigmas(&self, ramp: &[f64]) -> Vec<f64> {
        let (low, high) = self.ends();
        match self.sigma_schedule {
            SigmaSchedule::Karras => {
                ramp.iter().copied().map(karras_at(low, high, self.rho)).collect()
            }
            SigmaSchedule::Exponential => {
                let logs = linspace(low.ln(), high.ln(), ramp.len()).into_iter().rev();
                logs.map(|log| f64::from(f64::from(log).exp() as f32)).collect()
            }
        }
    }
}
