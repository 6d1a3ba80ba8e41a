//! A number that JSON can hold whatever it is: NaN and infinities are words there, not `null`.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A measured or wanted number; written to JSON as a number, or as `"NaN"`, `"inf"`, `"-inf"`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.serialize_str(&self.0.to_string())
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number, \"NaN\", \"inf\" or \"-inf\"")
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Number, E> {
        Ok(Number(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Number, E> {
        Ok(Number(number as f64))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Number, E> {
        Ok(Number(number as f64))
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Number, E> {
        word.parse().map(Number).map_err(|_| E::invalid_value(de::Unexpected::Str(word), &self))
    }
}

/// As short as it can be written and still name one `f32`.
impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = self.0 as f32;
        let plain = short == 0.0 || !short.is_finite() || (1e-4..1e9).contains(&short.abs());
        if plain { write!(formatter, "{short}") } else { write!(formatter, "{short:e}") }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::Number;

    #[rstest]
    #[case(0.1, "0.1", "0.1")]
    #[case(-0.0, "-0.0", "-0")]
    #[case(262128.0, "262128.0", "262128")]
    #[case(1e-7, "1e-7", "1e-7")]
    #[case(f64::NAN, "\"NaN\"", "NaN")]
    #[case(f64::INFINITY, "\"inf\"", "inf")]
    #[case(f64::NEG_INFINITY, "\"-inf\"", "-inf")]
    fn any_number_survives_json(#[case] number: f64, #[case] json: &str, #[case] text: &str) {
        let written = serde_json::to_string(&Number(number)).unwrap();
        assert_eq!(written, json);
        let read: Number = serde_json::from_str(&written).unwrap();
        assert_eq!(read.0.to_bits(), number.to_bits());
        assert_eq!(read.to_string(), text);
    }
}
