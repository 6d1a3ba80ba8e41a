//! The files of an emitted project beside its program: `Cargo.toml`, the backend it needs, and what git leaves out. Pure.

use burn_repro_target::Locator;

use super::{FailingOperation, program::Program};
use crate::operation::Description;

/// The version of Burn that caught it.
pub(super) const BURN: &str = "0.21.0";

/// What is built is nobody's to keep.
pub(super) const IGNORED: &str = "/target\n";

/// `Cargo.toml`.
pub(super) fn manifest(caught: &FailingOperation, program: &Program, digest: &str) -> String {
    let mut features = vec!["std"];
    features.extend(backend_features(&caught.locator));
    if program.is_executed {
        features.extend(["ir", "router"]);
    }
    let features: Vec<String> = features.iter().map(|feature| format!("\"{feature}\"")).collect();
    let mut text = format!(
        "# Made by burn-repro.\n[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         # A workspace of its own, wherever this folder lies.\n[workspace]\n\n[dependencies]\n\
         # Without its defaults: neither autotune, which picks kernels by wall time, nor fusion, nor simd.\n\
         burn = {{ version = \"={BURN}\", default-features = false, features = [{}] }}\nsafetensors = \"0.8\"\n",
        package(caught, digest),
        features.join(", ")
    );
    if program.is_executed {
        text.push_str("serde_json = { version = \"1\", features = [\"float_roundtrip\"] }\n");
    }
    if matches!(caught.locator, Locator::Wgpu(_)) {
        text.push_str("# Finds the adapter by its name.\nwgpu = { version = \"29\", default-features = false }\n");
        text.push_str("pollster = \"0.4\"\n");
    }
    text.push_str(profile(&caught.locator));
    text
}

/// `repro-conv2d-0a1b2c3d`. Where several projects share a target folder, Cargo takes one for another of the same name and
/// runs what it built for that one.
fn package(caught: &FailingOperation, digest: &str) -> String {
    let name = Description::of(&caught.operation).name;
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
    let name: String = name.chars().filter(is_plain).collect();
    format!("repro-{}-{digest}", name.replace('_', "-"))
}

fn backend_features(locator: &Locator) -> &'static [&'static str] {
    match locator {
        Locator::Flex => &["flex"],
        Locator::Ndarray => &["ndarray"],
        Locator::Wgpu(_) => &["wgpu", "webgpu"],
        Locator::Cuda { .. } => &["cuda"],
    }
}

/// On a processor, a large product takes minutes in crates that are not optimised.
fn profile(locator: &Locator) -> &'static str {
    match locator {
        Locator::Flex => {
            "\n# What multiplies large matrices.\n[profile.dev.package]\ngemm-common.opt-level = 3\ngemm-f32.opt-level = 3\n"
        }
        Locator::Ndarray => {
            "\n# What multiplies large matrices.\n[profile.dev.package]\nmatrixmultiply.opt-level = 3\nndarray.opt-level = 3\n"
        }
        Locator::Wgpu(_) | Locator::Cuda { .. } => "",
    }
}

/// The backend as a type with integers of 32 bits, as the operation had them.
pub(super) fn backend_type(locator: &Locator) -> &'static str {
    match locator {
        Locator::Flex => "burn::backend::Flex",
        Locator::Ndarray => "burn::backend::NdArray<f32, i32>",
        Locator::Wgpu(_) => "burn::backend::Wgpu",
        Locator::Cuda { .. } => "burn::backend::Cuda",
    }
}

/// The device as an expression, and what is to be said of it.
pub(super) fn device(locator: &Locator) -> (String, Option<&str>) {
    match locator {
        Locator::Flex | Locator::Ndarray => ("Device::<B>::default()".to_owned(), None),
        Locator::Wgpu(adapter) => {
            (format!("device::open({:?}, {:?})", adapter.device, adapter.api), None)
        }
        Locator::Cuda { index, device } => {
            (format!("burn::backend::cuda::CudaDevice::new({index})"), Some(device))
        }
    }
}

/// The settings of Cargo that a backend needs.
pub(super) fn settings(locator: &Locator) -> Option<&'static str> {
    matches!(locator, Locator::Cuda { .. }).then_some(
        "# Without nvcc the build would take the newest bindings, which ask an older driver for functions it has not.\n\
         [env]\nCUDARC_CUDA_VERSION = \"12080\"\n",
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
