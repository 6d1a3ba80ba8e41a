//! Whether an opened device still computes and still owns its memory. A GPU failure is often silent: the next read
//! returns what happens to lie there. What a failure means for a cell is the harness's business.

use burn::tensor::{Int, Tensor, TensorData};

use crate::Device;
use burn_repro_target::caught;

/// Two bytes that are a NaN in every float type when repeated: f16 and bf16 `7FFE`, f32 `7FFE7FFE`, f64 likewise.
/// No arithmetic makes this NaN; whoever reads it has read memory that was not written since.
pub(crate) const STALE: u16 = 0x7FFE;

/// Blocks of poison in bytes, small ones first: CubeCL keeps a pool of memory for each range of sizes, and hands out
/// the first free place, which is where these lie.
const BLOCKS: [usize; 5] = [1 << 20, 1 << 20, 1 << 20, 1 << 20, 8 << 20];

/// Computes something with a known answer that every float type holds exactly.
///
/// # Errors
/// What is wrong with the answer, or what the device or its driver says.
pub fn canary(device: &Device) -> Result<(), String> {
    let numbers: Vec<f32> = (1..=16_u8).map(f32::from).collect();
    let answer = caught(|| {
        let numbers = Tensor::<2>::from_data(TensorData::new(numbers, [4, 4]), device);
        let sums = (numbers * 2.0 - 1.0).sum_dim(1);
        device.sync().map_err(|error| format!("{error:?}"))?;
        sums.try_into_data().map_err(|error| format!("{error:?}"))
    })
    .and_then(|answer| answer)
    .map_err(|reason| format!("a computation with a known answer failed: {reason}"))?;
    let got: Vec<f64> = answer.iter().collect();
    let want = [16.0, 48.0, 80.0, 112.0];
    if got == want {
        return Ok(());
    }
    Err(format!("a computation with a known answer gave {got:?} and not {want:?}"))
}

/// Whether functions of `f64` are as exact as the type. Drivers exist that take `f64` and compute such functions in `f32`,
/// which is at least 1e-8 off, or worse; libraries for `f64` stay within a few times 1e-16. Functions that Burn itself
/// composes, such as `erf`, are a pipeline's matter.
///
/// # Errors
/// The function and its error, or what the device or its driver says.
pub fn check_f64(device: &Device) -> Result<(), String> {
    const BOUND: f64 = 1e-12;
    let x = [-1.5, -0.3, 0.7, 2.5];
    let positive = x.map(f64::abs);
    type Function = fn(Tensor<1>) -> Tensor<1>;
    let functions: [(&str, Function, [f64; 4], [f64; 4]); 4] = [
        ("exp", Tensor::exp, x, x.map(f64::exp)),
        ("log", Tensor::log, positive, positive.map(f64::ln)),
        ("sqrt", Tensor::sqrt, positive, positive.map(f64::sqrt)),
        ("tanh", Tensor::tanh, x, x.map(f64::tanh)),
    ];
    for (name, function, x, want) in functions {
        let got = caught(|| {
            let computed = function(Tensor::from_data(TensorData::from(x), device));
            computed.try_into_data().map_err(|error| format!("{error:?}"))
        })
        .and_then(|got| got)?;
        let off = got.iter::<f64>().zip(want).map(|(got, want)| (got - want).abs());
        let worst =
            off.fold(0.0, |worst, off| if off > worst || off.is_nan() { off } else { worst });
        if worst > BOUND || worst.is_nan() {
            return Err(format!("`{name}` of f64 is off by {worst:.1e}"));
        }
    }
    Ok(())
}

/// Lets go of the memory that earlier computations used, and fills what the next one gets first with NaN.
///
/// On targets that compute on the processor the C library does this; see
/// [`Settings::environment`](burn_repro_target::Settings::environment).
///
/// # Errors
/// What the device or its driver says.
pub fn poison(device: &Device) -> Result<(), String> {
    if !has_memory_of_its_own(device) {
        return Ok(());
    }
    caught(|| {
        device.memory_cleanup();
        let word = i32::from(STALE) << 16 | i32::from(STALE);
        let blocks: Vec<Tensor<1, Int>> = BLOCKS
            .iter()
            .map(|bytes| vec![word; bytes / size_of::<i32>()])
            .map(|words| Tensor::from_data(TensorData::from(&words[..]), device))
            .collect();
        let written = device.sync().map_err(|error| format!("{error:?}"));
        // Freed together: one at a time would write the same block again and again.
        drop(blocks);
        written
    })
    .and_then(|written| written)
    .map_err(|reason| format!("filling the device's memory failed: {reason}"))
}

#[cfg(feature = "cube")]
fn has_memory_of_its_own(device: &Device) -> bool {
    matches!(device.as_dispatch(), burn::backend::DispatchDevice::Cube(_))
}

#[cfg(not(feature = "cube"))]
fn has_memory_of_its_own(_device: &Device) -> bool {
    false
}

/// The place of the first element that is still poison, in bytes as a device gave them.
#[must_use]
pub fn first_stale(bytes: &[u8], size_of_element: usize) -> Option<usize> {
    let stale = STALE.to_ne_bytes();
    bytes
        .chunks_exact(size_of_element)
        .position(|element| element.chunks_exact(2).all(|half| half == stale))
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::{bf16, f16};

    #[test]
    fn a_healthy_device_answers() {
        assert_eq!(canary(&Device::flex()), Ok(()));
        assert_eq!(poison(&Device::flex()), Ok(()));
        // In f32, which is what a driver gives that has no f64 of its own.
        let error = check_f64(&Device::flex()).unwrap_err();
        assert!(error.starts_with("`exp` of f64 is off by "), "{error}");
    }

    #[test]
    fn poison_is_no_number_in_any_float_type() {
        let word = u32::from(STALE) << 16 | u32::from(STALE);
        assert!(f32::from_bits(word).is_nan());
        assert!(f64::from_bits(u64::from(word) << 32 | u64::from(word)).is_nan());
        assert!(f16::from_bits(STALE).is_nan() && bf16::from_bits(STALE).is_nan());
    }

    #[test]
    fn poison_is_told_from_a_nan_that_was_computed() {
        let word = f32::from_bits(u32::from(STALE) << 16 | u32::from(STALE));
        let bytes = |values: &[f32]| -> Vec<u8> {
            values.iter().flat_map(|value| value.to_ne_bytes()).collect()
        };
        assert_eq!(first_stale(&bytes(&[1.0, f32::NAN, word]), 4), Some(2));
        assert_eq!(first_stale(&bytes(&[1.0, f32::NAN, f32::INFINITY]), 4), None);
        assert_eq!(first_stale(&[], 4), None);
    }
}
