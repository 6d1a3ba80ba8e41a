//! What the manifest of a project of burn-repro holds, added behind what is there. Pure.

/// The crates that compute, and their levels, as this project itself compiles them: unoptimised, a model takes minutes for
/// seconds.
const OPTIMISED: [(&str, u8); 32] = [
    ("burn-backend", 3),
    ("burn-flex", 3),
    ("burn-ndarray", 3),
    ("burn-repro-compare", 3),
    ("burn-repro-explain", 3),
    ("burn-repro-torch", 3),
    ("burn-repro-worker", 3),
    ("burn-std", 3),
    ("burn-tensor", 3),
    ("bytemuck", 3),
    ("cubecl-common", 3),
    ("cubecl-llvm", 2),
    ("cubecl-opt", 3),
    ("cubecl-zspace", 3),
    ("gemm", 3),
    ("gemm-common", 3),
    ("gemm-f16", 3),
    ("gemm-f32", 3),
    ("gemm-f64", 3),
    ("half", 3),
    ("hashbrown", 3),
    ("indexmap", 3),
    ("matrixmultiply", 3),
    ("ndarray", 3),
    ("num-traits", 3),
    ("nv-flip-sys", 3),
    ("pliron", 3),
    ("pliron-llvm", 1),
    ("pulp", 3),
    ("sha2", 3),
    ("slotmap", 3),
    ("smallvec", 3),
];

/// What holds for all other dependencies.
const OTHERS: &str =
    "[profile.dev.package.\"*\"]\ndebug = false\ndebug-assertions = false\noverflow-checks = false";

/// Whether a line begins with one of these.
fn has(text: &str, parts: &[&str]) -> bool {
    text.lines().map(str::trim).any(|line| parts.iter().any(|part| line.starts_with(part)))
}

/// A manifest with sections behind what it says.
fn with(text: &str, sections: &[String]) -> String {
    let sections = sections.iter().fold(String::new(), |all, section| all + "\n\n" + section);
    format!("{}{sections}\n", text.trim_end())
}

/// The manifest with the dependency and the test. What it says of them already stays. A table of its own for each, which
/// TOML allows beside `[dev-dependencies]`.
pub(super) fn with_burn_repro(text: &str, git: Option<&str>) -> String {
    let mut sections = Vec::new();
    if !has(text, &["burn-repro ", "burn-repro=", "burn-repro.", "[dev-dependencies.burn-repro]"]) {
        let (key, place) = match git {
            Some(url) => ("git", url),
            None => ("path", env!("CARGO_MANIFEST_DIR")),
        };
        sections.push(format!("[dev-dependencies.burn-repro]\n{key} = {place:?}"));
    }
    if !has(text, &["name = \"repro\""]) {
        let test = "# Gate and command line, with a `main` of its own.\n[[test]]\nname = \"repro\"\nharness = false";
        sections.push(test.to_owned());
    }
    with(text, &sections)
}

/// The manifest with the profile. What it says of it already stays. A table of its own for each crate, which TOML allows
/// beside `[profile.dev]`.
pub(super) fn with_profile(text: &str) -> String {
    let mut sections = Vec::new();
    if !has(text, &["[profile.dev.package.\"*\"]"]) {
        sections.push(OTHERS.to_owned());
    }
    for (name, level) in OPTIMISED {
        let header = format!("[profile.dev.package.{name}]");
        let [in_table, inline] = [format!("{name}.opt-level"), format!("{name} = {{ opt-level")];
        if !has(text, &[&header, &in_table, &inline]) {
            sections.push(format!("{header}\nopt-level = {level}"));
        }
    }
    with(text, &sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_added_and_what_is_there_stays() {
        let text = "[package]\nname = \"mine\" # a name\n\n[dev-dependencies]\nrstest = \"0.26\"\n\n\
                    [profile.dev.package]\nburn-flex.opt-level = 2\n";
        let once = with_profile(&with_burn_repro(text, Some("https://example.org/burn-repro")));
        assert!(once.starts_with(text.trim_end()), "{once}");
        for part in [
            "[dev-dependencies.burn-repro]\ngit = \"https://example.org/burn-repro\"",
            "[[test]]\nname = \"repro\"\nharness = false",
            "[profile.dev.package.burn-ndarray]\nopt-level = 3",
        ] {
            assert_eq!(once.matches(part).count(), 1, "{part}\n{once}");
        }
        assert!(!once.contains("[profile.dev.package.burn-flex]"), "{once}");
        assert_eq!(with_profile(&with_burn_repro(&once, None)), once);
    }

    /// What this project compiles for speed, a user's project does, too.
    #[test]
    fn the_levels_are_those_of_this_project() {
        let manifest = include_str!("../../../../../Cargo.toml");
        let (_, profile) = manifest.split_once("[profile.dev.package]").unwrap();
        let levels = profile.lines().filter_map(|line| line.split_once(".opt-level = "));
        let is_quick = |name: &str| {
            ["", "-core", "-report", "-target", "-device"]
                .iter()
                .any(|part| name == format!("burn-repro{part}"))
        };
        let mut levels: Vec<(&str, u8)> = levels
            .filter(|(name, _)| !is_quick(name))
            .map(|(name, level)| (name, level.parse().unwrap()))
            .collect();
        levels.sort_unstable();
        assert_eq!(levels, OPTIMISED);
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
