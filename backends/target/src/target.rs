//! One thing that can execute, and what is needed to find it again in another process. How it is opened is in `open`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Class, Fingerprint, VULKAN};

/// One thing that can execute a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Unique on its machine: `ndarray`, `flex`, `cubecl-cpu`, `wgpu:llvmpipe`, `vulkan:llvmpipe`, `cuda:0`.
    pub name: String,
    /// The kind of target it is.
    pub class: Class,
    /// Where the device crate finds it to open it.
    pub locator: Locator,
    /// What will have computed its results.
    pub fingerprint: Fingerprint,
}

impl Target {
    /// Whether it runs only where it is asked for: each process compiles its kernels anew, for longer than other targets
    /// take for the whole cell.
    #[must_use]
    pub fn is_on_request(&self) -> bool {
        self.locator == Locator::CubeclCpu
    }

    /// Whether its kernels reach the driver as SPIR-V and not as WGSL.
    #[must_use]
    pub fn is_spirv(&self) -> bool {
        self.name.starts_with(VULKAN)
    }
}

/// Where a target is found again, by this process or by a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Locator {
    /// Burn's implementation over the `ndarray` crate.
    Ndarray,
    /// Burn's own implementation for processors.
    Flex,
    /// CubeCL's implementation for processors.
    #[serde(rename = "cubecl-cpu")]
    CubeclCpu,
    /// An adapter of wgpu.
    Wgpu(Adapter),
    /// A GPU of the CUDA driver.
    Cuda {
        /// Its place in the driver's list, which `CUDA_VISIBLE_DEVICES` may have cut.
        index: usize,
        /// The name that the driver gives it.
        device: String,
    },
}

/// What tells one adapter of wgpu from another. It is good for one run: a driver may name its own version here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Adapter {
    /// The name that the driver gives it.
    pub device: String,
    /// `vulkan`, `metal` or `dx12`.
    pub api: String,
    /// The graphics API's number for the vendor.
    pub vendor_id: u32,
    /// The graphics API's number for the device.
    pub device_id: u32,
    /// Its address on the PCI bus; empty where there is none.
    pub pci_bus: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn adapter() -> Adapter {
        Adapter {
            device: "llvmpipe".into(),
            api: "vulkan".into(),
            vendor_id: 0x10005,
            device_id: 0,
            pci_bus: String::new(),
        }
    }

    #[rstest]
    #[case(Class::Cpu, Locator::Ndarray, r#"{"kind":"ndarray"}"#)]
    #[case(Class::Cpu, Locator::Flex, r#"{"kind":"flex"}"#)]
    #[case(Class::Cpu, Locator::CubeclCpu, r#"{"kind":"cubecl-cpu"}"#)]
    #[case(
        Class::Wgpu,
        Locator::Wgpu(adapter()),
        r#"{"kind":"wgpu","device":"llvmpipe","api":"vulkan","vendor_id":65541,"device_id":0,"pci_bus":""}"#
    )]
    #[case(Class::Cuda, Locator::Cuda { index: 1, device: "H200".into() }, r#"{"kind":"cuda","index":1,"device":"H200"}"#)]
    fn a_target_comes_back_from_json_as_it_was(
        #[case] class: Class,
        #[case] locator: Locator,
        #[case] json: &str,
    ) {
        let target =
            Target { name: "x".into(), class, locator, fingerprint: Fingerprint::default() };
        assert_eq!(serde_json::to_string(&target.locator).unwrap(), json);
        let written = serde_json::to_string(&target).unwrap();
        assert_eq!(serde_json::from_str::<Target>(&written).unwrap(), target);
    }
}
