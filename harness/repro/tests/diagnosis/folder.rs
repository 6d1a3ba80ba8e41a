//! A folder with one scenario of the small model, and the commands over it.

use std::fs;
use std::path::{Path, PathBuf};

use super::command::{WITHOUT_VULKAN, command, empty_folder, said};
use super::model::CODE;

pub struct Folder {
    root: tempfile::TempDir,
    /// What somebody has changed in the model.
    pub code: String,
}

impl Folder {
    /// With a scenario that ends with these lines, and without a golden.
    pub fn new(more: &str) -> Self {
        let folder = Self { root: empty_folder(), code: String::new() };
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
            "version: 1\npipeline: small\nseed: 0\nsteps: 3\nbackends: [flex, ndarray]\nparams:\n\
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
        let mut command = command(self.path(), role, arguments);
        said(command.env(CODE, &self.code).envs(WITHOUT_VULKAN))
    }
}

/// The number of the line of the model that holds a text.
pub fn line_of(text: &str) -> usize {
    let model = include_str!("model.rs");
    model.lines().position(|line| line.contains(text)).unwrap() + 1
}
