//! Reading a tensor back from its device. The only place of the harness that does.

use burn::tensor::{DType, Device, Tensor, TensorData};
use burn_repro_core::trace::{Dtype, ElementType, HostTensor};
use burn_repro_device::{Recordable, first_stale};

/// Why a tensor could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The device reported an error for an earlier operation.
    #[error("synchronise the device before reading `{name}`: {reason}")]
    Sync {
        /// The tensor that was about to be read.
        name: String,
        /// What the backend said.
        reason: String,
    },
    /// The read itself failed.
    #[error("read `{name}` from the device: {reason}")]
    Read {
        /// The tensor that was about to be read.
        name: String,
        /// What the backend said.
        reason: String,
    },
    /// A dtype that cannot be compared.
    #[error(
        "record `{name}`: its dtype {dtype:?} cannot be compared; dequantise it before recording it"
    )]
    Dtype {
        /// The tensor.
        name: String,
        /// Its dtype.
        dtype: DType,
    },
    /// Two tensors of one name.
    #[error("record `{0}` twice; give every step its own name, for instance with `step_name`")]
    Duplicate(String),
    /// A tensor without elements would compare as equal to anything.
    #[error("record `{0}`, which has no elements")]
    Empty(String),
    /// What memory is filled with before a cell, still there.
    #[error(
        "`{name}` holds memory that nobody wrote, first at element {index}: a kernel did not write all of its result, \
         or read past what was written"
    )]
    Stale {
        /// The tensor.
        name: String,
        /// The first such element, row-major.
        index: usize,
    },
    /// Inputs that cannot be made copies of one sample.
    #[error("an input's first dimension is not the batch")]
    NoBatch,
    /// A training whose gradients are not there would be compared with nothing.
    #[error(
        "record `{0}`: no parameter has a gradient; make the model on `device.clone().autodiff()` and call `backward` on a \
         loss that depends on it"
    )]
    NoGradient(String),
    /// A pipeline that puts nothing out would pass by accident.
    #[error("the pipeline put out no tensor; call `probe.output(name, &tensor)`")]
    NoOutput,
}

/// Reads a tensor back, after a `sync`.
///
/// # Errors
/// As [`on_host`], and if the device fails.
pub(crate) fn read<const D: usize, K: Recordable>(
    name: &str,
    tensor: &Tensor<D, K>,
    device: &Device,
) -> Result<HostTensor, ProbeError> {
    device
        .sync()
        .map_err(|error| ProbeError::Sync { name: name.into(), reason: format!("{error:?}") })?;
    let data = tensor
        .clone()
        .try_into_data()
        .map_err(|error| ProbeError::Read { name: name.into(), reason: format!("{error:?}") })?;
    on_host(name, &data)
}

/// A tensor as a device gave it.
///
/// # Errors
/// If it cannot be compared, or holds memory that nobody wrote.
pub(crate) fn on_host(name: &str, data: &TensorData) -> Result<HostTensor, ProbeError> {
    let dtype = match data.dtype() {
        DType::F64 => Dtype::F64.into(),
        DType::F32 | DType::Flex32 => Dtype::F32.into(),
        DType::F16 => Dtype::F16.into(),
        DType::BF16 => Dtype::Bf16.into(),
        DType::Bool(_) => ElementType::Boolean,
        dtype if dtype.is_int() || dtype.is_uint() => ElementType::Integer,
        dtype => return Err(ProbeError::Dtype { name: name.into(), dtype }),
    };
    // An integer may be what memory is filled with.
    let stale = match dtype.is_float() {
        true => first_stale(data.as_bytes(), data.dtype().size()),
        false => None,
    };
    if let Some(index) = stale {
        return Err(ProbeError::Stale { name: name.into(), index });
    }
    let shape = data.shape().to_vec();
    let values: Vec<f64> = data.iter::<f64>().collect();
    if values.is_empty() {
        return Err(ProbeError::Empty(name.into()));
    }
    Ok(HostTensor { shape, dtype, values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Bool, Int};

    #[test]
    fn integers_and_booleans_are_read_whatever_a_device_makes_of_them() {
        let device = Device::flex();
        let tokens = Tensor::<2, Int>::from_data([[7, -50_256], [2_147_483_647, 0]], &device);
        let read_tokens = read("tokens", &tokens, &device).unwrap();
        assert_eq!(
            (read_tokens.dtype, &read_tokens.shape[..]),
            (ElementType::Integer, &[2, 2][..])
        );
        assert_eq!(read_tokens.values, [7.0, -50_256.0, 2_147_483_647.0, 0.0]);
        let mask = Tensor::<1, Bool>::from_data([true, false], &device);
        let read_mask = read("mask", &mask, &device).unwrap();
        assert_eq!((read_mask.dtype, read_mask.values), (ElementType::Boolean, vec![1.0, 0.0]));
    }
}
