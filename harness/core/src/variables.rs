//! The variables of `repro`, `repro run` and the gate: one list for all three. What counts as set or as on is said once
//! for all programs, in `backends/target`; what an option of the command line says goes before.

use std::env;
use std::path::PathBuf;

use burn_repro_target::{OPENGL, VariableError, path_variable, switch, variable};

use crate::scenario::BackendSelector;

/// Backends that must be here: `BURN_REPRO_REQUIRE=cpu,wgpu`.
const REQUIRE: &str = "BURN_REPRO_REQUIRE";
/// Backends that a run is limited to: `BURN_REPRO_BACKEND=cpu`.
const BACKEND: &str = "BURN_REPRO_BACKEND";
/// Turned on, the scenarios tagged `nightly` run, too: `BURN_REPRO_NIGHTLY=1`.
const NIGHTLY: &str = "BURN_REPRO_NIGHTLY";
/// The number of threads of each CPU cell: `BURN_REPRO_THREADS=4`.
const THREADS: &str = "BURN_REPRO_THREADS";
/// What the machine is called in reports: `BURN_REPRO_RUN_NAME=linux-lavapipe`.
const RUN_NAME: &str = "BURN_REPRO_RUN_NAME";
/// Another folder of scenarios: `BURN_REPRO_SCENARIOS=DIR`.
const SCENARIOS: &str = "BURN_REPRO_SCENARIOS";
/// Another folder of goldens: `BURN_REPRO_GOLDEN=DIR`.
const GOLDEN: &str = "BURN_REPRO_GOLDEN";
/// Another folder for runs: `BURN_REPRO_RUNS=DIR`.
const RUNS: &str = "BURN_REPRO_RUNS";

/// What must be here.
#[derive(Debug, Default, PartialEq)]
pub struct Required {
    /// Classes and targets.
    pub backends: Vec<BackendSelector>,
    /// Whether the files that scenarios need must be, too: `BURN_REPRO_REQUIRE=cpu,files`.
    pub files: bool,
}

/// What must be here.
pub fn required() -> Result<Required, VariableError> {
    Ok(variable(REQUIRE, parse_required)?.unwrap_or_default())
}

/// Backends that a run is limited to; none means all.
pub fn backends() -> Result<Vec<BackendSelector>, VariableError> {
    Ok(variable(BACKEND, selectors)?.unwrap_or_default())
}

/// Whether the scenarios tagged `nightly` run.
pub fn nightly() -> Result<bool, VariableError> {
    switch(NIGHTLY)
}

/// The number of threads of each CPU cell.
pub fn threads() -> Result<Option<usize>, VariableError> {
    variable(THREADS, parse_threads)
}

/// What the machine is called.
pub fn run_name() -> Result<Option<String>, VariableError> {
    variable(RUN_NAME, parse_machine)
}

/// The folder of the scenarios.
pub fn scenarios() -> Option<PathBuf> {
    path_variable(SCENARIOS)
}

/// The folder of the goldens.
pub fn golden() -> Option<PathBuf> {
    path_variable(GOLDEN)
}

/// The folder for runs.
pub fn runs() -> Option<PathBuf> {
    path_variable(RUNS)
}

/// The variable by which this is CI, in which nobody reviews; insta detects it by the same variables and writes nothing.
pub fn ci() -> Option<&'static str> {
    ci_of(env::var("CI").ok().as_deref(), env::var("TF_BUILD").is_ok())
}

/// Azure Pipelines sets `TF_BUILD` alone. `CI` goes before it, also where it says no.
fn ci_of(ci: Option<&str>, tf_build: bool) -> Option<&'static str> {
    match ci {
        Some("false" | "0" | "") => None,
        Some(_) => Some("CI"),
        None => tf_build.then_some("TF_BUILD"),
    }
}

/// Refuses a value that children of this process would have to guess at.
pub fn check_for_children() -> Result<(), VariableError> {
    switch(OPENGL).map(drop)
}

/// Parses a number of threads.
///
/// # Errors
/// A sentence with the range.
pub fn parse_threads(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=1024).contains(count));
    count.ok_or_else(|| format!("invalid number of threads `{text}`: expected 1 to 1024"))
}

/// Parses the name of a machine.
///
/// # Errors
/// A sentence that says what a name may be.
pub fn parse_machine(text: &str) -> Result<String, String> {
    let text = text.trim();
    let plain = !text.is_empty() && text.len() <= 64 && !text.contains(char::is_control);
    plain.then(|| text.to_owned()).ok_or_else(|| {
        format!("invalid machine name `{text}`: expected up to 64 letters, as in `linux-lavapipe`")
    })
}

fn parse_required(text: &str) -> Result<Required, String> {
    let (files, backends): (Vec<&str>, Vec<&str>) =
        text.split(',').partition(|name| name.trim() == "files");
    Ok(Required { backends: selectors(&backends.join(","))?, files: !files.is_empty() })
}

/// Names with commas between them; an empty one does not count.
fn selectors(text: &str) -> Result<Vec<BackendSelector>, String> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(str::parse).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nothing(None, false, None)]
    #[case::most_services(Some("true"), false, Some("CI"))]
    #[case::any_word(Some("woodpecker"), false, Some("CI"))]
    #[case::azure(None, true, Some("TF_BUILD"))]
    #[case::both(Some("1"), true, Some("CI"))]
    #[case::said_no(Some("false"), true, None)]
    #[case::zero(Some("0"), false, None)]
    #[case::empty(Some(""), true, None)]
    fn ci_is_what_insta_takes_for_it(
        #[case] ci: Option<&str>,
        #[case] tf_build: bool,
        #[case] variable: Option<&str>,
    ) {
        assert_eq!(ci_of(ci, tf_build), variable);
    }

    #[test]
    fn files_can_be_required_beside_backends() {
        let cpu = selectors("cpu").unwrap();
        let required = |text| parse_required(text).unwrap();
        assert_eq!(required("cpu, files"), Required { backends: cpu.clone(), files: true });
        assert_eq!(required("cpu"), Required { backends: cpu, files: false });
        assert!(parse_required("file").is_err());
    }

    /// Lists as shells and workflows put them together: an absent part leaves its comma.
    #[rstest]
    #[case("cpu,wgpu", &["cpu", "wgpu"])]
    #[case(" cpu , wgpu:llvmpipe ", &["cpu", "wgpu:llvmpipe"])]
    #[case(",cpu,,", &["cpu"])]
    #[case("cpu,\n  cuda", &["cpu", "cuda"])]
    #[case(", ,", &[])]
    fn empty_entries_and_spaces_do_not_count(#[case] text: &str, #[case] names: &[&str]) {
        let read = selectors(text).unwrap();
        assert_eq!(read.iter().map(ToString::to_string).collect::<Vec<_>>(), names);
    }

    #[rstest]
    #[case("cpu;wgpu", "unknown backend `cpu;wgpu`")]
    #[case("cpu wgpu", "unknown backend `cpu wgpu`")]
    #[case("cpu,tpu", "unknown backend `tpu`: expected a class (`cpu`, `wgpu`, `cuda`)")]
    #[case("CPU", "unknown backend `CPU`")]
    fn an_entry_that_nobody_knows_is_named(#[case] text: &str, #[case] said: &str) {
        let error = selectors(text).unwrap_err();
        assert!(error.starts_with(said), "{error}");
    }
}
