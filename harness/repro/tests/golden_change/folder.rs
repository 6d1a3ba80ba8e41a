//! The pipeline whose kernels can be made wrong, and a folder with a scenario of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use burn::tensor::Device;
use burn_repro::{BoxError, Case, Pipeline, Probe};
use burn_repro_core::golden::{Golden, GoldenFiles, Store};
use libtest_mimic::Failed;
use serde::Deserialize;

use crate::command::{WITHOUT_VULKAN, command, empty_folder, said};

/// A kernel: `flex=1.5` multiplies by 1.5 on flex, `all=0.99` everywhere; `panic…` panics with these words, `bug` in the
/// process that judges.
pub const KERNEL: &str = "GOLDEN_CHANGE_KERNEL";

/// Scales noise into an image.
pub struct Scaled;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    scale: f64,
    /// Numbers that change nothing: a question as long as one likes.
    #[serde(default)]
    curve: Vec<f64>,
}

impl Pipeline for Scaled {
    const NAME: &'static str = "scaled";
    type Params = Params;

    fn validate(&self, _case: &Case<Params>) -> Result<(), BoxError> {
        // What a bug of the harness's own process does.
        assert!(std::env::var(KERNEL).as_deref() != Ok("bug"), "a bug");
        Ok(())
    }

    fn run(&self, case: &Case<Params>, device: &Device, probe: &mut Probe) -> Result<(), BoxError> {
        let kernel = std::env::var(KERNEL).unwrap_or("all=1".into());
        assert!(!kernel.starts_with("panic"), "{kernel}");
        let (backend, factor) = kernel.split_once('=').ok_or("no kernel")?;
        let here = format!("{device:?}").to_lowercase();
        let mine = backend == "all" || here.contains(backend);
        let factor = if mine { factor.parse()? } else { 1.0 };
        let values: Vec<f32> = (0..768).map(|index| (index as f32 * 0.618).fract()).collect();
        let noise = probe.noise([1, 16, 16, 3], &values);
        if case.params.curve.iter().any(|number| !number.is_finite()) {
            return Err("the curve is not finite".into());
        }
        let image = noise.mul_scalar(case.params.scale * factor);
        probe.record("step.00/image", &image);
        probe.output("image", &image);
        Ok(())
    }
}

/// A folder with one scenario and an empty golden folder.
pub struct Folder {
    root: tempfile::TempDir,
    pub kernel: String,
}

impl Folder {
    pub fn new() -> Self {
        let folder = Self { root: empty_folder(), kernel: "all=1".into() };
        folder.scale(0.5);
        folder
    }

    /// With a reviewed golden.
    pub fn with_golden() -> Self {
        let folder = Self::new();
        folder.gate(&[]);
        assert!(folder.repro(&["golden", "accept"]).0 == Some(0));
        folder
    }

    pub fn path(&self) -> &Path {
        self.root.path()
    }

    pub fn golden(&self) -> PathBuf {
        self.path().join("golden")
    }

    pub fn store(&self) -> Store {
        Store::new(self.golden())
    }

    pub fn load(&self) -> Golden {
        self.store().load("tiny").unwrap()
    }

    pub fn pending(&self) -> bool {
        GoldenFiles::pending(&self.golden(), "tiny").all().iter().any(|file| file.exists())
    }

    /// Writes the scenario.
    pub fn scale(&self, scale: f64) {
        self.write("tiny", &format!("scale: {scale}"));
    }

    /// Writes a scenario with these parameters.
    pub fn write(&self, name: &str, params: &str) {
        let text = format!(
            "version: 1\npipeline: scaled\nseed: 0\nsteps: 1\nbackends: [flex, ndarray]\nparams: {{ {params} }}\n"
        );
        fs::write(self.path().join(format!("scenarios/{name}.yaml")), text).unwrap();
    }

    /// The `gate` or the `command-line` over it.
    pub fn command(&self, role: &str, arguments: &[&str]) -> Command {
        let mut command = command(self.path(), role, arguments);
        command.env(KERNEL, &self.kernel).envs(WITHOUT_VULKAN);
        command
    }

    pub fn repro(&self, arguments: &[&str]) -> (Option<i32>, String) {
        said(&mut self.command("command-line", arguments))
    }

    pub fn gate(&self, arguments: &[&str]) -> (Option<i32>, String) {
        said(&mut self.command("gate", arguments))
    }
}

pub fn ensure(holds: bool, what: &str) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(what.into()) }
}
