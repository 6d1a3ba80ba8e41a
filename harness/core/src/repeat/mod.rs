//! Repeating cells: in the same process, in new processes and in any order of cells, with other numbers of threads, and
//! as a batch. Running is in `run`, here is the sum over the scenarios of a target.

mod run;

use std::collections::BTreeMap;

pub use self::run::{BATCH, repeat};
use crate::evaluate::CellReport;
use crate::stability::RepeatMode;

/// What repeating showed for a target, over all its scenarios.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetStability {
    /// Runs with the same bits and all runs, by the mode.
    pub runs: BTreeMap<RepeatMode, (usize, usize)>,
    /// Scenarios whose batch gives the same bits at every place, and all that have a batch.
    pub batches: (usize, usize),
}

/// Sums up the cells of every target.
#[must_use]
pub fn by_target(reports: &[CellReport]) -> BTreeMap<&str, TargetStability> {
    let mut targets: BTreeMap<&str, TargetStability> = BTreeMap::new();
    for report in reports {
        let Some(stability) = &report.repeats else { continue };
        let target = targets.entry(&report.target).or_default();
        for (mode, tally) in &stability.tallies {
            let (same, all) = target.runs.entry(*mode).or_default();
            *same += tally.runs - tally.differing;
            *all += tally.runs;
        }
        if let Some(agree) = stability.batch_positions {
            target.batches.0 += usize::from(agree);
            target.batches.1 += 1;
        }
    }
    targets
}
