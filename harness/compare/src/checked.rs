//! Refusing a value while it is parsed, so that the error carries the value's own place.
//!
//! An error that is made after a value has been deserialised would carry the place of the mapping
//! around it; these visitors make it inside.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Visitor};

/// Parses a text; `check` refuses it with a sentence.
pub fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    check: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(Checked { expected, check: Text(check), value: PhantomData })
}

/// Parses a whole number; `check` refuses it with a sentence.
pub fn integer<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    check: impl FnOnce(i128) -> Result<T, String>,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(Checked { expected, check: Integer(check), value: PhantomData })
}

/// Parses a number; `check` refuses it with a sentence.
pub fn number<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    check: impl FnOnce(f64) -> Result<T, String>,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(Checked { expected, check: Number(check), value: PhantomData })
}

struct Text<F>(F);
struct Integer<F>(F);
struct Number<F>(F);

struct Checked<C, T> {
    expected: &'static str,
    check: C,
    value: PhantomData<T>,
}

impl<T, F: FnOnce(&str) -> Result<T, String>> Visitor<'_> for Checked<Text<F>, T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.check.0)(text).map_err(E::custom)
    }
}

impl<T, F: FnOnce(i128) -> Result<T, String>> Visitor<'_> for Checked<Integer<F>, T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.expected)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_i128(i128::from(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_i128(i128::from(number))
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<T, E> {
        (self.check.0)(number).map_err(E::custom)
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<T, E> {
        self.visit_i128(i128::try_from(number).unwrap_or(i128::MAX))
    }
}

impl<T, F: FnOnce(f64) -> Result<T, String>> Visitor<'_> for Checked<Number<F>, T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.expected)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_f64(number as f64)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        (self.check.0)(number).map_err(E::custom)
    }
}
