//! What went wrong with a cell: whether the code changed or a kernel is off, which operation it is, and how the distance
//! grows. Everything here is pure; what it rests on is measured by the `lockstep`.

mod change;
mod conclude;
mod growth;

use serde::{Deserialize, Serialize};

use crate::evaluate::RecordReport;
use crate::lockstep::LockstepReport;
use crate::verdict::Verdict;

pub(crate) use change::{Change, first_change};
pub(crate) use conclude::{conclude, short};
pub(crate) use growth::{Growth, growth};

/// The version of the format.
pub(crate) const VERSION: u32 = 1;

/// A diagnosis of one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Diagnosis {
    /// The version of the format.
    pub(crate) version: u32,
    /// The scenario's name.
    pub(crate) scenario: String,
    /// The target's name.
    pub(crate) target: String,
    /// The verdict of the plain run.
    pub(crate) verdict: Verdict,
    /// Why.
    pub(crate) reason: String,
    /// The first intermediate tensor of the plain run that is out of tolerance.
    pub(crate) first_outside: Option<RecordReport>,
    /// What is known of the reference.
    pub(crate) reference: ReferenceState,
    /// How the distance of the target from the reference grows.
    pub(crate) growth: Option<Growth>,
    /// Operation by operation.
    pub(crate) lockstep: LockstepReport,
    /// One sentence.
    pub(crate) conclusion: String,
}

/// Whether the reference gives its golden.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReferenceState {
    /// It does.
    Same,
    /// There is no golden, or one that answers another question.
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
pub(crate) struct Evidence {
    pub(crate) scenario: String,
    pub(crate) target: String,
    pub(crate) verdict: Verdict,
    pub(crate) reason: String,
    pub(crate) first_outside: Option<RecordReport>,
    pub(crate) reference: ReferenceState,
    pub(crate) lockstep: LockstepReport,
}

impl Diagnosis {
    /// Draws the conclusion.
    pub(crate) fn new(evidence: Evidence) -> Self {
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
