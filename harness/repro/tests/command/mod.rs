//! What the end-to-end tests of this crate share: a test's own binary as the command line or the gate, over a folder with
//! `scenarios` and `golden`.

#![allow(dead_code, reason = "every test binary uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use burn_repro::{Project, Registry};
use libtest_mimic::{Arguments, Failed, Trial};
use tempfile::TempDir;

/// Set in the children: `gate` or `command-line`.
const ROLE: &str = "REPRO_TEST_ROLE";
/// Set in the children: the folder of scenarios and goldens.
pub const FOLDER: &str = "REPRO_TEST_FOLDER";

/// Hides Vulkan's drivers from children that run on the processor: to load them takes half of the time of a short command.
pub const WITHOUT_VULKAN: [(&str, &str); 1] = [("VK_DRIVER_FILES", "none")];

/// Runs the trials, or what a trial runs.
pub fn main_of(registry: Registry, trials: fn() -> Vec<Trial>) -> ExitCode {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code();
    };
    let project = Project {
        registry,
        scenarios: folder.join("scenarios"),
        golden: folder.join("golden"),
        noise: None,
    };
    match std::env::var(ROLE).as_deref() {
        Ok("gate") => project.run_gate(),
        _ => project.run_command_line(),
    }
}

/// A temporary folder without a scenario and without a golden.
pub fn empty_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in ["golden", "scenarios"] {
        std::fs::create_dir(folder.path().join(part)).unwrap();
    }
    folder
}

/// The `gate` or the `command-line` over a folder. Nothing that the tests themselves run with reaches the children.
pub fn command(folder: &Path, role: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in ["REQUIRE", "BACKEND", "NIGHTLY", "THREADS", "RUN_NAME", "OPENGL"] {
        command.env_remove(format!("BURN_REPRO_{name}"));
    }
    let others =
        ["CI", "TF_BUILD", "NEXTEST", "RAYON_NUM_THREADS", "INSTA_FORCE_PASS", "INSTA_UPDATE"];
    for name in others {
        command.env_remove(name);
    }
    command
        .env(ROLE, role)
        .env(FOLDER, folder)
        .env("INSTA_OUTPUT", "none")
        // Otherwise insta asks cargo, and every panic reads the binary's symbols.
        .env("INSTA_WORKSPACE_ROOT", folder)
        .env("RUST_BACKTRACE", "0")
        .env("BURN_REPRO_RUNS", folder.join("runs"))
        .args(arguments)
        .current_dir(folder);
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
