//! What the end-to-end tests share: a copy of the project's scenarios and goldens that they may
//! spoil, and the built binary run over it.

#![allow(dead_code, reason = "every test binary uses a part of it")]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use burn_repro_core::golden::{GoldenText, Store, Summary};
use burn_repro_core::hash::sha256_hex;
use burn_repro_core::tensor_file;
use burn_repro_core::trace::NamedTensor;
use tempfile::TempDir;

/// The targets that every machine has and that start at once.
pub const CPU: &[&str] = &["--backend", "flex", "--backend", "ndarray"];

/// The names of this machine's targets; asked once.
pub fn targets() -> &'static [String] {
    static TARGETS: OnceLock<Vec<String>> = OnceLock::new();
    TARGETS.get_or_init(|| {
        let listing = Copy::empty().repro(&["list", "--targets", "--json"]).stdout;
        let listing: serde_json::Value = serde_json::from_str(&listing).unwrap();
        let targets = listing["targets"]["targets"].as_array().unwrap();
        targets.iter().map(|target| target["name"].as_str().unwrap().to_owned()).collect()
    })
}

/// Why there is no WGPU target, if there is none.
pub fn no_wgpu() -> Option<String> {
    let is_here = targets().iter().any(|name| name.starts_with("wgpu"));
    (!is_here).then(|| "there is no WGPU target here".to_owned())
}

/// A temporary folder with `scenarios/` and `golden/`.
pub struct Copy {
    folder: TempDir,
    environment: Vec<(String, OsString)>,
}

impl Copy {
    /// Without scenarios.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("scenarios")).unwrap();
        fs::create_dir(folder.path().join("golden")).unwrap();
        Self { folder, environment: Vec::new() }
    }

    /// With these of the repository's scenarios (`ddim/ddim-tiny`) and their goldens.
    pub fn of(scenarios: &[&str]) -> Self {
        let copy = Self::empty();
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        for scenario in scenarios {
            let name = scenario.rsplit('/').next().unwrap();
            let from = repository.join(format!("{scenario}.yaml"));
            fs::copy(from, copy.scenario(name)).unwrap();
            for file in [".snap", "@tensors.snap", "@tensors.snap.safetensors"] {
                let file = format!("{name}{file}");
                let from = repository.with_file_name("golden").join(&file);
                fs::copy(from, copy.golden(&file)).unwrap();
            }
        }
        copy
    }

    /// Sets a variable for every run.
    pub fn set(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.environment.push((name.into(), value.as_ref().to_owned()));
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn scenario(&self, name: &str) -> PathBuf {
        self.path().join(format!("scenarios/{name}.yaml"))
    }

    pub fn golden(&self, file: &str) -> PathBuf {
        self.path().join("golden").join(file)
    }

    /// Replaces a text that must be there in a file.
    pub fn replace(&self, file: &Path, from: &str, to: &str) {
        let text = fs::read_to_string(file).unwrap();
        assert!(text.contains(from), "{} has no {from:?}:\n{text}", file.display());
        fs::write(file, text.replacen(from, to, 1)).unwrap();
    }

    /// Changes a golden as a reference could have made it: both halves stay whole and sealed.
    pub fn change_golden(
        &self,
        scenario: &str,
        change: impl FnOnce(&mut GoldenText, &mut [NamedTensor]),
    ) {
        let store = Store::new(self.path().join("golden"));
        let golden = store.load(scenario).unwrap();
        let (mut text, mut tensors) = (golden.text, tensor_file::decode(&golden.bytes).unwrap());
        change(&mut text, &mut tensors);
        for summary in text.outputs.iter_mut().chain(&mut text.records) {
            let named = tensors.iter().find(|named| named.name == summary.name).unwrap();
            *summary = Summary::whole(&named.name, &named.tensor);
        }
        let bytes = tensor_file::encode(&tensors);
        text.tensors_sha256 = sha256_hex(&bytes);
        store.files_of(scenario).write("", &text.sealed().to_yaml(), &bytes).unwrap();
    }

    /// Changes one element of an output of a golden.
    pub fn change_element(&self, scenario: &str, output: &str, flat: usize, value: f64) {
        self.change_golden(scenario, |_, tensors| {
            let named = tensors.iter_mut().find(|named| named.name == output).unwrap();
            named.tensor.values[flat] = value;
        });
    }

    /// Runs `repro` over the copy.
    pub fn repro(&self, arguments: &[&str]) -> Run {
        let mut command = self.command();
        command.args(arguments).arg("--scenarios").arg(self.path().join("scenarios"));
        Run::of(command.arg("--golden").arg(self.path().join("golden")))
    }

    /// Runs the scenarios of the copy on [`CPU`], with more arguments.
    pub fn run_on_cpu(&self, arguments: &[&str]) -> Run {
        self.repro(&[&["run"], CPU, arguments].concat())
    }

    /// `repro` in the copy's folder, which it does not know yet.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_repro"));
        // The tests themselves may run with these, and in CI.
        for name in ["REQUIRE", "BACKEND", "NIGHTLY", "THREADS", "RUN_NAME", "OPENGL"] {
            command.env_remove(format!("BURN_REPRO_{name}"));
        }
        command
            .env_remove("CI")
            .env_remove("TF_BUILD")
            .env("BURN_REPRO_RUNS", self.path().join("runs"))
            .envs(self.environment.iter().cloned())
            .current_dir(self.path());
        command
    }
}

/// How a run ended and what it said.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Asserts the exit code, showing everything that was said otherwise.
    #[track_caller]
    pub fn ends_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "\n{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Asserts that every part was said, on either stream.
    #[track_caller]
    pub fn says(&self, parts: &[&str]) -> &Self {
        let all = format!("{}\n{}", self.stdout, self.stderr);
        for part in parts {
            assert!(all.contains(part), "missing {part:?} in\n{all}");
        }
        self
    }
}
