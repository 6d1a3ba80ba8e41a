//! A folder with a scenario for each cause, its goldens made while nothing was spoilt, and the commands that run there.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use libtest_mimic::Failed;
use serde_json::Value;

use crate::pipeline::SPOILT;

/// Set in the children, to the folder of scenarios and goldens: be the command line instead of the test.
pub const FOLDER: &str = "BISECT_FOLDER";
/// Set to `gate` in children that are the gate.
pub const ROLE: &str = "BISECT_ROLE";

/// Name of the scenario, its cause, and what else it says.
const SCENARIOS: &[(&str, &str, &str)] = &[
    ("threads", "threads", ""),
    ("narrow", "narrow", ""),
    ("fast", "fast", ""),
    ("threads-or-narrow", "threads-or-narrow", ""),
    ("threads-and-narrow", "threads-and-narrow", ""),
    ("three", "threads-or-narrow-or-fast", ""),
    ("flex", "flex", ""),
    ("plain", "plain", ""),
    ("always", "always", ""),
    ("chance", "chance", ""),
    ("crash", "crash", ""),
    ("crash-in-f64", "threads-crash-in-f64", ""),
    (
        "known",
        "always",
        "known_failures: [{ backend: flex, cause: mismatch, reason: it is known, issue: here, review_by: 2999-01-01 }]\n",
    ),
];

/// The folder that all tests share; runs do not change it.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(prepared).path()
}

fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("golden")).unwrap();
    fs::create_dir(folder.path().join("scenarios")).unwrap();
    let write = |name: &str, cause: &str, rest: &str| {
        let text = format!(
            "version: 1\nname: {name}\npipeline: spoilt\nseed: 0\nsteps: 1\nparams: {{ wrong: {cause} }}\n\
             backends: [cpu]\ntime_limit: 20\n{rest}"
        );
        fs::write(folder.path().join(format!("scenarios/{name}.yaml")), text).unwrap();
    };
    SCENARIOS.iter().for_each(|(name, cause, rest)| write(name, cause, rest));
    said(&mut command(folder.path(), "gate", &["reference"]));
    let accepted = said(&mut command(folder.path(), "", &["golden", "accept"]));
    assert_eq!(accepted.0, Some(0), "{}", accepted.1);
    // This one has none.
    write("without-golden", "always", "");
    folder
}

fn command(folder: &Path, role: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .env(FOLDER, folder)
        .env(ROLE, role)
        .env("INSTA_OUTPUT", "none")
        .env("RUST_BACKTRACE", "0")
        .env("BURN_REPRO_RUNS", folder.join("runs"))
        .env_remove("CI")
        .env_remove("BURN_REPRO_REQUIRE")
        .env_remove("BURN_REPRO_BACKEND")
        .env_remove("BURN_REPRO_THREADS")
        .env_remove("RAYON_NUM_THREADS")
        .env_remove("NEXTEST")
        .args(arguments);
    command
}

/// `repro bisect` with what follows it, where cells are spoilt.
pub fn bisect(arguments: &[&str]) -> Command {
    let mut command = command(folder(), "", &["bisect"]);
    command.args(arguments).env(SPOILT, "1");
    command
}

/// The exit code and all that was said.
pub fn said(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    let said =
        [output.stdout, output.stderr].map(|part| String::from_utf8_lossy(&part).into_owned());
    (output.status.code(), said.join("\n"))
}

/// Fails unless a run ended with a code and said every part.
pub fn check((got, said): (Option<i32>, String), code: i32, parts: &[&str]) -> Result<(), Failed> {
    for part in parts {
        if !said.contains(part) {
            return Err(format!("{part:?} is not in\n{said}").into());
        }
    }
    if got == Some(code) { Ok(()) } else { Err(format!("exit code {got:?}\n{said}").into()) }
}

/// The exit code of a command, and what it left with `--json`.
pub fn record_of(mut command: Command) -> (Option<i32>, Value) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let (code, said) = said(command.arg("--json").arg(file.path()));
    let record = serde_json::from_slice(&fs::read(file.path()).unwrap());
    (code, record.unwrap_or_else(|error| panic!("{error}\n{said}")))
}
