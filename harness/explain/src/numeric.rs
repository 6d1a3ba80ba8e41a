//! Tensor elements on the host, as numbers: read from whatever type a backend has, rounded to the target's. Pure.

use burn::tensor::{DType, TensorData};

/// The elements as `f64`; integers and booleans too.
pub fn numbers(data: &TensorData) -> Vec<f64> {
    if let Ok(floats) = data.as_slice::<f64>() {
        return floats.to_vec();
    }
    match data.as_slice::<f32>() {
        Ok(floats) => floats.iter().map(|&value| f64::from(value)).collect(),
        Err(_) => data.iter::<f64>().collect(),
    }
}

/// Floats rounded to a type, or not; everything else as it is.
pub fn rounded(data: &TensorData, to: DType) -> TensorData {
    if !data.dtype.is_float() || data.dtype == to {
        return data.clone();
    }
    let shape = data.shape.clone();
    let values = numbers(data);
    match to {
        DType::F64 => TensorData::new(values, shape),
        DType::F32 => {
            TensorData::new(values.iter().map(|&value| value as f32).collect::<Vec<f32>>(), shape)
        }
        other => TensorData::new(values, shape).convert_dtype(other),
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

/// The distance from one to the next number of a type.
pub fn epsilon(dtype: DType) -> f64 {
    match dtype {
        DType::F16 => f64::from(half::f16::EPSILON.to_f32()),
        DType::BF16 => f64::from(half::bf16::EPSILON.to_f32()),
        DType::F64 => f64::EPSILON,
        _ => f64::from(f32::EPSILON),
    }
}

/// The smallest normal number of a type: what a device may flush to zero is smaller.
pub(crate) fn smallest_normal(dtype: DType) -> f64 {
    match dtype {
        DType::F16 => f64::from(half::f16::MIN_POSITIVE.to_f32()),
        DType::F64 => f64::MIN_POSITIVE,
        // A bf16 has the exponents of an f32.
        _ => f64::from(f32::MIN_POSITIVE),
    }
}
