//! How far every target was from its goldens night after night: a small file of JSON lines that the nightly hands on,
//! and which target moved inside its tolerance. Reading and writing are here; drawing is the page's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::matrix::{Located, Matrix};
use burn_repro_core::evaluate::CellReport;
use burn_repro_core::lfs::is_pointer;
use burn_repro_core::verdict::Verdict;
use burn_repro_core::write::write_whole;

/// The version of the lines.
const VERSION: u32 = 1;

/// Values before the last one that make a band.
const BAND: usize = 3;

/// What the text of a number may move it by, relatively.
const DIGITS: f64 = 1.0e-12;

/// How many values of a line are kept: a year of nights.
const KEPT: usize = 400;

/// One cell of one night.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    version: u32,
    /// When the run began, in UTC.
    at: String,
    scenario: String,
    machine: String,
    target: String,
    /// The largest difference of the output that is nearest to its bound; nothing where there was none.
    distance: Option<f64>,
    /// The bound of that output.
    allowed: Option<f64>,
    verdict: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
}

/// A target of a scenario over time, as the page draws it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The scenario.
    pub scenario: String,
    /// The target, with its machine.
    pub target: String,
    /// The bound.
    pub allowed: f64,
    /// Where it moved inside its tolerance, in words.
    pub drift: Option<String>,
    /// The values, oldest first.
    pub points: Vec<Point>,
}

/// One value of a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// When.
    pub at: String,
    /// How far it was.
    pub distance: Option<f64>,
    /// Whether the cell was red.
    pub red: bool,
}

/// Why there is no history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file system refuses.
    #[error("cannot use the history {}: {error}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the file system says.
        error: io::Error,
    },
    /// A line that this program did not write.
    #[error(
        "{}, line {line}: {reason}; remove the line, or name another file", file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// Everything that is known of past nights.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    entries: Vec<Entry>,
}

impl History {
    /// Reads a file; one that is not there is the first night's.
    ///
    /// # Errors
    /// If it cannot be read or holds something else.
    pub fn read(file: &Path) -> Result<Self, HistoryError> {
        let text = match fs::read_to_string(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            read => read.map_err(|error| HistoryError::File { file: file.to_path_buf(), error })?,
        };
        if is_pointer(text.as_bytes()) {
            let error = io::Error::other("it is a Git LFS pointer: run `git lfs pull`");
            return Err(HistoryError::File { file: file.to_path_buf(), error });
        }
        let mut entries = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let damaged = |reason: String| HistoryError::Damaged {
                file: file.to_path_buf(),
                line: index + 1,
                reason,
            };
            let entry: Entry =
                serde_json::from_str(line).map_err(|error| damaged(error.to_string()))?;
            if entry.version != VERSION {
                return Err(damaged(format!(
                    "it has version {}: expected version {VERSION}",
                    entry.version
                )));
            }
            entries.push(entry);
        }
        Ok(Self { entries })
    }

    /// Adds the cells of a matrix that ran; those that are known already are not added twice.
    pub fn add(&mut self, matrix: &Matrix) {
        let mut known: BTreeSet<([String; 3], String)> =
            self.entries.iter().map(|entry| (entry.key(), entry.at.clone())).collect();
        for located in matrix.cells().filter(|located| located.cell.report.ran()) {
            let entry = Entry::new(&located);
            if known.insert((entry.key(), entry.at.clone())) {
                self.entries.push(entry);
            }
        }
        self.entries.sort_by(|left, right| left.at.cmp(&right.at));
        self.forget();
    }

    /// Drops the oldest values of lines that are longer than a year.
    fn forget(&mut self) {
        let mut later: BTreeMap<[String; 3], usize> = BTreeMap::new();
        let mut kept: Vec<Entry> = Vec::new();
        for entry in self.entries.drain(..).rev() {
            let count = later.entry(entry.key()).or_default();
            *count += 1;
            if *count <= KEPT {
                kept.push(entry);
            }
        }
        kept.reverse();
        self.entries = kept;
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, file: &Path) -> Result<(), HistoryError> {
        let line = |entry: &Entry| {
            serde_json::to_string(entry).expect("an entry has only plain values") + "\n"
        };
        let text: String = self.entries.iter().map(line).collect();
        write_whole(file, text.as_bytes())
            .map_err(|error| HistoryError::File { file: file.to_path_buf(), error })
    }

    /// The lines of targets that have at least two values, those that moved first.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut by_key: BTreeMap<[String; 3], Vec<&Entry>> = BTreeMap::new();
        for entry in &self.entries {
            by_key.entry(entry.key()).or_default().push(entry);
        }
        let mut lines: Vec<Line> = by_key
            .values()
            .filter(|entries| entries.len() > 1)
            .map(|entries| line(entries))
            .collect();
        lines.sort_by_key(|line| line.drift.is_none());
        lines
    }

    /// A sentence for each target that moved inside its tolerance in the runs of a matrix.
    #[must_use]
    pub fn drifts(&self, matrix: &Matrix) -> Vec<String> {
        let begun: BTreeSet<&str> =
            matrix.machines.iter().map(|machine| machine.run.started.as_str()).collect();
        let drift = |line: Line| {
            let last = line.points.last().map_or("", |point| point.at.as_str());
            let told = line.drift.filter(|_| begun.contains(last))?;
            Some(format!("{} on {}: {told}.", line.scenario, line.target))
        };
        self.lines().into_iter().filter_map(drift).collect()
    }
}

