//! How much a scenario's checks see: faults are planted into a target one by one, and each is noticed, or not, by the
//! sum of absolute values alone, by the elements alone, and by all checks together.
//!
//! Pure but for `run`, which asks a worker; the table is text in `table`.

mod judge;
mod run;
mod service;
mod table;

use serde::{Deserialize, Serialize};

use crate::fault::FAULTS;
use burn_repro_worker::{AnyPipeline, CASE_FAULTS};

pub use judge::{Survivor, survivors};
pub use run::{locate, mutate};
pub use service::SERVICES;
pub use table::{located, table};

/// Every fault that a scenario of a pipeline can be tried with: its name and what is wrong.
pub fn known_faults(pipeline: &dyn AnyPipeline) -> Vec<(&'static str, &'static str)> {
    let operations = FAULTS.iter().map(|fault| (fault.name, fault.what));
    operations.chain(CASE_FAULTS).chain(pipeline.faults()).collect()
}

/// The power of one scenario's checks on one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MutationScore {
    /// The scenario's name.
    pub scenario: String,
    /// The target's name.
    pub target: String,
    /// Every fault that was planted.
    pub trials: Vec<Mutant>,
    /// Faults that fit no operation of the scenario.
    pub(crate) unfit: Vec<String>,
    /// Why nothing could be planted, if nothing could.
    pub refused: Option<String>,
}

/// One fault, planted once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mutant {
    /// The fault's name.
    pub fault: String,
    /// The number of the operation that it changed; nothing for a wrong parameter.
    pub operation: Option<usize>,
    /// What became of it.
    pub seen: Detection,
    /// The largest difference of an output from the same run without the fault, where both are finite.
    pub moved: Option<f64>,
}

/// Who noticed a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    /// Whether it changed an output at all.
    pub effect: bool,
    /// Whether the sum of absolute values is out of its bound.
    pub(crate) by_sum: bool,
    /// Whether an element is out of its bound.
    pub(crate) by_elements: bool,
    /// Whether the cell is red.
    pub(crate) by_all: bool,
}

/// The shares of the faults that have an effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many were planted.
    pub planted: usize,
    pub(crate) without_effect: usize,
    pub(crate) by_sum: usize,
    pub(crate) by_elements: usize,
    pub(crate) by_all: usize,
}

impl Counts {
    /// Counts trials.
    pub fn of<'a>(trials: impl IntoIterator<Item = &'a Mutant>) -> Self {
        let mut tally = Self::default();
        for Mutant { seen, .. } in trials {
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
