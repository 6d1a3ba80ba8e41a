//! The element type of a float tensor: the one list for settings, scenarios, traces and files. What a number becomes
//! when it is rounded to one is the core's `numeric`; whether a target has one is found out when it is opened.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The element type that a target computes in, or that a tensor had on its device.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// IEEE 754 half precision.
    F16,
    /// The upper half of an `f32`.
    Bf16,
    /// IEEE 754 single precision.
    #[default]
    F32,
    /// IEEE 754 double precision; what references are made in.
    F64,
}

impl Dtype {
    /// All element types, the narrowest first.
    pub const ALL: [Self; 4] = [Self::F16, Self::Bf16, Self::F32, Self::F64];

    /// The name as scenario files write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// The distance from one to the next larger number.
    #[must_use]
    pub fn epsilon(self) -> f64 {
        match self {
            Self::F16 => 2.0_f64.powi(-10),
            Self::Bf16 => 2.0_f64.powi(-7),
            Self::F32 => f64::from(f32::EPSILON),
            Self::F64 => f64::EPSILON,
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A word that names none of [`Dtype::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown float type `{0}`: expected f16, bf16, f32 or f64")]
pub struct UnknownDtype(pub String);

impl FromStr for Dtype {
    type Err = UnknownDtype;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|dtype| dtype.as_str() == word)
            .ok_or_else(|| UnknownDtype(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_type_is_written_and_read_the_same_everywhere() {
        for dtype in Dtype::ALL {
            let json = serde_json::to_string(&dtype).unwrap();
            assert_eq!(json, format!("\"{dtype}\""));
            assert_eq!(serde_json::from_str::<Dtype>(&json).unwrap(), dtype);
            assert_eq!(dtype.to_string().parse(), Ok(dtype));
        }
    }

    #[test]
    fn another_word_is_refused_with_the_words_that_are_not() {
        let refusal = "tf32".parse::<Dtype>().unwrap_err().to_string();
        assert_eq!(refusal, "unknown float type `tf32`: expected f16, bf16, f32 or f64");
    }
}
