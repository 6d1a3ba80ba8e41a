//! A number that JSON can hold whatever it is: NaN and infinities are words there, not `null`.

use std::fmt;
use std::num::ParseFloatError;

use serde::{Deserialize, Serialize};

/// A measured or wanted number; written to JSON as a number, or as `"NaN"`, `"inf"`, `"-inf"`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(into = "Json", try_from = "Json")]
pub struct JsonNumber(pub f64);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Json {
    Finite(f64),
    Word(String),
}

impl From<JsonNumber> for Json {
    fn from(JsonNumber(number): JsonNumber) -> Self {
        if number.is_finite() { Self::Finite(number) } else { Self::Word(number.to_string()) }
    }
}

impl TryFrom<Json> for JsonNumber {
    type Error = ParseFloatError;

    fn try_from(json: Json) -> Result<Self, ParseFloatError> {
        match json {
            Json::Finite(number) => Ok(Self(number)),
            Json::Word(word) => word.parse().map(Self),
        }
    }
}

/// As short as it can be written and still name one `f32`.
impl fmt::Display for JsonNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = self.0 as f32;
        let plain = short == 0.0 || !short.is_finite() || (1e-4..1e9).contains(&short.abs());
        if plain { write!(formatter, "{short}") } else { write!(formatter, "{short:e}") }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::JsonNumber;

    #[rstest]
    #[case(0.1, "0.1", "0.1")]
    #[case(-0.0, "-0.0", "-0")]
    #[case(262128.0, "262128.0", "262128")]
    #[case(1e-7, "1e-7", "1e-7")]
    #[case(f64::NAN, "\"NaN\"", "NaN")]
    #[case(f64::INFINITY, "\"inf\"", "inf")]
    #[case(f64::NEG_INFINITY, "\"-inf\"", "-inf")]
    fn any_number_survives_json(#[case] number: f64, #[case] json: &str, #[case] text: &str) {
        let written = serde_json::to_string(&JsonNumber(number)).unwrap();
        assert_eq!(written, json);
        let read: JsonNumber = serde_json::from_str(&written).unwrap();
        assert_eq!(read.0.to_bits(), number.to_bits());
        assert_eq!(read.to_string(), text);
    }
}
