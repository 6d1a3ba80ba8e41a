//! The files of an emitted project that depend on its target: `Cargo.toml`, and `src/slice.rs`. Pure.

use burn_repro_target::{Adapter, Locator};

use super::FailingSlice;
use super::compare::Unit;

/// The version of Burn that caught it.
pub(super) const BURN: &str = "0.22.1";

/// What is built is nobody's to keep.
pub(super) const IGNORED: &str = "/target\n";

/// What a project needs to open a target.
struct Opens {
    /// Burn's features.
    features: &'static str,
    /// Further dependencies.
    dependencies: &'static str,
    /// The backend as a type, and its device out of Burn's.
    backend: [&'static str; 2],
    /// The device as an expression.
    device: String,
    /// Crates that multiply large matrices, which takes minutes where they are not optimised.
    optimised: &'static [&'static str],
}

fn opens(locator: &Locator) -> Opens {
    let cube = |features, device: String| Opens {
        features,
        dependencies: "",
        backend: ["burn::backend::Cube", "Cube"],
        device,
        optimised: &[],
    };
    match locator {
        Locator::Flex => Opens {
            features: "\"flex\"",
            dependencies: "",
            backend: ["burn::backend::Flex", "Flex"],
            device: "Device::flex()".to_owned(),
            optimised: &["burn-flex", "gemm", "gemm-common", "gemm-f32"],
        },
        Locator::Ndarray => Opens {
            features: "\"ndarray\"",
            dependencies: "",
            backend: ["burn::backend::NdArray", "NdArray"],
            device: "Device::ndarray()".to_owned(),
            optimised: &["burn-ndarray", "matrixmultiply", "ndarray"],
        },
        Locator::CubeclCpu => cube("\"cpu\"", "Device::cpu()".to_owned()),
        Locator::Wgpu(Adapter { device, api, .. }) => Opens {
            dependencies: "# Finds the adapter by its name.\nwgpu = { version = \"30\", default-features = false }\n\
                           burn-wgpu = { version = \"=0.22.1\", default-features = false, features = [\"std\", \"webgpu\"] }\n\
                           pollster = \"0.4\"\n",
            ..cube("\"wgpu\", \"webgpu\"", format!("adapter::open({device:?}, {api:?})"))
        },
        Locator::Cuda { index, .. } => cube("\"cuda\"", format!("Device::cuda({index}_usize)")),
    }
}

/// `Cargo.toml`.
pub(super) fn manifest(failing: &FailingSlice, digest: &str) -> String {
    let opens = opens(&failing.locator);
    let optimised: String =
        opens.optimised.iter().map(|name| format!("{name}.opt-level = 3\n")).collect();
    let profile = match optimised.is_empty() {
        true => String::new(),
        false => format!("\n# What multiplies large matrices.\n[profile.dev.package]\n{optimised}"),
    };
    format!(
        "# Made by burn-repro.\n[package]\n# Of its own: where several projects share a target folder, Cargo takes one for \
         another of the same name.\nname = \"repro-{digest}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         # A workspace of its own, wherever this folder lies.\n[workspace]\n\n[dependencies]\n\
         # Without its defaults: neither autotune, which picks kernels by wall time, nor fusion, nor simd.\n\
         burn = {{ version = \"={BURN}\", default-features = false, features = [\"std\", \"extension\", {}] }}\n\
         burn-ir = {{ version = \"={BURN}\", default-features = false, features = [\"std\"] }}\n\
         burn-router = {{ version = \"={BURN}\", default-features = false, features = [\"std\"] }}\n\
         safetensors = \"0.8\"\nserde_json = {{ version = \"1\", features = [\"float_roundtrip\"] }}\n{}{profile}",
        opens.features, opens.dependencies
    )
}

/// `src/slice.rs`.
pub(super) fn slice(failing: &FailingSlice) -> String {
    let Opens { backend: [backend, variant], device, .. } = opens(&failing.locator);
    let adapter = match &failing.locator {
        Locator::Wgpu(_) => "#[path = \"adapter.rs\"]\nmod adapter;\n\n",
        _ => "",
    };
    let seen = match &failing.locator {
        Locator::Cuda { device, .. } => {
            format!("/// It was seen on {}.\n", device.replace(['\n', '\r'], " "))
        }
        _ => String::new(),
    };
    let results = failing.slice.results.iter();
    let results: Vec<String> = results
        .map(|result| format!("    ({}, {}),\n", result.out.id.value(), literal(result.unit)))
        .collect();
    format!(
        "//! What is run, where, and what its results are measured in.\n\n{adapter}use burn::backend::DispatchDevice;\n\
         use burn::tensor::Device;\n\nuse crate::compare::Unit;\n\n/// What this is.\npub const TITLE: &str = {:?};\n\n\
         /// More units than this need an explanation.\npub const ALLOWED: f64 = {:?};\n\n\
         /// The results by their numbers, and what each is measured in.\npub const RESULTS: [(u64, Unit); {}] = [\n{}];\n\n\
         /// The backend.\n#[allow(deprecated, reason = \"ndarray is\")]\npub type Backend = {backend};\n\n\
         /// The device.\n{seen}#[allow(deprecated, reason = \"ndarray is\")]\npub fn device() -> Device {{\n    {device}\n}}\n\n\
         /// The backend's own device.\npub fn backend(device: &Device) -> <Backend as burn::backend::BackendTypes>::Device {{\n    \
         match device.as_dispatch() {{\n        DispatchDevice::{variant}(device) => device.clone(),\n        \
         #[allow(unreachable_patterns, reason = \"there may be one backend alone\")]\n        \
         other => panic!(\"{{other:?}} is another backend's\"),\n    }}\n}}\n",
        format!("{} on {}", failing.title, failing.target),
        failing.slice.allowed,
        results.len(),
        results.concat(),
    )
}

fn literal(unit: Unit) -> String {
    let Unit { epsilon, smallest, largest, beside } = unit;
    format!(
        "Unit {{ epsilon: {epsilon:?}, smallest: {smallest:?}, largest: {largest:?}, beside: {beside:?} }}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A project is built with the Burn that caught the operation.
    #[test]
    fn the_version_is_the_workspace_s() {
        let workspace = include_str!("../../../../Cargo.toml");
        assert!(workspace.contains(&format!("burn = {{ version = \"={BURN}\"")), "{workspace}");
        assert!(workspace.contains("\nsafetensors = \"0.8\"\n"), "{workspace}");
    }
}
