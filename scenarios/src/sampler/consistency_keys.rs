//! The keys of diffusers' `CMStochasticIterativeScheduler`, and the boundary condition of a consistency model (Song
//! et al. 2023, arXiv 2303.01469).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::config::{check_sigmas, refuse};
use crate::diffusers::Keys;

/// Keys of a `scheduler_config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ConsistencyKeys {
    /// The smallest sigma; 0.002 if left out.
    pub sigma_min: Option<f64>,
    /// The largest sigma; 80 if left out.
    pub sigma_max: Option<f64>,
    /// The standard deviation of the data.
    pub sigma_data: f64,
    /// The standard deviation of fresh noise.
    pub s_noise: f64,
    /// The exponent of Karras' sigmas.
    pub rho: f64,
    /// Whether the clean sample is clipped to values from -1 to 1.
    pub clip_denoised: bool,
}

impl Default for ConsistencyKeys {
    fn default() -> Self {
        let (sigma_min, sigma_max) = (None, None);
        Self { sigma_min, sigma_max, sigma_data: 0.5, s_noise: 1.0, rho: 7.0, clip_denoised: true }
    }
}

impl Keys for ConsistencyKeys {}

impl ConsistencyKeys {
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

    /// The shares of the sample and of the model's output, so that nothing changes at the smallest sigma (appendix
    /// C).
    pub(super) fn boundary(&self, sigma: f32) -> (f32, f32) {
        let data = self.sigma_data;
        let square = (data * data) as f32;
        let above = sigma - self.ends().0 as f32;
        let skip = 1.0 / (above * above + square) * square;
        (skip, above * data as f32 / (sigma * sigma + square).sqrt())
    }
}
