//! Records the operations of a computation instead of executing them, on Burn's capture device. What is done with the
//! operations is the harness's matter.

use std::collections::BTreeMap;

use burn::backend::DispatchDevice;
use burn::tensor::kind::Autodiff;
use burn::tensor::{Bool, DeviceConfig, Float, Int, Tensor, TensorData};
use burn_capture::{CaptureBackend, CaptureChannel};
use burn_ir::{OperationIr, TensorId};
use burn_router::{RouterClient, get_client};

use crate::Device;

/// The operations of a computation, in order.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    /// The operations; an `Init` stands where host data became a tensor.
    pub operations: Vec<OperationIr>,
    /// The host data, by the tensor that it became.
    pub values: BTreeMap<TensorId, TensorData>,
}

/// Runs a computation on a device that records, with the element types of another device. Nothing is computed, so that
/// reading a tensor is an error.
///
/// # Errors
/// What the computation returns, or what Burn says of the recording.
pub fn capture<T, E: From<String>>(
    like: &Device,
    computation: impl FnOnce(&Device) -> Result<T, E>,
) -> Result<(T, Captured), E> {
    let device = Device::capture();
    let types = like.settings();
    let types =
        DeviceConfig::new(Some(types.float_dtype), Some(types.int_dtype), Some(types.bool_dtype));
    let mut result = None;
    let captured = device.capture_scope(|scope| {
        // Inside of the scope: outside, the device answers nothing.
        let configured = device.clone().configure(types);
        result = Some(match configured {
            Ok(()) => computation(&device),
            Err(error) => Err(format!("configure the recording: {error:?}").into()),
        });
        scope.complete([], [])
    });
    let result = result.ok_or_else(|| "the recording was not begun".to_owned())??;
    let captured = captured.map_err(|error| format!("record the operations: {error}"))?;
    Ok((result, Captured { operations: captured.graph.operations, values: captured.values }))
}

/// What a tensor is made of, where its operations can be recorded: floats, integers or booleans.
pub trait Recordable: Autodiff + Sized {
    /// The id of a tensor on a device that records.
    #[doc(hidden)]
    fn id<const D: usize>(tensor: Tensor<D, Self>) -> Option<TensorId>;
}

/// Burn has a primitive for each kind, and no trait for the three.
macro_rules! recordable {
    ($($kind:ident),+) => {$(
        impl Recordable for $kind {
            fn id<const D: usize>(tensor: Tensor<D, Self>) -> Option<TensorId> {
                tensor.try_into_primitive::<CaptureBackend>().ok().map(|tensor| tensor.id())
            }
        }
    )+};
}

recordable!(Float, Int, Bool);

/// The id of a tensor on a device that records; `None` on every other device.
#[must_use]
pub fn tensor_id<const D: usize, K: Recordable>(tensor: &Tensor<D, K>) -> Option<TensorId> {
    if !records(&tensor.device()) {
        return None;
    }
    K::id(tensor.clone().without_autodiff())
}

/// An id that is larger than that of every tensor so far on a device that records, and smaller than that of every later
/// one; `None` on every other device.
#[must_use]
pub fn next_id(device: &Device) -> Option<TensorId> {
    match device.clone().without_autodiff().as_dispatch() {
        DispatchDevice::Capture(device) => {
            Some(get_client::<CaptureChannel>(device).create_empty_handle())
        }
        _ => None,
    }
}

fn records(device: &Device) -> bool {
    matches!(device.clone().without_autodiff().as_dispatch(), DispatchDevice::Capture(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_recorded_in_order_and_not_executed() {
        let ((first, between, last), captured) = capture(&Device::flex(), |device| {
            let input = Tensor::<1>::from_data([1.0, 2.0], device);
            let doubled = input.clone() * 2.0;
            let between = next_id(device).unwrap();
            assert!(doubled.clone().try_into_data().is_err());
            let sum = doubled + input;
            Ok::<_, String>((tensor_id(&sum).is_some(), between, tensor_id(&sum).unwrap()))
        })
        .unwrap();
        assert!(first && between < last);
        let names: Vec<String> = captured.operations.iter().map(|op| format!("{op:?}")).collect();
        let [init, times, plus] = &names[..] else { panic!("{names:?}") };
        assert!(init.starts_with("Init") && times.contains("MulScalar") && plus.contains("Add("));
        assert_eq!(captured.values.len(), 1);
    }

    #[test]
    fn other_devices_have_no_ids() {
        let tensor = Tensor::<1>::from_data([1.0], &Device::flex());
        assert_eq!((tensor_id(&tensor), next_id(&Device::flex())), (None, None));
    }
}
