//! The implementations for processors: two of Burn's own, which are always compiled in, and CubeCL's, whose kernels are
//! those of GPUs. Nothing is asked of the machine.

use burn_repro_target::{Class, Discovery, Fingerprint, Locator, Target};

use crate::{Device, host};

#[expect(deprecated, reason = "ndarray is a target as long as Burn publishes it")]
pub(crate) type NdArray = burn::backend::NdArray;

/// All targets; there is no machine on which one is missing.
pub(crate) fn probe() -> Discovery {
    let target = |name: &str, locator: Locator, compiler: Option<String>| Target {
        name: name.to_owned(),
        class: Class::Cpu,
        locator,
        fingerprint: Fingerprint { compiler, ..host::fingerprint() },
    };
    Discovery {
        targets: Vec::from([
            target("ndarray", Locator::Ndarray, None),
            target("flex", Locator::Flex, None),
            #[cfg(feature = "cubecl-cpu")]
            target("cubecl-cpu", Locator::CubeclCpu, Some(crate::foreign::llvm_version())),
        ]),
        missing: Vec::new(),
    }
}

/// The device of the `ndarray` crate.
#[expect(deprecated, reason = "ndarray is a target as long as Burn publishes it")]
pub(crate) fn ndarray() -> Device {
    Device::ndarray()
}
