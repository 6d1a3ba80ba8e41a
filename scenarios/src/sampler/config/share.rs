//! `eta`, the share of fresh noise.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{ConfigError, refuse};

/// Refuses a share of fresh noise that is not from 0 to 1: above 1 the square root of what is left for the predicted
/// noise is of a negative number.
pub(in crate::sampler) fn check_eta(eta: f64) -> Result<(), ConfigError> {
    if (0.0..=1.0).contains(&eta) {
        return Ok(());
    }
    let help = match eta < 0.0 {
        true => "it is a share of fresh noise; write a number from 0 to 1",
        false => "diffusers gives NaN in every element; write a number from 0 to 1",
    };
    refuse("eta", eta, help)
}

/// `eta`, refused where it is written.
pub(in crate::sampler) fn share<'de, D>(deserializer: D) -> Result<f64, D::Error>
where
    D: Deserializer<'de>,
{
    let eta = f64::deserialize(deserializer)?;
    check_eta(eta).map_err(D::Error::custom)?;
    Ok(eta)
}
