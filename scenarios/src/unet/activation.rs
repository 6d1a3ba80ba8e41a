//! The activation functions that `act_fn` can name. Only what a residual block applies; the time
//! embedding and the output always use SiLU.
//!
//! Burn's own functions, because they are what is under test. Burn 0.22 computes `sigmoid`, and so
//! SiLU, in float32 on every backend without its own kernel (burn-backend, activation.rs): a float64
//! reference has to be made on flex, which has one; on ndarray SiLU is good to 1.5e-7.

use burn::tensor::{Tensor, activation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `act_fn`: the activation inside residual blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// `x * sigmoid(x)`, also called swish.
    #[default]
    #[serde(alias = "swish")]
    Silu,
    /// `x * tanh(softplus(x))`.
    Mish,
    /// `x * Phi(x)` with the exact error function.
    Gelu,
    /// `max(x, 0)`.
    Relu,
}

impl Activation {
    pub(crate) fn forward<const D: usize>(self, input: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Silu => activation::silu(input),
            Self::Mish => activation::mish(input),
            Self::Gelu => activation::gelu(input),
            Self::Relu => activation::relu(input),
        }
    }
}
