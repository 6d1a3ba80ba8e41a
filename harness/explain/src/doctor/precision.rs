//! How a target multiplies and sums, measured by its own worker before anything is said about it: a setting or a name
//! proves nothing. It is what a run records; the doctor measures more.

use burn::tensor::Tensor;
use burn_repro_device::{Device, matmul};
use burn_repro_target::{Class, Target};

use burn_repro_core::precision::Precision;
use burn_repro_core::worker::{Answer, MEASURE};
use burn_repro_worker::{BoxError, Opened, Service};
use serde_json::Value;

use super::arithmetic::{kept_bits, product};
use super::probe::read;

/// Terms of the sum that finds a limit of loops: more than four times the 65,535 steps that llvmpipe stops at, because
/// kernels take four elements in a step.
const LONG: usize = 300_000;

/// Measures how the target computes.
pub const SERVICE: Service = Service { name: MEASURE, answer: measure };

fn measure(opened: &Opened<'_>, _: Value) -> Result<Answer, BoxError> {
    Ok(Answer::value(&measure_precision(opened.target, opened.device)?)?)
}

/// Measures an opened target, in `f32`. It takes a moment: kernels are compiled for it.
fn measure_precision(target: &Target, device: &Device) -> Result<Precision, String> {
    Ok(Precision {
        matmul_significand_bits: kept_bits(device, Tensor::matmul)?,
        exact_matmul_significand_bits: kept_bits(device, matmul)?,
        matmul_product: product(device)?,
        // Sums on the processor are plain loops.
        longest_sum: if target.class == Class::Cpu { None } else { longest_sum(device)? },
    })
}

fn longest_sum(device: &Device) -> Result<Option<usize>, String> {
    let ones = Tensor::<2>::ones([1, LONG], device);
    let sum = read(device, ones.sum_dim(1))?.values.first().copied().unwrap_or(0.0);
    Ok((f64::from(sum) < LONG as f64).then_some(sum as usize))
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;
    use burn_repro_device::open;
    use burn_repro_target::{Dtype, Fingerprint, Locator};
    use rstest::rstest;

    use super::*;

    fn target(name: &str, locator: Locator) -> Target {
        let fingerprint = Fingerprint::default();
        Target { name: name.into(), class: Class::Cpu, locator, fingerprint }
    }

    #[rstest]
    #[case("flex", Locator::Flex)]
    #[case("ndarray", Locator::Ndarray)]
    fn processor_targets_keep_every_bit_of_f32(#[case] name: &str, #[case] locator: Locator) {
        let target = target(name, locator);
        let device = open(&target, Dtype::F32).unwrap();
        let precision = measure_precision(&target, &device).unwrap();
        assert_eq!(precision.matmul_significand_bits, 24);
        assert_eq!(precision.exact_matmul_significand_bits, 24);
        assert_eq!(precision.longest_sum, None);
    }

    /// What tensor cores do, done on the host: inputs cut to the 11 bits of TF32.
    #[test]
    fn rounded_inputs_are_found_out() {
        let rounded = |left: Tensor<2>, right: Tensor<2>| {
            let device = left.device();
            let cut = |tensor: Tensor<2>| {
                let shape = tensor.dims();
                let values: Vec<f32> = tensor.into_data().try_to_vec().unwrap();
                let cut = |value: f32| f32::from_bits(value.to_bits() & !0x1FFF);
                let values: Vec<f32> = values.into_iter().map(cut).collect();
                Tensor::from_data(TensorData::new(values, shape), &device)
            };
            cut(left).matmul(cut(right))
        };
        let device = open(&target("flex", Locator::Flex), Dtype::F32).unwrap();
        assert_eq!(kept_bits(&device, rounded), Ok(11));
    }
}