impl Entry {
    fn new(located: &Located<'_>) -> Self {
        let (run, report) = (&located.machine.run, &located.cell.report);
        let nearest = nearest(report);
        Self {
            version: VERSION,
            at: run.started.clone(),
            scenario: report.scenario.clone(),
            // Without the time that tells two runs of one report apart: the line goes on.
            machine: run.name.clone(),
            target: report.target.clone(),
            distance: nearest.map(|(distance, _)| distance),
            allowed: nearest.map(|(_, allowed)| allowed),
            verdict: report.verdict,
            commit: run.commit.clone(),
        }
    }

    fn key(&self) -> [String; 3] {
        [self.scenario.clone(), self.machine.clone(), self.target.clone()]
    }
}

/// The difference and the bound of the output that is nearest to its bound.
fn nearest(report: &CellReport) -> Option<(f64, f64)> {
    let pairs = report.outputs.values().filter_map(|output| {
        let comparison = output.comparison.as_ref().filter(|c| c.non_finite == 0)?;
        Some((comparison.max_abs_diff, output.allowed?))
    });
    // Nothing of a bound of nothing is near to no bound.
    let share =
        |(distance, allowed): &(f64, f64)| if *distance == 0.0 { 0.0 } else { distance / allowed };
    pairs.max_by(|left, right| share(left).total_cmp(&share(right)))
}

fn line(entries: &[&Entry]) -> Line {
    let last = entries[entries.len() - 1];
    let point = |entry: &&Entry| Point {
        at: entry.at.clone(),
        distance: entry.distance,
        red: entry.verdict.is_failure(),
    };
    Line {
        scenario: last.scenario.clone(),
        target: format!("{} of {}", last.target, last.machine),
        allowed: last.allowed.unwrap_or(0.0),
        drift: drift(entries),
        points: entries.iter().map(point).collect(),
    }
}

/// Whether the last value lies outside of the band of those before it, although it passes. Nothing is said before there
/// are enough, nor of a red one, which says so itself. A deterministic target has the same value every night, so that
/// its band has no width and any move shows.
#[expect(clippy::float_cmp, reason = "a band without a width is one number")]
fn drift(entries: &[&Entry]) -> Option<String> {
    let (last, before) = entries.split_last()?;
    let passed = |entry: &&&Entry| entry.verdict == Verdict::Pass;
    let band: Vec<f64> = before.iter().filter(passed).filter_map(|entry| entry.distance).collect();
    let value = last.distance.filter(|_| last.verdict == Verdict::Pass)?;
    if band.len() < BAND {
        return None;
    }
    let least = band.iter().copied().fold(f64::INFINITY, f64::min);
    let most = band.iter().copied().fold(0.0, f64::max);
    // Writing and reading a number may move its last digit.
    if (least * (1.0 - DIGITS)..=most * (1.0 + DIGITS)).contains(&value) {
        return None;
    }
    let allowed = last.allowed.unwrap_or(f64::NAN);
    let seen =
        if least == most { format!("{most:.2e}") } else { format!("{least:.2e} to {most:.2e}") };
    Some(format!(
        "moved inside its tolerance, to {value:.2e}; the {} values before were {seen}, {allowed:.1e} is allowed",
        band.len()
    ))
}

#[cfg(test)]
mod tests;
