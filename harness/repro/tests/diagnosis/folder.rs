//! A folder with one scenario of the small model, and the commands over it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Failed;

use super::model::CODE;

/// Set in the children: `command-line` or `gate` instead of the test.
pub const ROLE: &str = "DIAGNOSIS_ROLE";
/// The folder of the children's scenarios and goldens.
pub const FOLDER: &str = "DIAGNOSIS_FOLDER";

pub struct Folder {
    root: tempfile::TempDir,
    /// What somebody has changed in the model.
    pub code: String,
}

impl Folder {
    /// With a scenario that ends with these lines, and without a golden.
    pub fn new(more: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("golden")).unwrap();
        fs::create_dir(root.path().join("scenarios")).unwrap();
        let folder = Self { root, code: String::new() };
        folder.ends_with(more);
        folder
    }

    /// With a reviewed golden.
    pub fn with_golden() -> Self {
        let folder = Self::new("");
        folder.gate(&[]);
        let accepted = folder.repro(&["golden", "accept"]);
        assert_eq!(accepted.0, Some(0), "{}", accepted.1);
        folder
    }

    /// Writes the scenario with these lines at its end.
    pub fn ends_with(&self, more: &str) {
        let text = format!(
            "version: 1\npipeline: small\nseed: 0\nsteps: 3\nbackends: [cpu]\nparams:\n\
             tolerance: {{ pixel: {{ abs: 1.0e-5 }} }}\n{more}"
        );
        fs::write(self.path().join("scenarios/small.yaml"), text).unwrap();
    }

    pub fn path(&self) -> &Path {
        self.root.path()
    }

    pub fn golden(&self) -> PathBuf {
        self.path().join("golden")
    }

    pub fn repro(&self, arguments: &[&str]) -> (Option<i32>, String) {
        self.run("command-line", arguments)
    }

    pub fn gate(&self, arguments: &[&str]) -> (Option<i32>, String) {
        self.run("gate", arguments)
    }

    fn run(&self, role: &str, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .env(ROLE, role)
            .env(FOLDER, self.path())
            .env(CODE, &self.code)
            .env("INSTA_OUTPUT", "none")
            .env("BURN_REPRO_RUNS", self.path().join("runs"))
            .args(arguments)
            .current_dir(self.path());
        for variable in ["CI", "NEXTEST", "BURN_REPRO_REQUIRE", "BURN_REPRO_BACKEND"] {
            command.env_remove(variable);
        }
        let output = command.output().unwrap();
        let said =
            [output.stdout, output.stderr].map(|part| String::from_utf8_lossy(&part).into_owned());
        (output.status.code(), said.join("\n"))
    }
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

/// The number of the line of the model that holds a text.
pub fn line_of(text: &str) -> usize {
    let model = include_str!("model.rs");
    model.lines().position(|line| line.contains(text)).unwrap() + 1
}
