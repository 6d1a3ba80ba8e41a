//! What full determinism holds still on a target of this build, and what nothing can hold. Facts that were read in
//! Burn's and CubeCL's sources or measured; how it is done is in `settings` and `steady`.

use serde::Serialize;

use burn_repro_target::{Class, Fingerprint, Locator, Target};

/// One thing that may change results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guarantee {
    /// Whether full determinism holds it still.
    pub held: bool,
    /// What it is, and how it is held or why it cannot be.
    pub what: String,
}

/// What `determinism: full` holds on a target, and what it cannot hold.
#[must_use]
pub fn guarantees(target: &Target) -> Vec<Guarantee> {
    let held = |what: &str| Guarantee { held: true, what: what.to_owned() };
    let open = |what: String| Guarantee { held: false, what };
    let mut all = match target.class {
        Class::Cpu if target.locator == Locator::CubeclCpu => vec![
            held(
                "one core for each cell, because kernels are shaped by the number of cores (Linux)",
            ),
            held("f16 is rounded after every operation"),
            held("kernels check their bounds"),
            held("no kernels from a cache on disk, no settings from a file"),
            held("the first 12 MiB of free memory are filled with NaN between cells"),
        ],
        Class::Cpu => vec![
            held("one thread for each cell"),
            held("memory that was not written does not look like zeros (glibc)"),
        ],
        Class::Wgpu | Class::Cuda => vec![
            held("one stream, one cell at a time"),
            held("kernels check their bounds"),
            held("no kernels from a cache on disk, no settings from a file"),
            held("the first 12 MiB of free memory are filled with NaN between cells"),
        ],
    };
    all.extend(built_in(&target.fingerprint));
    all.extend(cannot_hold(target).into_iter().map(open));
    all
}

/// Autotune, fusion and simd, as the running binary proves them.
fn built_in(fingerprint: &Fingerprint) -> Vec<Guarantee> {
    [
        ("autotune", "kernels are chosen by their time"),
        ("fusion", "operations are fused, with known wrong results"),
        ("simd", "on flex and ndarray, results follow the width of vectors"),
    ]
    .map(|(feature, otherwise)| {
        let held = !fingerprint.features.iter().any(|found| found == feature);
        let what = match held {
            true => format!("no {feature} in this binary"),
            false => format!("{feature} is in this binary: {otherwise}"),
        };
        Guarantee { held, what }
    })
    .into()
}

fn cannot_hold(target: &Target) -> Vec<String> {
    let fingerprint = &target.fingerprint;
    let libm = format!(
        "exp, ln, sin and tanh are those of the C library ({})",
        fingerprint.libc.as_deref().unwrap_or("version unknown")
    );
    let atomics = "a full `sum()` or `mean()`, and `scatter` that adds (so the gradient of an embedding), add with atomics \
                   in any order: use `sum_dim`"
        .to_owned();
    match &target.locator {
        Locator::Flex => vec![
            libm,
            format!(
                "long matrix products add in blocks of the L1 cache ({}), with the vector instructions it finds",
                fingerprint.cpu_l1d.as_deref().unwrap_or("size unknown")
            ),
        ],
        Locator::Ndarray => vec![
            libm,
            "matrix products use the vector instructions it finds (with FMA: one rounding)".to_owned(),
        ],
        Locator::CubeclCpu => vec![format!(
            "{} compiles kernels for the vector instructions it finds, and fuses multiply and add",
            fingerprint.compiler.as_deref().unwrap_or("LLVM")
        )],
        Locator::Wgpu(_) => vec![
            "the driver's compiler chooses how to fuse, flush subnormals, divide, and take exp or sin"
                .to_owned(),
            atomics,
        ],
        Locator::Cuda { .. } => vec![
            format!(
                "{} fuses multiply and add",
                fingerprint.compiler.as_deref().unwrap_or("the compiler")
            ),
            "a plain f32 `Tensor::matmul` rounds to TF32 from compute capability 8.0 on; `burn_repro::matmul` does not"
                .to_owned(),
            atomics,
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(class: Class, locator: Locator, features: &[&str]) -> Target {
        let features = features.iter().map(ToString::to_string).collect();
        let fingerprint = Fingerprint { features, ..Fingerprint::default() };
        Target { name: "x".into(), class, locator, fingerprint }
    }

    fn all(target: &Target, held: bool) -> String {
        let all = guarantees(target).into_iter().filter(|guarantee| guarantee.held == held);
        all.map(|guarantee| guarantee.what).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_tuned_build_says_what_it_does_not_hold() {
        let gpu = || Locator::Cuda { index: 0, device: "x".into() };
        let steady = target(Class::Cuda, gpu(), &[]);
        assert!(
            all(&steady, true).contains("no autotune in this binary; no fusion in this binary")
        );
        assert!(all(&steady, false).contains("TF32"));
        let tuned = target(Class::Cuda, gpu(), &["autotune", "fusion"]);
        assert!(all(&tuned, false).contains("kernels are chosen by their time"));
        assert!(!all(&tuned, true).contains("no fusion"));
    }

    #[test]
    fn a_processor_target_names_the_library_and_the_cache_it_depends_on() {
        let mut flex = target(Class::Cpu, Locator::Flex, &[]);
        flex.fingerprint.libc = Some("glibc 2.36".into());
        flex.fingerprint.cpu_l1d = Some("32 KiB, 8-way".into());
        let open = all(&flex, false);
        assert!(open.contains("glibc 2.36") && open.contains("32 KiB, 8-way"), "{open}");
    }
}
