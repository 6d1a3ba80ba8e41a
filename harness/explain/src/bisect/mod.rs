//! Which settings make a cell red: it is run again with settings changed, one at a time and in the smallest sets, and
//! held against the same golden. Why a kernel is wrong, and which operation it is, is not found out here.
//!
//! `setup` is how a cell is run, and one change of it; `axes` is what can be changed here, `build` the other builds of
//! this program among it; `search` finds the smallest sets; `trial` runs; `conclusion` and `report` say it in words,
//! `record` to scripts. This file leads through it.

mod axes;
mod build;
mod conclusion;
mod record;
mod report;
mod search;
mod setup;
mod trial;

pub use axes::{Candidate, Machine, axes, start_in_words};
pub use build::{Build, BuildError, named};
pub use conclusion::CellName;
pub use record::BisectionRecord;
pub use report::report;
pub use setup::{Axis, Setup};
pub use trial::{Runner, products};

use axes::Axes;
use std::time::{Duration, Instant};

use search::{SearchResult, TrialResult, search};
use setup::Change;
use trial::{JudgedRun, Side};

use burn_repro_core::exit::Exit;
use burn_repro_core::reason::joined;
use burn_repro_core::verdict::Verdict;

/// Runs of the red cell before anything is changed, and of every set of changes after which it passes: what varies by
/// itself must not be held against a setting.
pub const RUNS: usize = 3;

/// A set of changes, and what became of the cell.
#[derive(Debug)]
pub struct Trial {
    /// Numbers of the changes.
    pub set: Vec<usize>,
    /// One run, or [`RUNS`] where it passed.
    pub runs: Vec<JudgedRun>,
}

/// What came out.
#[derive(Debug, PartialEq, Eq)]
pub enum Ending {
    /// The cell passes as it is.
    Passes,
    /// With nothing changed it is red at one time and passes at another.
    Flaky,
    /// Sets of changes that remove the difference; with `all`, every one of the smallest size.
    Removed {
        /// The sets.
        sets: Vec<Vec<usize>>,
        /// Whether every smaller set was tried.
        all: bool,
    },
    /// Nothing that was tried removes it.
    Stays,
}

/// Everything that was tried.
#[derive(Debug)]
pub struct Bisection {
    /// What can be changed, and what cannot.
    pub axes: Axes,
    /// The cell with nothing changed.
    pub start: Vec<JudgedRun>,
    /// In the order in which they were tried.
    pub trials: Vec<Trial>,
    /// How far it was to go.
    pub limits: SearchLimits,
    /// Sets of two or more that were left out when the time was over.
    pub left_out: usize,
    /// What came out.
    pub ending: Ending,
}

/// How far a search goes.
#[derive(Debug, Clone, Copy)]
pub struct SearchLimits {
    /// Changes at once of which every set is tried.
    pub most: usize,
    /// When no set of two or more is begun any more; single changes are always tried.
    pub time: Duration,
}

/// The red cell gave no result that can be judged: no setting can be named.
#[derive(Debug, thiserror::Error)]
#[error("{verdict} with nothing changed, so no setting can be named: {reason}")]
pub struct Unjudged {
    verdict: Verdict,
    reason: String,
}

impl Unjudged {
    /// The exit code of a run with this verdict.
    pub fn exit(&self) -> Exit {
        match self.verdict {
            Verdict::Skipped => Exit::NothingRan,
            verdict => verdict.info().exit,
        }
    }
}

impl Bisection {
    /// Every change that has a part in removing the difference.
    pub fn removing(&self) -> impl Iterator<Item = &Change> {
        let sets = if let Ending::Removed { sets, .. } = &self.ending { &sets[..] } else { &[] };
        sets.iter().flatten().map(|number| &self.axes.changes[*number])
    }
}

impl Trial {
    /// Whether this machine can run it.
    fn is_here(&self) -> bool {
        self.runs[0].verdict != Verdict::Skipped
    }

    /// What became of the difference. A pass that does not come again is none.
    fn answer(&self) -> TrialResult {
        let sides: Vec<Side> = self.runs.iter().map(JudgedRun::side).collect();
        match sides[..] {
            [Side::Unjudged, ..] | [] => TrialResult::Unknown,
            _ if sides.iter().all(|side| *side == Side::Passes) => TrialResult::Gone,
            _ => TrialResult::Stays,
        }
    }
}

/// Finds the smallest sets of changes after which the cell passes. `say` is told what is tried next.
pub fn bisect(
    start: &Setup,
    axes: Axes,
    limits: SearchLimits,
    run: &mut dyn FnMut(&Setup) -> JudgedRun,
    say: &dyn Fn(&str),
) -> Result<Bisection, Unjudged> {
    let begun = Instant::now();
    say(&format!("unchanged, {RUNS} runs"));
    let mut seen = Vec::new();
    for _ in 0..RUNS {
        seen.push(judged(run(start))?);
    }
    let (mut trials, mut left_out) = (Vec::new(), 0);
    let mut ending = by_itself(&seen);
    if ending.is_none() {
        let slots: Vec<usize> = axes.changes.iter().map(|change| change.axis.slot()).collect();
        let found = search(&slots, limits.most, &mut |set| {
            if set.len() > 1 && begun.elapsed() >= limits.time {
                left_out += 1;
                return TrialResult::Unknown;
            }
            let changes = set.iter().map(|number| &axes.changes[*number]);
            say(&in_words(changes.clone()));
            let setup = changes.fold(start.clone(), Setup::with);
            let trial = Trial { set: set.to_vec(), runs: runs(&setup, run) };
            let answer = trial.answer();
            trials.push(trial);
            answer
        });
        ending = Some(match found {
            SearchResult::Nothing => Ending::Stays,
            SearchResult::Smallest(sets) => Ending::Removed { sets, all: true },
            SearchResult::Shrunk(set) => Ending::Removed { sets: vec![set], all: false },
        });
        if ending != Some(Ending::Stays) {
            say("unchanged, one more run");
            seen.push(judged(run(start))?);
            ending = by_itself(&seen).or(ending);
        }
    }
    let ending = ending.unwrap_or(Ending::Stays);
    Ok(Bisection { axes, start: seen, trials, limits, left_out, ending })
}

/// A set of changes as people write it.
pub fn in_words<'a>(changes: impl Iterator<Item = &'a Change>) -> String {
    changes.map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

fn judged(seen: JudgedRun) -> Result<JudgedRun, Unjudged> {
    match seen.side() {
        Side::Unjudged => Err(Unjudged { verdict: seen.verdict, reason: joined(&seen.reasons) }),
        Side::Passes | Side::Fails => Ok(seen),
    }
}

/// What can be said with nothing changed.
fn by_itself(seen: &[JudgedRun]) -> Option<Ending> {
    match seen.iter().filter(|seen| seen.side() == Side::Fails).count() {
        0 => Some(Ending::Passes),
        red if red < seen.len() => Some(Ending::Flaky),
        _ => None,
    }
}

/// Once where it does not pass; where it does, often enough to believe it.
fn runs(setup: &Setup, run: &mut dyn FnMut(&Setup) -> JudgedRun) -> Vec<JudgedRun> {
    let mut runs = vec![run(setup)];
    while runs.len() < RUNS && runs.iter().all(|seen| seen.side() == Side::Passes) {
        runs.push(run(setup));
    }
    runs
}

#[cfg(test)]
mod tests;
