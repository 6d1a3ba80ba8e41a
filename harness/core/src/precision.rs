//! How a target multiplies and sums, as a run records it. Pure data; the doctor measures it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a target really computes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Precision {
    /// Bits of the significand that a plain `Tensor::matmul` keeps of its inputs: 24 is `f32`, 11 is TF32 or `f16`.
    pub matmul_significand_bits: u32,
    /// The same of `burn_repro::matmul`.
    pub exact_matmul_significand_bits: u32,
    /// Whether a product is rounded before it is added.
    pub matmul_product: Product,
    /// What a sum of ones along the last dimension stops at, where it does before 300,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_sum: Option<usize>,
}

impl fmt::Display for Precision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let product = match self.matmul_product {
            Product::Fused => "fused",
            Product::Rounded => "rounded",
            Product::Other => "other",
        };
        write!(formatter, "{} bits kept, products {product}", self.matmul_significand_bits)?;
        match self.longest_sum {
            Some(terms) => write!(formatter, ", sums stop at {terms} terms"),
            None => Ok(()),
        }
    }
}

/// What happens to a product before it is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Product {
    /// It is added as it is.
    Fused,
    /// It is rounded to `f32` first.
    Rounded,
    /// Neither of them: the inputs were rounded, or elements differ.
    Other,
}
