//! The variance of the noise that a DDPM step adds.
//!
//! Fixed variances are numbers made on the host; learned ones come from the model, one for each
//! element.

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the variance of a step comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VarianceType {
    /// The posterior's, beta tilde (Ho et al. 2020, arXiv 2006.11239, eq. 7).
    #[default]
    FixedSmall,
    /// The same, by way of its logarithm.
    FixedSmallLog,
    /// That of the forward step, beta.
    FixedLarge,
    /// The square root of the *logarithm* of beta is taken, which is NaN: so diffusers has it, and
    /// so no run can use it.
    FixedLargeLog,
    /// The model's own.
    Learned,
    /// Between the logarithms of beta tilde and beta, where the model says (Nichol & Dhariwal 2021,
    /// arXiv 2102.09672, eq. 15).
    LearnedRange,
}

/// The two variances that a step may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Posterior {
    /// `beta_t`, of the forward step.
    beta: f32,
    /// `beta~_t`, of the posterior; never 0, because a logarithm may be taken.
    beta_tilde: f32,
}

impl Posterior {
    pub fn new(alpha_bar_t: f32, alpha_bar_previous: f32) -> Self {
        let beta = 1.0 - alpha_bar_t / alpha_bar_previous;
        Self::of(beta, (1.0 - alpha_bar_previous) / (1.0 - alpha_bar_t) * beta)
    }

    /// From the two variances themselves.
    pub fn of(beta: f32, beta_tilde: f32) -> Self {
        Self { beta, beta_tilde: beta_tilde.max(1e-20) }
    }
}

impl VarianceType {
    /// Whether the model's output has a second half that is the variance.
    #[must_use]
    pub fn is_learned(self) -> bool {
        matches!(self, Self::Learned | Self::LearnedRange)
    }

    /// `noise` times the standard deviation; `learned` is the model's second half.
    pub(super) fn scale<const D: usize>(
        self,
        posterior: Posterior,
        learned: Option<Tensor<D>>,
        noise: Tensor<D>,
    ) -> Tensor<D> {
        match (self, learned) {
            (Self::Learned, Some(variance)) => noise * variance.sqrt(),
            (Self::LearnedRange, Some(share)) => noise * between(posterior, share),
            _ => noise.mul_scalar(self.deviation(posterior)),
        }
    }

    /// What diffusers' `_get_variance` gives: by type the variance, its root or its logarithm.
    pub(super) fn value(self, Posterior { beta, beta_tilde }: Posterior, learned: f32) -> f32 {
        match self {
            Self::FixedSmall => beta_tilde,
            Self::FixedSmallLog => (0.5 * beta_tilde.ln()).exp(),
            Self::FixedLarge => beta,
            Self::FixedLargeLog => beta.ln(),
            Self::Learned => learned,
            Self::LearnedRange => {
                let share = (learned + 1.0) / 2.0;
                share * beta.ln() + (1.0 - share) * beta_tilde.ln()
            }
        }
    }

    /// The standard deviation of a fixed variance; NaN for a learned one.
    fn deviation(self, posterior: Posterior) -> f32 {
        match self {
            Self::FixedSmall => posterior.beta_tilde.sqrt(),
            Self::FixedSmallLog => (0.5 * posterior.beta_tilde.ln()).exp(),
            Self::FixedLarge => posterior.beta.sqrt(),
            Self::FixedLargeLog => posterior.beta.ln().sqrt(),
            Self::Learned | Self::LearnedRange => f32::NAN,
        }
    }
}

/// The standard deviation whose logarithm lies at `share` of the way, -1 being beta tilde and 1
/// being beta.
fn between<const D: usize>(posterior: Posterior, share: Tensor<D>) -> Tensor<D> {
    let share = share.add_scalar(1.0).div_scalar(2.0);
    let from_large = share.clone().mul_scalar(posterior.beta.ln());
    let from_small = share.neg().add_scalar(1.0).mul_scalar(posterior.beta_tilde.ln());
    (from_large + from_small).mul_scalar(0.5).exp()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "bits are compared")]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_has_a_variance_to_take_the_logarithm_of() {
        let posterior = Posterior::new(0.9, 1.0);
        assert_eq!(posterior.beta_tilde, 1e-20);
        assert!((VarianceType::FixedSmall.deviation(posterior) - 1e-10).abs() < 1e-16);
        let by_logarithm = VarianceType::FixedSmallLog.deviation(posterior);
        assert!((by_logarithm - 1e-10).abs() < 1e-15);
        assert!((VarianceType::FixedLarge.deviation(posterior) - 0.1f32.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn the_root_of_a_logarithm_is_not_a_number() {
        let posterior = Posterior::new(0.5, 0.6);
        assert!(VarianceType::FixedLargeLog.deviation(posterior).is_nan());
    }
}
