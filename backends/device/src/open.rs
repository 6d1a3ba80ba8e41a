//! Opening a target so that it computes the same every time. Which targets there are is found out in `discovery`.

use burn::backend::{Backend as _, Dispatch};
use burn::tensor::{FloatDType, IntDType};

#[cfg(feature = "cube")]
use crate::steady;
use crate::{Device, cpu};
use burn_repro_target::{Dtype, Locator, Settings, Target, caught};

/// Why a target could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was here when it was listed.
    #[error("{target} is no longer here: {reason}; list the targets again")]
    Gone {
        /// The target's name.
        target: String,
        /// What is here instead.
        reason: String,
    },
    /// The device does not compute in this float type.
    #[error("{target} does not compute in {dtype}; choose another dtype or leave this target out")]
    UnsupportedDtype {
        /// The target's name.
        target: String,
        /// What was asked for.
        dtype: Dtype,
    },
    /// Burn fixes a device's float type with its first tensor.
    #[error(
        "{target} computes in {fixed} already in this process; open it in {dtype} in a process of its own"
    )]
    AlreadyInUse {
        /// The target's name.
        target: String,
        /// The float type it has, in Burn's words.
        fixed: String,
        /// What was asked for.
        dtype: Dtype,
    },
    /// Something used CubeCL before the target was opened.
    #[error(
        "{target} cannot be held still: {reason}; open it before anything else of this process uses CubeCL"
    )]
    Unsteady {
        /// The target's name.
        target: String,
        /// What CubeCL says.
        reason: String,
    },
    /// The driver refused, or panicked.
    #[error("{target} could not be opened: {reason}; see whether other programs can use it")]
    Failed {
        /// The target's name.
        target: String,
        /// What the driver says.
        reason: String,
    },
}

/// Opens a target for tensors of a float type; integers are 32 bits wide on every target. A float type alone means
/// full determinism.
///
/// The [environment](Settings::environment) of the settings is for whoever starts the process.
/// Call it before any other use of Burn's GPU backends in the process, and from the thread that will compute.
///
/// # Errors
///
/// If the target is gone, does not have the float type, was given another one before, or its driver fails. A
/// driver's panic is one of these errors; a crash ends the process.
pub fn open(target: &Target, settings: impl Into<Settings>) -> Result<Device, OpenError> {
    let settings = settings.into();
    #[cfg(feature = "cube")]
    hold_still(target, &settings)?;
    let mut device = match &target.locator {
        Locator::Ndarray => cpu::ndarray(),
        Locator::Flex => Device::flex(),
        #[cfg(feature = "cubecl-cpu")]
        Locator::CubeclCpu => {
            steady::limit_cores(settings.determinism, settings.threads);
            Device::cpu()
        }
        #[cfg(feature = "wgpu")]
        Locator::Wgpu(adapter) => open_adapter(target, adapter)?,
        #[cfg(feature = "cuda")]
        Locator::Cuda { index, .. } => open_gpu(target, *index)?,
        #[cfg(not(all(feature = "cubecl-cpu", feature = "cuda", feature = "wgpu")))]
        _ => {
            let reason = "this program was built without it".to_owned();
            return Err(OpenError::Gone { target: target.name.clone(), reason });
        }
    };
    fix_dtypes(target, &mut device, settings.dtype)?;
    check_identity(target, &device)?;
    Ok(device)
}

/// A cell that ran on another backend than its name says would agree with that one to the last bit.
fn check_identity(target: &Target, device: &Device) -> Result<(), OpenError> {
    let expected = match target.locator {
        Locator::Ndarray => "ndarray",
        Locator::Flex => "flex",
        Locator::CubeclCpu => "cubecl<cpu",
        Locator::Wgpu(_) if target.is_spirv() => "wgpu<spirv>",
        Locator::Wgpu(_) => "wgpu",
        Locator::Cuda { .. } => "cuda",
    };
    let name =
        caught(|| Dispatch::name(device.as_dispatch())).map_err(|panic| failed(target, panic))?;
    if name.to_lowercase().contains(expected) {
        return Ok(());
    }
    Err(failed(target, format!("it opened as `{name}`, which is not {expected}")))
}

fn failed(target: &Target, reason: String) -> OpenError {
    OpenError::Failed { target: target.name.clone(), reason }
}

/// Burn's own implementations have nothing of CubeCL.
#[cfg(feature = "cube")]
fn hold_still(target: &Target, settings: &Settings) -> Result<(), OpenError> {
    if matches!(target.locator, Locator::Ndarray | Locator::Flex) {
        return Ok(());
    }
    steady::hold_still(settings.determinism)
        .map_err(|reason| OpenError::Unsteady { target: target.name.clone(), reason })
}

