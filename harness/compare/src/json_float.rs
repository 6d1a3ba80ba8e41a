//! Numbers in records: JSON has no NaN and no infinity, so that serde writes both as `null`. What `null` means is known
//! where a number is read.

use serde::{Deserialize, Deserializer};

/// A number, or NaN.
///
/// # Errors
/// If it is neither a number nor `null`.
pub fn or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// A number, or infinity.
///
/// # Errors
/// If it is neither a number nor `null`.
pub fn or_infinity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}

/// Rows of numbers, or infinities.
///
/// # Errors
/// If an element is neither a number nor `null`.
pub fn rows_or_infinity<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Vec<f64>>, D::Error> {
    let rows: Vec<Vec<Option<f64>>> = Vec::deserialize(deserializer)?;
    let row = |row: Vec<Option<f64>>| {
        row.into_iter().map(|number| number.unwrap_or(f64::INFINITY)).collect()
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Numbers, or NaN.
///
/// # Errors
/// If an element is neither a number nor `null`.
pub fn all_or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let all: Vec<Option<f64>> = Vec::deserialize(deserializer)?;
    Ok(all.into_iter().map(|number| number.unwrap_or(f64::NAN)).collect())
}
