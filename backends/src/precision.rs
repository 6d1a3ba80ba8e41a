//! How a target really multiplies and sums, found out by computing: a setting or a name proves nothing.

use burn::tensor::backend::Backend as _;
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::caught::caught;
use crate::product::matmul;
use crate::{Backend, Class, Device, Target};

/// Terms of the sum that finds a limit of loops: more than four times the 65,535 that llvmpipe stops at, because
/// kernels take four elements in a step.
const LONG: usize = 300_000;

/// How a target really computes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Precision {
    /// Bits of the significand that a plain `Tensor::matmul` keeps of its inputs: 24 is `f32`, 11 is TF32 or `f16`.
    pub matmul_bits: u32,
    /// The same of [`matmul`].
    pub exact_matmul_bits: u32,
    /// Whether a matrix product multiplies and adds with one rounding.
    pub matmul_fused: bool,
    /// The number of ones after which a sum along a dimension stops growing, where it does below 300,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_sum: Option<usize>,
}

/// Measures an opened target, which takes a moment: kernels are compiled.
///
/// # Errors
/// What the device or its driver says.
pub fn measure_precision(target: &Target, device: &Device) -> Result<Precision, String> {
    caught(|| {
        Ok(Precision {
            matmul_bits: significand_bits(device, Tensor::matmul)?,
            exact_matmul_bits: significand_bits(device, matmul)?,
            matmul_fused: is_fused(device)?,
            // Sums on the processor are plain loops.
            longest_sum: if target.class == Class::Cpu { None } else { longest_sum(device)? },
        })
    })
    .and_then(|measured| measured)
    .map_err(|reason| format!("measuring how {} computes failed: {reason}", target.name))
}

type Product = fn(Tensor<Backend, 2>, Tensor<Backend, 2>) -> Tensor<Backend, 2>;

/// A matrix with `1 + 2^-p` in row `p`, times the unit matrix: the last row that is not 1 tells how many bits were
/// kept, and the matrix is large enough for tensor cores.
fn significand_bits(device: &Device, product: Product) -> Result<u32, String> {
    const SIDE: usize = 64;
    let mut left = vec![0.0; SIDE * SIDE];
    let mut unit = vec![0.0; SIDE * SIDE];
    for row in 0..SIDE {
        left[row * SIDE] = 1.0 + f64::powi(2.0, -i32::try_from(row).unwrap_or_default());
        unit[row * SIDE + row] = 1.0;
    }
    let on_device = |values| Tensor::from_data(TensorData::new(values, [SIDE, SIDE]), device);
    let values = read(product(on_device(left), on_device(unit)))?;
    let kept = (0..SIDE).filter(|row| values[row * SIDE] != 1.0).count();
    u32::try_from(kept).map_err(|error| error.to_string())
}

/// `(1 + e)^2 - 1` with `e = 2^-12` is `2 e + e^2`, whose last term is lost where the square is rounded first.
fn is_fused(device: &Device) -> Result<bool, String> {
    const E: f32 = 1.0 / 4096.0;
    let left = Tensor::<Backend, 2>::from_data([[-1.0, 1.0 + E]], device);
    let right = Tensor::<Backend, 2>::from_data([[1.0], [1.0 + E]], device);
    Ok(read(left.matmul(right))?[0] > f64::from(2.0 * E))
}

fn longest_sum(device: &Device) -> Result<Option<usize>, String> {
    let ones =
        Tensor::<Backend, 2>::from_data(TensorData::new(vec![1.0_f32; LONG], [1, LONG]), device);
    let sum = read(ones.sum_dim(1))?[0];
    Ok((sum < LONG as f64).then_some(sum as usize))
}

fn read<const D: usize>(tensor: Tensor<Backend, D>) -> Result<Vec<f64>, String> {
    Backend::sync(&tensor.device()).map_err(|error| format!("{error:?}"))?;
    let data = tensor.try_into_data().map_err(|error| format!("{error:?}"))?;
    Ok(data.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Float, Locator, open};
    use rstest::rstest;

    #[rstest]
    #[case("flex", Locator::Flex)]
    #[case("ndarray", Locator::Ndarray)]
    fn processor_targets_keep_every_bit_of_f32(#[case] name: &str, #[case] locator: Locator) {
        let target = Target {
            name: name.into(),
            class: Class::Cpu,
            locator,
            fingerprint: crate::Fingerprint::default(),
        };
        let device = open(&target, Float::F32).unwrap();
        let precision = measure_precision(&target, &device).unwrap();
        assert_eq!((precision.matmul_bits, precision.exact_matmul_bits), (24, 24));
        assert_eq!(precision.longest_sum, None);
    }

    /// What tensor cores do, done on the host: inputs cut to the 11 bits of TF32.
    #[test]
    fn rounded_inputs_are_found_out() {
        let rounded: Product = |left, right| {
            let device = left.device();
            let cut = |tensor: Tensor<Backend, 2>| {
                let shape = tensor.dims();
                let values: Vec<f32> = tensor.into_data().to_vec().unwrap();
                let cut = |value: f32| f32::from_bits(value.to_bits() & !0x1FFF);
                let values: Vec<f32> = values.into_iter().map(cut).collect();
                Tensor::from_data(TensorData::new(values, shape), &device)
            };
            cut(left).matmul(cut(right))
        };
        let device = Device::NdArray(burn_ndarray::NdArrayDevice::Cpu);
        assert_eq!(significand_bits(&device, rounded), Ok(11));
    }
}