/// By name and not by CubeCL's own index, which reaches only the first of several software adapters.
#[cfg(feature = "wgpu")]
fn open_adapter(
    target: &Target,
    adapter: &burn_repro_target::Adapter,
) -> Result<Device, OpenError> {
    use crate::adapters;
    use burn_wgpu::{RuntimeOptions, WgpuSetup, try_init_device};

    let found =
        caught(|| adapters::find(&target.name, adapter)).map_err(|panic| failed(target, panic))?;
    let (instance, handle) = found.ok_or_else(|| OpenError::Gone {
        target: target.name.clone(),
        reason: format!("no adapter `{}` of {} has this name", adapter.device, adapter.api),
    })?;
    caught(|| {
        let (device, queue) = adapters::request(&handle)?;
        let backend = handle.get_info().backend;
        let setup = WgpuSetup { instance, adapter: handle, device, queue, backend };
        let opened = try_init_device(setup, RuntimeOptions::default());
        opened.map(Device::from).map_err(|error| error.to_string())
    })
    .and_then(|opened| opened)
    .map_err(|reason| failed(target, reason))
}

#[cfg(feature = "cuda")]
fn open_gpu(target: &Target, index: usize) -> Result<Device, OpenError> {
    let here = caught(crate::cuda::probe).map_err(|panic| failed(target, panic))?;
    if here.targets.iter().any(|found| found.name == target.name && found.locator == target.locator)
    {
        return Ok(burn_cuda::CudaDevice::new(index).into());
    }
    let reason = here
        .missing
        .first()
        .map_or_else(|| "another GPU has its place".to_owned(), |missing| missing.reason.clone());
    Err(OpenError::Gone { target: target.name.clone(), reason })
}

/// Burn's name for an element type.
#[must_use]
pub fn float_dtype(dtype: Dtype) -> FloatDType {
    match dtype {
        Dtype::F16 => FloatDType::F16,
        Dtype::Bf16 => FloatDType::BF16,
        Dtype::F32 => FloatDType::F32,
        Dtype::F64 => FloatDType::F64,
    }
}

/// Where a CUDA device first touches its driver, which is why a panic is waited for here.
fn fix_dtypes(target: &Target, device: &mut Device, dtype: Dtype) -> Result<(), OpenError> {
    let float = float_dtype(dtype);
    let supported =
        caught(|| device.supports_dtype(float)).map_err(|panic| failed(target, panic))?;
    if !supported {
        return Err(OpenError::UnsupportedDtype { target: target.name.clone(), dtype });
    }
    let fixed = caught(|| {
        // Refused where the device has settings already, which is no harm if they are the same.
        let _ = device.configure((float, IntDType::I32));
        device.settings()
    })
    .map_err(|panic| failed(target, panic))?;
    if fixed.float_dtype == float && fixed.int_dtype == IntDType::I32 {
        return Ok(());
    }
    let fixed = format!("{:?} and {:?}", fixed.float_dtype, fixed.int_dtype).to_lowercase();
    Err(OpenError::AlreadyInUse { target: target.name.clone(), fixed, dtype })
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{DType, Tensor};
    use rstest::rstest;

    use burn_repro_target::{Adapter, Class, Fingerprint};

    fn target(name: &str, class: Class, locator: Locator) -> Target {
        Target { name: name.to_owned(), class, locator, fingerprint: Fingerprint::default() }
    }

    #[rstest]
    #[case::ndarray("ndarray", Locator::Ndarray)]
    #[case::flex("flex", Locator::Flex)]
    #[case::cubecl_cpu("cubecl-cpu", Locator::CubeclCpu)]
    fn a_processor_target_multiplies_in_f32(#[case] name: &str, #[case] locator: Locator) {
        let device = open(&target(name, Class::Cpu, locator), Dtype::F32).unwrap();
        let left = Tensor::<2>::from_data([[1.0, 2.0], [3.0, 4.0]], &device);
        let product =
            left.matmul(Tensor::from_data([[0.5, -1.0], [2.0, 0.25]], &device)).into_data();
        assert_eq!(product.dtype(), DType::F32);
        assert_eq!(product.try_to_vec::<f32>().unwrap(), [4.5, -0.5, 9.5, -2.0]);
    }

    #[test]
    fn a_device_that_is_not_here_is_gone() {
        let adapter = Adapter {
            device: "none such".into(),
            api: "vulkan".into(),
            vendor_id: 1,
            device_id: 2,
            pci_bus: String::new(),
        };
        let adapter = target("wgpu:none-such", Class::Wgpu, Locator::Wgpu(adapter));
        let gpu =
            target("cuda:77", Class::Cuda, Locator::Cuda { index: 77, device: "none such".into() });
        for target in [adapter, gpu] {
            let gone = open(&target, Dtype::F32).unwrap_err();
            assert!(
                matches!(&gone, OpenError::Gone { target: name, reason } if *name == target.name && !reason.is_empty()),
                "{gone}"
            );
        }
    }
}
