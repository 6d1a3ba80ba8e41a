//! What went wrong with a cell: whether the code changed or a kernel is off, which operation it is, and how the distance
//! grows. Everything here is pure; what it rests on is measured by the `lockstep`.

mod change;
mod conclude;
mod growth;
mod report;

use serde::{Deserialize, Serialize};

use crate::evaluate::RecordReport;
use crate::verdict::Verdict;

pub use change::{Change, first_change};
pub(crate) use conclude::conclude;
pub use conclude::short;
pub use growth::{Growth, growth};
pub use report::{Error, LockstepReport, OperationReport, ReadReport, TOLD};

/// The version of the format.
pub const VERSION: u32 = 1;

/// A diagnosis of one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The version of the format.
    pub version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// The target's name.
    pub target: String,
    /// The verdict of the plain run.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// The first intermediate tensor of the plain run that is out of tolerance.
    pub first_outside: Option<RecordReport>,
    /// What is known of the reference.
    pub reference: ReferenceState,
    /// How the distance of the target from the reference grows.
    pub growth: Option<Growth>,
    /// Operation by operation.
    pub lockstep: LockstepReport,
    /// One sentence.
    pub conclusion: String,
}

/// Whether the reference gives its golden.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceState {
    /// It does.
    Same,
    /// There is no golden, or it was made from another version of the scenario.
    NoGolden(String),
    /// It does not: the code or an input of it is another one.
    Changed {
        /// The first operation that is another one than when the golden was made, where the golden remembers.
        first: Option<Change>,
        /// Why that cannot be said, if it cannot.
        unknown: Option<String>,
    },
}

/// What a diagnosis is made of.
#[derive(Debug)]
pub struct Evidence {
    /// The scenario's name.
    pub scenario: String,
    /// The target's name.
    pub target: String,
    /// What the run said of the cell.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// The first record outside of the tolerance.
    pub first_outside: Option<RecordReport>,
    /// Whether the reference gives its golden.
    pub reference: ReferenceState,
    /// What running it operation by operation found.
    pub lockstep: LockstepReport,
}

impl Diagnosis {
    /// Draws the conclusion.
    pub fn new(evidence: Evidence) -> Self {
        let growth = growth(&evidence.lockstep.reads);
        let conclusion = conclude(&evidence, growth.as_ref());
        let Evidence { scenario, target, verdict, reason, first_outside, reference, lockstep } =
            evidence;
        Self {
            version: VERSION,
            scenario,
            target,
            verdict,
            reason,
            first_outside,
            reference,
            growth,
            lockstep,
            conclusion,
        }
    }
}
