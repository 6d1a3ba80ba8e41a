//! Any bytes as a file of tensors. What is read and written again reads the same, bit for bit; every tensor can be summed,
//! reduced and sketched.
#![no_main]

use burn_repro_core::golden::{reduced, rmse_estimate, sketch};
use burn_repro_core::tensor_file::{decode, encode};
use burn_repro_core::trace::NamedTensor;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let tensors = match decode(data) {
        Ok(tensors) => tensors,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let again = decode(&encode(&tensors)).expect("what was written is read");
    assert_eq!(bits(&tensors), bits(&again));
    for NamedTensor { tensor, .. } in &tensors {
        let _ = tensor.abs_sum();
        let sketch = sketch(&tensor.values);
        let _ = rmse_estimate(&sketch, &sketch);
        for side in [1, 2, usize::MAX] {
            let small = reduced(tensor, side);
            assert_eq!(small.values.len(), small.shape.iter().product::<usize>());
        }
    }
});

/// Names, types, shapes and bits: NaN differs from itself.
fn bits(tensors: &[NamedTensor]) -> Vec<(&str, String, &[usize], Vec<u64>)> {
    tensors
        .iter()
        .map(|NamedTensor { name, tensor }| {
            let bits = tensor.values.iter().map(|value| value.to_bits()).collect();
            (name.as_str(), format!("{:?}", tensor.dtype), tensor.shape.as_slice(), bits)
        })
        .collect()
}
