//! A folder with a scenario for each cause, its goldens made while nothing was spoilt, and the commands that run there.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::command::{WITHOUT_VULKAN, command, empty_folder, said};
use crate::pipeline::SPOILT;

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
    let folder = empty_folder();
    let write = |name: &str, cause: &str, rest: &str| {
        let text = format!(
            "version: 1\nname: {name}\npipeline: spoilt\nseed: 0\nsteps: 1\nparams: {{ wrong: {cause} }}\n\
             backends: [flex, ndarray]\ntime_limit: 20\n{rest}"
        );
        fs::write(folder.path().join(format!("scenarios/{name}.yaml")), text).unwrap();
    };
    SCENARIOS.iter().for_each(|(name, cause, rest)| write(name, cause, rest));
    said(&mut command(folder.path(), "gate", &["reference"]));
    let accepted = said(&mut command(folder.path(), "command-line", &["golden", "accept"]));
    assert_eq!(accepted.0, Some(0), "{}", accepted.1);
    // This one has none.
    write("without-golden", "always", "");
    folder
}

/// `repro bisect` with what follows it, where cells are spoilt.
pub fn bisect(arguments: &[&str]) -> Command {
    let mut bisect = command(folder(), "command-line", &["bisect"]);
    bisect.args(arguments).env(SPOILT, "1").envs(WITHOUT_VULKAN);
    bisect
}

/// The exit code of a command, and what it left with `--json`.
pub fn record_of(mut command: Command) -> (Option<i32>, Value) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let (code, said) = said(command.arg("--json").arg(file.path()));
    let record = serde_json::from_slice(&fs::read(file.path()).unwrap());
    (code, record.unwrap_or_else(|error| panic!("{error}\n{said}")))
}
