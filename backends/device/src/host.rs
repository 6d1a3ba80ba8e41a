//! The machine around the device: processor, C library, environment. Devices are described by who finds them.

use std::collections::BTreeMap;

use burn_repro_target::Fingerprint;

use crate::{build_facts, foreign};

/// What this process knows of its machine and of its build; a device adds what it knows.
pub(crate) fn fingerprint() -> Fingerprint {
    let crates = build_facts::crates();
    Fingerprint {
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        libc: libc(),
        cpu_model: cpu_model(),
        cpu_features: cpu_features(),
        cpu_l1d: cpu_l1d(),
        rustc: build_facts::rustc().to_owned(),
        burn: crates.get("burn").cloned().unwrap_or_default(),
        crates,
        features: build_facts::features(),
        environment: environment(),
        ..Fingerprint::default()
    }
}

/// Variables that change which device is seen, how many threads add up, or what a driver compiles.
const WATCHED: [&str; 23] = [
    "BURN_DEVICE",
    "CUBECL_AUTOTUNE_LEVEL",
    "CUBECL_CPU_F16_EVAL",
    "CUBECL_CPU_STACK_SIZE",
    "CUBECL_WGPU_MAX_TASKS",
    "CUDA_CACHE_DISABLE",
    "CUDA_LAUNCH_BLOCKING",
    "CUDA_PATH",
    "CUDA_VISIBLE_DEVICES",
    "GALLIVM_DEBUG",
    "LP_NATIVE_VECTOR_WIDTH",
    "LP_NUM_THREADS",
    "MATMUL_NUM_THREADS",
    "MESA_SHADER_CACHE_DISABLE",
    "MESA_VK_DEVICE_SELECT",
    "NVIDIA_TF32_OVERRIDE",
    "RAYON_NUM_THREADS",
    "VK_DRIVER_FILES",
    "VK_ICD_FILENAMES",
    "VK_INSTANCE_LAYERS",
    "VK_LOADER_DRIVERS_DISABLE",
    "VK_LOADER_DRIVERS_SELECT",
    "VK_LOADER_LAYERS_ENABLE",
];

/// The watched variables that are set.
pub(crate) fn environment() -> BTreeMap<String, String> {
    WATCHED
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect()
}

/// The C library and its version, where it can be asked.
pub(crate) fn libc() -> Option<String> {
    foreign::glibc_version().map(|version| format!("glibc {version}"))
}

/// The processor's name for itself.
pub(crate) fn cpu_model() -> String {
    brand_string()
        .or_else(proc_cpuinfo)
        .or_else(sysctl_brand)
        .unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn brand_string() -> Option<String> {
    let brand = raw_cpuid::CpuId::new().get_processor_brand_string()?;
    Some(brand.as_str().trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
fn brand_string() -> Option<String> {
    None
}

/// Linux; Arm processors have no name there, only the numbers of who designed which part.
fn proc_cpuinfo() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let value = |key: &str| {
        let line = text
            .lines()
            .find(|line| line.split(':').next().is_some_and(|name| name.trim() == key))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    value("model name").or_else(|| {
        Some(format!(
            "implementer {} part {} revision {}",
            value("CPU implementer")?,
            value("CPU part")?,
            value("CPU revision")?
        ))
    })
}

fn sysctl_brand() -> Option<String> {
    let output = std::process::Command::new("sysctl")
        .args(["-n", "machdep.cpu.brand_string"])
        .output()
        .ok()?;
    let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !name.is_empty()).then_some(name)
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub(crate) fn cpu_l1d() -> Option<String> {
    let cpuid = raw_cpuid::CpuId::new();
    let l1d = cpuid
        .get_cache_parameters()?
        .find(|cache| cache.level() == 1 && cache.cache_type() == raw_cpuid::CacheType::Data)?;
    let bytes = l1d.sets() * l1d.associativity() * l1d.coherency_line_size();
    Some(format!("{} KiB, {}-way", bytes / 1024, l1d.associativity()))
}

/// The L1 data cache's size and ways.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
pub(crate) fn cpu_l1d() -> Option<String> {
    None
}

/// The instruction sets, found at run time, that kernels choose between.
pub(crate) fn cpu_features() -> Vec<String> {
    detected().into_iter().filter(|(_, found)| *found).map(|(name, _)| name.to_owned()).collect()
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn detected() -> Vec<(&'static str, bool)> {
    vec![
        ("sse4.2", std::arch::is_x86_feature_detected!("sse4.2")),
        ("avx", std::arch::is_x86_feature_detected!("avx")),
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("f16c", std::arch::is_x86_feature_detected!("f16c")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
    ]
}

#[cfg(target_arch = "aarch64")]
fn detected() -> Vec<(&'static str, bool)> {
    vec![
        ("neon", std::arch::is_aarch64_feature_detected!("neon")),
        ("fp16", std::arch::is_aarch64_feature_detected!("fp16")),
        ("bf16", std::arch::is_aarch64_feature_detected!("bf16")),
        ("sve", std::arch::is_aarch64_feature_detected!("sve")),
    ]
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
fn detected() -> Vec<(&'static str, bool)> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_knows_its_machine_and_its_burn() {
        let fingerprint = fingerprint();
        assert!(!fingerprint.cpu_model.is_empty());
        assert!(fingerprint.burn.starts_with("0."), "no version of burn: {:?}", fingerprint.burn);
        assert_eq!(fingerprint.crates["burn-cubecl"], fingerprint.burn);
        assert!(
            fingerprint.rustc.starts_with("1."),
            "no version of rustc: {:?}",
            fingerprint.rustc
        );
        assert!(fingerprint.device.is_none());
    }
}
