//! What this binary was built from: crate versions, and the Cargo features that change results.

use std::collections::BTreeMap;

use burn::tensor::TensorData;
use burn_flex::FlexTensor;
use burn_flex::ops::reduce;

/// Versions by crate, as `build.rs` found them in the lock file; `unknown` for all of them where there was none.
pub(crate) fn crates() -> BTreeMap<String, String> {
    env!("BURN_REPRO_CRATES")
        .split(',')
        .filter_map(|entry| entry.split_once('='))
        .map(|(name, version)| (name.to_owned(), version.to_owned()))
        .collect()
}

/// The version of Burn that this binary was built with.
#[must_use]
pub fn burn_version() -> String {
    version("burn")
}

/// The version of one crate.
pub(crate) fn version(name: &str) -> String {
    crates().remove(name).unwrap_or_else(|| "unknown".to_owned())
}

/// The version of the compiler that built this binary.
pub(crate) fn rustc() -> &'static str {
    env!("BURN_REPRO_RUSTC")
}

/// Features that change results, proven by what was compiled and not by what a manifest asked for: any crate of the
/// build can switch them on for all.
pub(crate) fn features() -> Vec<String> {
    let mut features = Vec::new();
    if chooses_by_time() {
        features.push("autotune".to_owned());
    }
    let backends: &[&str] = &[
        #[cfg(feature = "wgpu")]
        std::any::type_name::<burn_wgpu::Wgpu>(),
        #[cfg(feature = "cuda")]
        std::any::type_name::<burn_cuda::Cuda>(),
    ];
    if backends.iter().any(|name| name.contains("Fusion<")) {
        features.push("fusion".to_owned());
    }
    if adds_in_vectors() {
        features.push("simd".to_owned());
    }
    features
}

/// Whether CubeCL's kernels were compiled with `autotune`.
#[cfg(feature = "cube")]
fn chooses_by_time() -> bool {
    use burn_cubecl::kernel::conv::ConvStrategy;
    !matches!(ConvStrategy::default(), ConvStrategy::Direct)
}

#[cfg(not(feature = "cube"))]
fn chooses_by_time() -> bool {
    false
}

/// Whether flex was compiled with `simd`: one after another, none of the small numbers moves the large one before them.
fn adds_in_vectors() -> bool {
    const LARGE: f32 = 16_777_216.0;
    let mut values = vec![1.0_f32; 65];
    values[0] = LARGE;
    let shape = [values.len()];
    let sum = reduce::sum(FlexTensor::from_data(TensorData::new(values, shape)));
    !sum.into_data().iter::<f32>().all(|sum| sum.to_bits() == LARGE.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_features_are_those_that_were_asked_for() {
        let asked: Vec<&str> =
            [("autotune", cfg!(feature = "autotune")), ("fusion", cfg!(feature = "fusion"))]
                .into_iter()
                .filter(|(_, on)| *on)
                .map(|(name, _)| name)
                .collect();
        assert_eq!(features(), asked, "a crate of this build switches burn's default features on");
    }

    #[test]
    fn every_crate_that_computes_has_one_known_version() {
        let crates = crates();
        for name in [
            "burn",
            "burn-cubecl",
            "burn-flex",
            "burn-ndarray",
            "cubecl",
            "cubek-matmul",
            "cudarc",
            "gemm",
            "matrixmultiply",
            "naga",
            "ndarray",
            "wgpu",
        ] {
            let version = &crates[name];
            assert!(
                version.starts_with(|first: char| first.is_ascii_digit()) && !version.contains('+'),
                "{name} {version}"
            );
        }
    }
}
