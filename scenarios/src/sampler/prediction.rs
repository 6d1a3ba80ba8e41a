//! What the model's output means, and the clean sample and the noise that follow from it.
//!
//! The identity behind all of it is `x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) epsilon`
//! (Ho et al. 2020, arXiv 2006.11239, eq. 4).

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the model predicts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PredictionType {
    /// The noise `epsilon` in the sample.
    #[default]
    Epsilon,
    /// The clean sample `x_0`.
    Sample,
    /// The velocity `sqrt(alpha_bar_t) epsilon - sqrt(1 - alpha_bar_t) x_0` (Salimans & Ho 2022,
    /// arXiv 2202.00512, section 4 and appendix D).
    #[serde(rename = "v_prediction")]
    Velocity,
    /// The velocity `epsilon - x_0` of a flow, whose signal and noise add up to 1 (Lipman et al. 2022, arXiv
    /// 2210.02747); a few classes have it.
    #[serde(rename = "flow_prediction")]
    Flow,
}

/// How much of a noisy sample is signal and how much is noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rates {
    /// `sqrt(alpha_bar_t)`
    pub signal: f32,
    /// `sqrt(1 - alpha_bar_t)`
    pub noise: f32,
}

impl Rates {
    pub fn new(alpha_bar: f32) -> Self {
        Self { signal: alpha_bar.sqrt(), noise: (1.0 - alpha_bar).sqrt() }
    }

    /// The noise in `x` if `original` is the clean sample.
    pub fn epsilon<const D: usize>(self, x: Tensor<D>, original: Tensor<D>) -> Tensor<D> {
        (x - original.mul_scalar(self.signal)).div_scalar(self.noise)
    }
}

impl PredictionType {
    /// The clean sample `x_0`, not clipped (arXiv 2006.11239, eq. 15).
    ///
    /// A prediction of the noise says nothing about `x_0` where alpha bar is 0 (the last timestep
    /// of a schedule rescaled to zero terminal SNR): the division then gives infinities, as in
    /// diffusers.
    pub(super) fn original<const D: usize>(
        self,
        x: Tensor<D>,
        output: Tensor<D>,
        rates: Rates,
    ) -> Tensor<D> {
        match self {
            Self::Epsilon => (x - output.mul_scalar(rates.noise)).div_scalar(rates.signal),
            Self::Sample => output,
            Self::Velocity => x.mul_scalar(rates.signal) - output.mul_scalar(rates.noise),
            Self::Flow => x - output.mul_scalar(rates.noise),
        }
    }

    /// The noise `epsilon`, before any clipping.
    pub(super) fn epsilon<const D: usize>(
        self,
        x: Tensor<D>,
        output: Tensor<D>,
        rates: Rates,
    ) -> Tensor<D> {
        match self {
            Self::Epsilon => output,
            Self::Sample => rates.epsilon(x, output),
            Self::Velocity => output.mul_scalar(rates.signal) + x.mul_scalar(rates.noise),
            Self::Flow => x + output.mul_scalar(rates.signal),
        }
    }
}
