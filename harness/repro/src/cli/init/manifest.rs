//! What the manifest of a project of burn-repro holds, added behind what is there. Pure.

use std::fmt::Write;

/// The crates whose kernels run: unoptimised, a model takes minutes for seconds.
const OPTIMISED: [&str; 14] = [
    "burn-backend",
    "burn-flex",
    "burn-ndarray",
    "burn-repro-compare",
    "burn-repro-explain",
    "burn-repro-worker",
    "burn-std",
    "burn-tensor",
    "cubecl-common",
    "gemm",
    "gemm-common",
    "gemm-f32",
    "matrixmultiply",
    "ndarray",
];

/// The manifest with the dependency, the test and the profile. What it says of them already stays. A table of its own for
/// each, which TOML allows beside `[dev-dependencies]` and `[profile.dev]`.
pub(super) fn with_burn_repro(text: &str, git: Option<&str>) -> String {
    let mut manifest = text.trim_end().to_owned();
    let is_there = |parts: &[&str]| {
        text.lines().map(str::trim).any(|line| parts.iter().any(|part| line.starts_with(part)))
    };
    let mut add = |section: &str| {
        // Writing into a string does not fail.
        let _ = write!(manifest, "\n\n{section}");
    };
    if !is_there(&["burn-repro ", "burn-repro=", "burn-repro.", "[dev-dependencies.burn-repro]"]) {
        let (key, place) = match git {
            Some(url) => ("git", url),
            None => ("path", env!("CARGO_MANIFEST_DIR")),
        };
        add(&format!("[dev-dependencies.burn-repro]\n{key} = {place:?}"));
    }
    if !is_there(&["name = \"repro\""]) {
        add(
            "# Gate and command line, with a `main` of its own.\n[[test]]\nname = \"repro\"\nharness = false",
        );
    }
    for name in OPTIMISED {
        let header = format!("[profile.dev.package.{name}]");
        let [in_table, inline] = [format!("{name}.opt-level"), format!("{name} = {{ opt-level")];
        if !is_there(&[&header, &in_table, &inline]) {
            add(&format!("{header}\nopt-level = 3"));
        }
    }
    manifest + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_added_and_what_is_there_stays() {
        let text = "[package]\nname = \"mine\" # a name\n\n[dev-dependencies]\nrstest = \"0.26\"\n\n\
                    [profile.dev.package]\nburn-flex.opt-level = 2\n";
        let once = with_burn_repro(text, Some("https://example.org/burn-repro"));
        assert!(once.starts_with(text.trim_end()), "{once}");
        for part in [
            "[dev-dependencies.burn-repro]\ngit = \"https://example.org/burn-repro\"",
            "[[test]]\nname = \"repro\"\nharness = false",
            "[profile.dev.package.burn-ndarray]\nopt-level = 3",
        ] {
            assert_eq!(once.matches(part).count(), 1, "{part}\n{once}");
        }
        assert!(!once.contains("[profile.dev.package.burn-flex]"), "{once}");
        assert_eq!(with_burn_repro(&once, None), once);
    }

    #[test]
    fn a_dependency_of_ones_own_stays() {
        for line in ["burn-repro = \"0.1\"", "burn-repro.workspace = true"] {
            let text = format!("[package]\n\n[dev-dependencies]\n{line}\n");
            assert!(
                !with_burn_repro(&text, None).contains("[dev-dependencies.burn-repro]"),
                "{line}"
            );
        }
    }
}
