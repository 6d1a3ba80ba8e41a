//! What can be wrong with scenario files, and where: `file:line:column: what, and the help`.

use std::fmt;
use std::path::{Path, PathBuf};

use super::merge::MERGE;

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The file or folder cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// Not UTF-8.
    #[error("is not valid UTF-8: save it as UTF-8")]
    NotText,
    /// Larger than any scenario.
    #[error("has {length} bytes, a scenario at most {limit}; keep data in files beside it")]
    TooLarge {
        /// The file's length in bytes.
        length: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Nothing in it.
    #[error("is empty: expected `version: 1`, a pipeline, a seed and steps")]
    Empty,
    /// A folder without scenario files.
    #[error(
        "holds no scenario (no *.yaml below it{not_searched}); point --scenarios at the folder that does"
    )]
    NoScenarios {
        /// What was left out, in words; empty if nothing was.
        not_searched: String,
    },
    /// A link to something that is not there.
    #[error("is a link to {}, which cannot be read: {error}; restore what it leads to or delete the link", target.display())]
    BrokenLink {
        /// Where the link leads to.
        target: PathBuf,
        /// What the file system says.
        error: std::io::Error,
    },
    /// A pipe, a socket or a device.
    #[error("is not a file; expected a text file with a scenario")]
    NotAFile,
    /// Not what the format says; the message names the key and what was expected.
    #[error("{0}")]
    Yaml(String),
    /// A value that cannot work.
    #[error("{0}")]
    Invalid(String),
    /// No pipeline of that name.
    #[error("unknown pipeline `{name}`; known here: {known}")]
    UnknownPipeline {
        /// The name in the file.
        name: String,
        /// The names of the registry.
        known: String,
    },
    /// Two files give one name.
    #[error("the name `{name}` is taken by {}; give one of the two another `name:`", other.display())]
    DuplicateName {
        /// The name.
        name: String,
        /// The file that has it already.
        other: PathBuf,
    },
    /// Two files give names that are one name where the case of letters does not count.
    #[error(
        "the name `{name}` differs from `{taken}` of {} only in the case of letters: on Windows and macOS the goldens of \
         both would be one file; give one of the two another `name:`",
        other.display()
    )]
    NameInAnotherCase {
        /// The name.
        name: String,
        /// The name that is there already.
        taken: String,
        /// The file that has it.
        other: PathBuf,
    },
}

/// A problem and its place.
#[derive(Debug)]
pub struct ProblemAt {
    /// The file or folder.
    pub file: PathBuf,
    /// Line and column, counted from 1, where a place inside the file is meant.
    pub place: Option<(usize, usize)>,
    /// What is wrong.
    pub problem: Problem,
}

impl ProblemAt {
    /// A problem of a whole file.
    pub fn file(file: &Path, problem: Problem) -> Self {
        Self { file: file.to_path_buf(), place: None, problem }
    }

    /// A problem of a top-level key, placed where the key stands.
    pub fn key(file: &Path, text: &str, key: &str, problem: Problem) -> Self {
        // A key that is not there was merged into the file.
        let stands = |key| text.lines().position(|line| starts_with_key(line, key));
        let line = stands(key).or_else(|| stands(MERGE)).map_or(1, |index| index + 1);
        Self { file: file.to_path_buf(), place: Some((line, 1)), problem }
    }

    /// An error of the YAML parser, with its place.
    pub fn yaml(file: &Path, text: &str, error: &serde_yaml::Error) -> Self {
        let place = error.location().map(|place| (place.line(), place.column()));
        let mut message = error.to_string();
        if let Some((line, column)) = place {
            // The place stands in front of the message already.
            message = message.replace(&format!(" at line {line} column {column}"), "");
        }
        let place = second_key(text, &message).or(place);
        Self { file: file.to_path_buf(), place, problem: Problem::Yaml(message) }
    }
}

/// Where a top-level key stands for the second time; serde places that error at the mapping.
fn second_key(text: &str, message: &str) -> Option<(usize, usize)> {
    let key = message.strip_prefix("duplicate field `")?.strip_suffix('`')?;
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| starts_with_key(line, key));
    lines.nth(1).map(|(line, _)| (line, 1))
}

fn starts_with_key(line: &str, key: &str) -> bool {
    line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'))
}

impl fmt::Display for ProblemAt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(formatter, ":{line}:{column}")?;
        }
        write!(formatter, ": {}", self.problem)
    }
}

impl std::error::Error for ProblemAt {}

/// Everything that is wrong with a folder of scenarios.
#[derive(Debug)]
pub struct LoadError {
    /// At least one problem.
    pub problems: Vec<ProblemAt>,
}

impl LoadError {
    /// Several problems.
    pub fn new(problems: Vec<ProblemAt>) -> Self {
        Self { problems }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        formatter.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for LoadError {}
