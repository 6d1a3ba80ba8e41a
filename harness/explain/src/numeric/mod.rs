//! Tensor elements on the host, as numbers: read from whatever type a backend has, rounded to a type or to bits, and how far
//! they are from what they should be. Pure.

mod error;

use std::borrow::Cow;

use burn::tensor::{DType, TensorData};

pub(crate) use error::{Eps, distance_in_ulp};

/// The elements as `f64`; integers and booleans too.
pub fn numbers(data: &TensorData) -> Cow<'_, [f64]> {
    if let Ok(floats) = data.as_slice::<f64>() {
        return Cow::Borrowed(floats);
    }
    Cow::Owned(match data.as_slice::<f32>() {
        Ok(floats) => floats.iter().map(|&value| f64::from(value)).collect(),
        Err(_) => data.iter::<f64>().collect(),
    })
}

/// Floats rounded to a type, or not; everything else as it is.
pub fn rounded(data: &TensorData, to: DType) -> TensorData {
    if !data.dtype().is_float() || data.dtype() == to {
        return data.clone();
    }
    let shape = data.shape().clone();
    let values = numbers(data);
    match to {
        DType::F64 => TensorData::new(values.into_owned(), shape),
        DType::F32 => {
            TensorData::new(values.iter().map(|&value| value as f32).collect::<Vec<f32>>(), shape)
        }
        other => TensorData::new(values.into_owned(), shape).convert_dtype(other),
    }
}

/// Floats without their signs.
pub(crate) fn absolute(data: &TensorData) -> TensorData {
    match data.dtype().is_float() {
        true => {
            let values: Vec<f64> = numbers(data).iter().map(|value| value.abs()).collect();
            TensorData::new(values, data.shape().clone())
        }
        false => data.clone(),
    }
}

/// The largest absolute value of those that are finite.
pub(crate) fn largest_finite(values: &[f64]) -> f64 {
    let finite = values.iter().map(|value| value.abs()).filter(|value| value.is_finite());
    finite.fold(0.0, f64::max)
}

/// A tensor of the reference in the type that the target has it in.
pub(crate) fn on_target(data: &TensorData, dtype: DType) -> TensorData {
    match dtype.is_bool() {
        true => data.clone().convert_dtype(dtype),
        false => rounded(data, dtype),
    }
}

/// Rounds one number to a type and back.
pub fn round(value: f64, to: DType) -> f64 {
    match to {
        DType::F16 => f64::from(half::f16::from_f64(value).to_f32()),
        DType::BF16 => f64::from(half::bf16::from_f64(value).to_f32()),
        DType::F64 => value,
        _ => f64::from(value as f32),
    }
}

/// Rounds to a significand of so many bits, ties to even, as a conversion does.
pub(crate) fn round_significand(value: f64, bits: u32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let dropped = 53 - bits;
    let bits = value.to_bits();
    let half = (1_u64 << (dropped - 1)) - 1 + ((bits >> dropped) & 1);
    f64::from_bits((bits + half) >> dropped << dropped)
}

/// Cuts a significand to so many bits.
pub(crate) fn cut_significand(value: f64, bits: u32) -> f64 {
    let dropped = 53 - bits;
    f64::from_bits(value.to_bits() >> dropped << dropped)
}

/// The number, or zero with its sign where it is subnormal.
pub(crate) fn flushed(number: f32) -> f32 {
    if number.is_subnormal() { 0.0_f32.copysign(number) } else { number }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the answers are exact")]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(1.0 + 3.0 / 256.0, 8, 1.0 + 2.0 / 128.0)]
    #[case(1.0 + 1.0 / 256.0, 8, 1.0)]
    #[case(-0.1, 24, f64::from(-0.1_f32))]
    #[case(f64::INFINITY, 8, f64::INFINITY)]
    fn a_significand_is_rounded_to_even(#[case] value: f64, #[case] bits: u32, #[case] want: f64) {
        assert_eq!(round_significand(value, bits), want);
    }

    #[test]
    fn only_subnormals_are_flushed() {
        assert_eq!(flushed(-1e-40).to_bits(), (-0.0_f32).to_bits());
        assert_eq!(flushed(f32::MIN_POSITIVE), f32::MIN_POSITIVE);
    }
}
