//! Another build of this program, for what is compiled in: it is asked what it holds, and refused where it differs in
//! more than that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use burn_repro_device::probe_child;
use burn_repro_target::{Class, Fingerprint};

use burn_repro_core::worker::WorkerCommand;

/// What a build may take to say what it holds.
const LIMIT: Duration = Duration::from_secs(20);
/// Builds beside this one that are asked, the newest first.
const ASKED: usize = 6;

/// Another build of this program.
#[derive(Debug, Clone)]
pub struct Build {
    /// Its path.
    pub program: PathBuf,
    /// What it holds: `autotune`, `fusion`.
    pub features: Vec<String>,
    /// Its path, and when it was built, beside this one: what else may differ between two builds, nobody can ask them.
    pub said: String,
}

/// Why a program is of no use here.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each says what its fields are")]
pub enum BuildError {
    /// No such file, or no program.
    #[error(
        "{path} is no build of this program: {reason}; `cargo tuned list` builds one below target/debug/deps"
    )]
    NoAnswer { path: String, reason: String },
    /// It would change nothing.
    #[error("{path} is built {with}, as this binary is; name one that is not")]
    SameFeatures { path: String, with: &'static str },
    /// `--plain` names a tuned one, or the other way round.
    #[error("{path} is built {with}; name it with {option}")]
    OtherOption { path: String, with: &'static str, option: &'static str },
    /// What would differ beside the features.
    #[error(
        "{path} differs from this binary in {what}; build both from the same sources and lock file"
    )]
    OtherSources { path: String, what: String },
}

/// Asks a build what it holds.
pub fn ask(
    program: &Path,
    command: &WorkerCommand,
    own: &Fingerprint,
) -> Result<Build, BuildError> {
    let path = program.display().to_string();
    let silent = |reason: String| BuildError::NoAnswer { path: path.clone(), reason };
    let program = program.canonicalize().map_err(|error| silent(error.to_string()))?;
    let own_program = command.program();
    let command = command.clone().with_program(program.clone());
    let report = probe_child(Class::Cpu, command.probe(Class::Cpu), LIMIT);
    let Some(target) = report.targets.into_iter().next() else {
        let reasons = report.missing.into_iter().map(|missing| missing.reason);
        return Err(silent(reasons.collect::<Vec<_>>().join("; ")));
    };
    let other = target.fingerprint;
    let differing = differences(own, &other);
    if !differing.is_empty() {
        return Err(BuildError::OtherSources { path, what: differing.join(", ") });
    }
    if other.features == own.features {
        return Err(BuildError::SameFeatures { path, with: with(&own.features) });
    }
    let said = format!("{}, {}", shown(&program), age(&program, own_program));
    Ok(Build { program, features: other.features, said })
}

/// A path as people would type it here.
fn shown(program: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    program.strip_prefix(&here).unwrap_or(program).display().to_string()
}

/// When a program was built, beside another one, in words.
fn age(program: &Path, own: &Path) -> String {
    let built = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    let Some((program, own)) = built(program).zip(built(own)) else { return String::new() };
    let minutes = |time: Duration| match time.as_secs() / 60 {
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    };
    match own.duration_since(program) {
        Ok(older) if older.as_secs() >= 60 => {
            format!(
                "built {} before this binary; build it again if sources changed since",
                minutes(older)
            )
        }
        Ok(_) => "built as this binary was".to_owned(),
        Err(younger) => format!("built {} after this binary", minutes(younger.duration())),
    }
}

/// The build that was named with `--tuned`, or with `--plain` if that is what is wanted.
pub fn named(
    program: &Path,
    tuned: bool,
    command: &WorkerCommand,
    own: &Fingerprint,
) -> Result<Build, BuildError> {
    let build = ask(program, command, own)?;
    if build.features.is_empty() != tuned {
        return Ok(build);
    }
    let option = if tuned { "--plain" } else { "--tuned" };
    let path = program.display().to_string();
    Err(BuildError::OtherOption { path, with: with(&build.features), option })
}

/// The newest build beside this one that holds what this one does not, or the other way round. Cargo keeps both in
/// `deps`, and only links the one that it built last as `repro`.
pub fn beside(command: &WorkerCommand, own: &Fingerprint) -> Option<Build> {
    let program = command.program();
    let prefix = format!("{}-", program.file_stem()?.to_str()?);
    let entries = std::fs::read_dir(program.parent()?.join("deps")).ok()?;
    let mut programs: Vec<(SystemTime, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix)))
        .map(|entry| entry.path())
        .filter(|path| path.extension() == program.extension())
        .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
        .collect();
    programs.sort();
    let newest = programs.into_iter().rev().take(ASKED);
    newest.into_iter().find_map(|(_, path)| ask(&path, command, own).ok())
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

fn with(features: &[String]) -> &'static str {
    match features.is_empty() {
        true => "without autotune and fusion",
        false => "with autotune or fusion",
    }
}
