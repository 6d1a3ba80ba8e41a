//! How much a scenario's checks see: faults are planted into a target one by one, and each is noticed, or not, by the
//! sum of absolute values alone, by the elements alone, and by all checks together.
//!
//! Pure but for `run`, which asks a worker; the table is text in `table`.

mod judge;
mod run;
mod table;

use serde::{Deserialize, Serialize};

use crate::fault::FAULTS;
use crate::registry::{AnyPipeline, CASE_FAULTS};

pub(crate) use judge::{Broken, broken};
pub(crate) use run::{locate, power};
pub(crate) use table::{located, table};

/// What stands for every fault in a scenario's `must_catch`.
pub(crate) const ALL_FAULTS: &str = "all";

/// Every fault that a scenario of a pipeline can be tried with: its name and what is wrong.
pub(crate) fn known_faults(pipeline: &dyn AnyPipeline) -> Vec<(&'static str, &'static str)> {
    let operations = FAULTS.iter().map(|fault| (fault.name, fault.what));
    operations.chain(CASE_FAULTS).chain(pipeline.faults()).collect()
}

/// The power of one scenario's checks on one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Power {
    /// The scenario's name.
    pub(crate) scenario: String,
    /// The target's name.
    pub(crate) target: String,
    /// Every fault that was planted.
    pub(crate) trials: Vec<Trial>,
    /// Faults that fit no operation of the scenario.
    pub(crate) unfit: Vec<String>,
    /// Why nothing could be planted, if nothing could.
    pub(crate) refused: Option<String>,
}

/// One fault, planted once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trial {
    /// The fault's name.
    pub(crate) fault: String,
    /// The number of the operation that it changed; nothing for a wrong parameter.
    pub(crate) operation: Option<usize>,
    /// What became of it.
    pub(crate) seen: Seen,
    /// The largest difference of an output from the same run without the fault, where both are finite.
    pub(crate) moved: Option<f64>,
}

/// Who noticed a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Whether it changed an output at all.
    pub(crate) effect: bool,
    /// Whether the sum of absolute values is out of its bound.
    pub(crate) by_sum: bool,
    /// Whether an element is out of its bound.
    pub(crate) by_elements: bool,
    /// Whether the cell is red.
    pub(crate) by_all: bool,
}

/// The shares of the faults that have an effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) planted: usize,
    pub(crate) without_effect: usize,
    pub(crate) by_sum: usize,
    pub(crate) by_elements: usize,
    pub(crate) by_all: usize,
}

impl Tally {
    /// Counts trials.
    pub(crate) fn of<'a>(trials: impl IntoIterator<Item = &'a Trial>) -> Self {
        let mut tally = Self::default();
        for Trial { seen, .. } in trials {
            if seen.effect {
                tally.planted += 1;
                tally.by_sum += usize::from(seen.by_sum);
                tally.by_elements += usize::from(seen.by_elements);
                tally.by_all += usize::from(seen.by_all);
            } else {
                tally.without_effect += 1;
            }
        }
        tally
    }
}
