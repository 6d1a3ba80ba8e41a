//! What computed a result: machine, device, driver, compiler and crates. It is recorded, never compared for a verdict.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What computed a result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Fingerprint {
    /// `linux`, `macos`, `windows`.
    pub os: String,
    /// `x86_64`, `aarch64`.
    pub arch: String,
    /// The C library where its version is known: its `libm` computes `exp`, `ln` and `sin` of the CPU targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub libc: Option<String>,
    /// The processor's name for itself.
    pub cpu_model: String,
    /// Instruction sets found at run time that kernels choose between: `sse4.2`, `avx2`, `fma`, `neon`.
    pub cpu_features: Vec<String>,
    /// The processor's L1 data cache, from which flex's matrix product derives the order in which it adds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_l1d: Option<String>,
    /// The adapter's or GPU's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// `discrete gpu`, `integrated gpu`, `virtual gpu`, `software`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_type: Option<String>,
    /// The driver and its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// `vulkan`, `metal`, `dx12`, `cuda`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// The device's address on the PCI bus, by which two targets are known as one device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pci_bus: Option<String>,
    /// The most bytes that a kernel can be given as one tensor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_tensor: Option<u64>,
    /// What turns kernels into the driver's language: `naga 29.0.4 (wgsl)`, `nvrtc 12.8`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compiler: Option<String>,
    /// A CUDA device's compute capability, `9.0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_capability: Option<String>,
    /// The compiler that built this program.
    pub rustc: String,
    /// The version of Burn.
    pub burn: String,
    /// Versions of the crates that compute or compile, as the lock file had them at build time.
    pub crates: BTreeMap<String, String>,
    /// What the running binary proves to be compiled in: `autotune`, `fusion`, `simd`; empty for a deterministic build.
    pub features: Vec<String>,
    /// The variables that change what a driver or a crate does, where they are set.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_another_version_can_still_be_read() {
        let read: Fingerprint =
            serde_json::from_str(r#"{"os":"linux","a_field_of_later":1}"#).unwrap();
        assert_eq!(read, Fingerprint { os: "linux".into(), ..Fingerprint::default() });
    }
}
