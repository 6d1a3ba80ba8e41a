//! The float types a run can ask for. Whether a target has one is found out in `open`.

use std::fmt;
use std::str::FromStr;

use burn::tensor::{DType, FloatDType};
use serde::{Deserialize, Serialize};

/// The float type that a target computes in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Float {
    /// IEEE half precision.
    F16,
    /// The upper half of an [`F32`](Self::F32).
    Bf16,
    /// IEEE single precision.
    #[default]
    F32,
    /// IEEE double precision; what references are made in.
    F64,
}

impl Float {
    /// All float types, the narrowest first.
    pub const ALL: [Self; 4] = [Self::F16, Self::Bf16, Self::F32, Self::F64];

    const fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

impl fmt::Display for Float {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A word that is no float type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a float type; write f16, bf16, f32 or f64")]
pub struct UnknownFloat(pub String);

impl FromStr for Float {
    type Err = UnknownFloat;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|float| float.name() == word)
            .ok_or_else(|| UnknownFloat(word.to_owned()))
    }
}

impl From<Float> for FloatDType {
    fn from(float: Float) -> Self {
        match float {
            Float::F16 => Self::F16,
            Float::Bf16 => Self::BF16,
            Float::F32 => Self::F32,
            Float::F64 => Self::F64,
        }
    }
}

impl From<Float> for DType {
    fn from(float: Float) -> Self {
        FloatDType::from(float).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_type_is_written_and_read_the_same_everywhere() {
        for float in Float::ALL {
            let json = serde_json::to_string(&float).unwrap();
            assert_eq!(json, format!("\"{float}\""));
            assert_eq!(serde_json::from_str::<Float>(&json).unwrap(), float);
            assert_eq!(float.to_string().parse(), Ok(float));
            assert_eq!(DType::from(float).name(), json.trim_matches('"'));
        }
    }

    #[test]
    fn another_word_is_refused_with_the_words_that_are_not() {
        let refusal = "tf32".parse::<Float>().unwrap_err().to_string();
        assert_eq!(refusal, "`tf32` is not a float type; write f16, bf16, f32 or f64");
    }
}
