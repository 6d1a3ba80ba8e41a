//! Another build of this program, for what is compiled in: it is asked what it holds, and refused where it differs in
//! more than that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use burn_repro_device::probe_child;
use burn_repro_target::{Class, Fingerprint};

use burn_repro_core::worker::WorkerCommand;

/// What a build may take to say what it holds.
const LIMIT: Duration = Duration::from_secs(20);

/// Another build of this program.
#[derive(Debug, Clone)]
pub struct Build {
    /// Its path.
    pub program: PathBuf,
    /// What it holds: `autotune`, `fusion`.
    pub features: Vec<String>,
}

/// Why a program is of no use here.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each says what its fields are")]
pub enum BuildError {
    /// No such file, or no program.
    #[error(
        "cannot read the features of {path}: {reason}; expected a build of this program, as `cargo tuned list` leaves \
         one below target/debug/deps"
    )]
    NoAnswer { path: String, reason: String },
    /// It would change nothing.
    #[error("{path} is built {with}, like this binary: expected a build with other features")]
    SameFeatures { path: String, with: &'static str },
    /// `--plain` names a tuned one, or the other way round.
    #[error("{path} is built {with}: use {option} for it")]
    OtherOption { path: String, with: &'static str, option: &'static str },
    /// What would differ beside the features.
    #[error(
        "{path} differs from this binary in {what}: expected a build of the same sources and lock file"
    )]
    OtherSources { path: String, what: String },
}

/// Asks a program that was named with `--tuned`, or else with `--plain`, what it holds.
pub fn named(
    program: &Path,
    tuned: bool,
    command: &WorkerCommand,
    own: &Fingerprint,
) -> Result<Build, BuildError> {
    let path = program.display().to_string();
    let silent = |reason: String| BuildError::NoAnswer { path: path.clone(), reason };
    let program = program.canonicalize().map_err(|error| silent(error.to_string()))?;
    let command = command.clone().with_program(program.clone());
    let report = probe_child(Class::Cpu, command.probe(Class::Cpu), LIMIT);
    let Some(target) = report.targets.into_iter().next() else {
        let reasons = report.missing.into_iter().map(|missing| missing.reason);
        return Err(silent(reasons.collect::<Vec<_>>().join("; ")));
    };
    let other = target.fingerprint;
    let differing = differences(own, &other);
    let with = match other.features.is_empty() {
        true => "without autotune and fusion",
        false => "with autotune or fusion",
    };
    if !differing.is_empty() {
        Err(BuildError::OtherSources { path, what: differing.join(", ") })
    } else if other.features == own.features {
        Err(BuildError::SameFeatures { path, with })
    } else if other.features.is_empty() == tuned {
        let option = if tuned { "--plain" } else { "--tuned" };
        Err(BuildError::OtherOption { path, with, option })
    } else {
        Ok(Build { program, features: other.features })
    }
}

/// What differs between two builds beside their features.
fn differences(own: &Fingerprint, other: &Fingerprint) -> Vec<String> {
    let mut differences = Vec::new();
    if own.rustc != other.rustc {
        differences.push(format!("rustc ({}; {})", own.rustc, other.rustc));
    }
    let names: BTreeSet<&String> = own.crates.keys().chain(other.crates.keys()).collect();
    for name in names {
        let [left, right] = [own, other].map(|side| side.crates.get(name));
        if left != right {
            let words =
                |version: Option<&String>| version.map_or("none", String::as_str).to_owned();
            differences.push(format!("{name} ({}; {})", words(left), words(right)));
        }
    }
    differences
}
