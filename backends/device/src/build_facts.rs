//! What this binary was built from: crate versions, and the Cargo features that change results.

use std::any::type_name;
use std::collections::BTreeMap;

use burn_cubecl::kernel::conv::ConvStrategy;

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
    if !matches!(ConvStrategy::default(), ConvStrategy::Direct) {
        features.push("autotune".to_owned());
    }
    if [type_name::<burn_wgpu::Wgpu>(), type_name::<burn_cuda::Cuda>()]
        .iter()
        .any(|name| name.contains("Fusion<"))
    {
        features.push("fusion".to_owned());
    }
    features
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
