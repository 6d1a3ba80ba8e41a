//! Keys about sigmas that several classes have, and the one list of sigmas that they choose.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, refuse};
use crate::diffusers::Keys;
use crate::schedule::{beta, exponential, karras};

/// Both exponents of the beta distribution at whose quantiles diffusers spaces sigmas.
const BETA_EXPONENT: f64 = 0.6;

/// diffusers' exponent of Karras' sigmas.
const RHO: f64 = 7.0;

/// The sigma after the last step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FinalSigmasType {
    /// None: the run ends in a clean sample.
    #[default]
    Zero,
    /// The smallest of the training timesteps.
    SigmaMin,
}

/// How sigmas fall in the classes that have no betas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SigmaSchedule {
    /// As Karras et al. have them.
    #[default]
    Karras,
    /// With one ratio between all neighbours.
    Exponential,
}

/// How noise levels are moved in flow matching where the shift follows from the image's size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeShiftType {
    /// By `exp(mu)`.
    #[default]
    Exponential,
    /// By `mu` itself.
    Linear,
}

impl TimeShiftType {
    /// The noise level `sigma`, moved.
    #[must_use]
    pub fn shift(self, mu: f64, sigma: f64) -> f64 {
        let mu = match self {
            Self::Exponential => mu.exp(),
            Self::Linear => mu,
        };
        mu / (mu + (1.0 / sigma - 1.0))
    }
}

/// The keys of a class whose sigmas lie between those of the run's first and last timestep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SpacingKeys {
    /// Whether sigmas lie as Karras et al. have them.
    pub use_karras_sigmas: bool,
    /// Whether sigmas fall exponentially.
    pub use_exponential_sigmas: bool,
    /// Whether sigmas lie at quantiles of the beta distribution.
    pub use_beta_sigmas: bool,
}

impl Keys for SpacingKeys {}

impl SpacingKeys {
    pub(in crate::sampler) fn spacing(self) -> Result<SigmaSpacing, ConfigError> {
        let Self { use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas } = self;
        SigmaSpacing::chosen(use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas)
    }
}

/// How sigmas lie between the largest and the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sampler) enum SigmaSpacing {
    /// As the timesteps do.
    Timesteps,
    /// `use_karras_sigmas`
    Karras,
    /// `use_exponential_sigmas`
    Exponential,
    /// `use_beta_sigmas`
    Beta,
}

impl SigmaSpacing {
    /// The spacing that the keys of these names choose; at most one of them.
    pub fn chosen(karras: bool, exponential: bool, beta: bool) -> Result<Self, ConfigError> {
        let chosen = [
            (karras, "use_karras_sigmas", Self::Karras),
            (exponential, "use_exponential_sigmas", Self::Exponential),
            (beta, "use_beta_sigmas", Self::Beta),
        ];
        let mut chosen = chosen.into_iter().filter(|(is_chosen, ..)| *is_chosen);
        let first = chosen.next();
        if let Some((_, key, _)) = chosen.next() {
            let help = "only one of use_beta_sigmas, use_exponential_sigmas and use_karras_sigmas \
                        can be used";
            refuse(key, true, help)?;
        }
        Ok(first.map_or(Self::Timesteps, |(_, _, spacing)| spacing))
    }

    /// As many sigmas from `high` to `low`; `None` where they lie as the timesteps do.
    pub fn between(self, low: f64, high: f64, count: usize) -> Option<Vec<f64>> {
        match self {
            Self::Timesteps => None,
            Self::Karras => Some(karras(low, high, count, RHO)),
            Self::Exponential => Some(exponential(low, high, count)),
            Self::Beta => Some(beta(low, high, count, BETA_EXPONENT, BETA_EXPONENT)),
        }
    }
}

/// Refuses bounds of sigmas that are no numbers above 0, or the wrong way round.
pub(in crate::sampler) fn check_sigmas(
    low: Option<f64>,
    high: Option<f64>,
) -> Result<(), ConfigError> {
    for (key, sigma) in [("sigma_min", low), ("sigma_max", high)] {
        if let Some(sigma) = sigma.filter(|sigma| !(*sigma > 0.0 && sigma.is_finite())) {
            refuse(key, sigma, "write a finite number above 0")?;
        }
    }
    match (low, high) {
        (Some(low), Some(high)) if low > high => {
            refuse("sigma_min", low, "it must not be above `sigma_max`")
        }
        _ => Ok(()),
    }
}
