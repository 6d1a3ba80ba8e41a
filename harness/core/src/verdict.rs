//! The verdicts on a cell, and the pure rules that lead to one.

mod table;

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::table::{Severity, VerdictInfo};
use crate::reason::{Reason, ReasonCode};
use crate::scenario::{FailureCause, KnownFailure};

/// The verdict on a cell, in the order of reports. What holds of each is in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The result meets the golden and every published number.
    Pass,
    /// The result differs from the golden or from a published number.
    Mismatch,
    /// Repeating the cell gives other bits.
    Nondeterministic,
    /// The host noise is not the golden's.
    WrongNoise,
    /// The result holds NaN or infinity.
    NonFinite,
    /// The result holds unwritten memory.
    StaleMemory,
    /// There is no golden, or none that can be read.
    MissingGolden,
    /// The golden was made from another version of the scenario.
    StaleGolden,
    /// Passed although the scenario states that it fails.
    UnexpectedPass,
    /// A thread panicked although the pipeline returned a result.
    HiddenPanic,
    /// The device failed its self-test.
    BrokenDevice,
    /// The pipeline failed or its process died.
    Crashed,
    /// The time limit was exceeded.
    TimedOut,
    /// The memory limit was exceeded.
    OutOfMemory,
    /// Failed as the scenario states.
    KnownFailure,
    /// Not run, for a stated reason.
    Skipped,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A verdict and the reasons for it; none for a plain pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Reason>,
}

impl Judgement {
    /// A judgement from its parts.
    #[must_use]
    pub fn new(verdict: Verdict, reasons: Vec<Reason>) -> Self {
        Self { verdict, reasons }
    }
}

/// What was found out about a cell that finished, each as the reasons that report it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// The first NaN or infinity.
    pub non_finite: Vec<Reason>,
    /// Why there is no golden to compare with.
    pub missing_golden: Vec<Reason>,
    /// Why the golden answers another question.
    pub stale_golden: Vec<Reason>,
    /// How the noise differs from the golden's.
    pub wrong_noise: Vec<Reason>,
    /// Every output and published number that is not met.
    pub mismatches: Vec<Reason>,
    /// How many outputs and published numbers were checked.
    pub checks: usize,
}

/// Judges a cell that finished. The first reason that explains the others wins: a NaN explains a
/// mismatch, and so does other noise.
#[must_use]
pub fn judge(findings: &Findings) -> Judgement {
    let first = [
        (Verdict::NonFinite, &findings.non_finite),
        (Verdict::MissingGolden, &findings.missing_golden),
        (Verdict::StaleGolden, &findings.stale_golden),
        (Verdict::WrongNoise, &findings.wrong_noise),
    ]
    .into_iter()
    .find(|(_, reasons)| !reasons.is_empty());
    let mismatches = &findings.mismatches;
    match first {
        Some((verdict, reasons)) => {
            Judgement::new(verdict, [reasons.as_slice(), mismatches.as_slice()].concat())
        }
        None if !mismatches.is_empty() => Judgement::new(Verdict::Mismatch, mismatches.clone()),
        None if findings.checks == 0 => {
            let text = "nothing was checked: the golden has no outputs";
            Judgement::new(Verdict::Mismatch, vec![Reason::new(ReasonCode::NothingChecked, text)])
        }
        None => Judgement::new(Verdict::Pass, Vec::new()),
    }
}

/// Applies the known failure that the scenario states for the target, if it states one.
#[must_use]
pub(crate) fn apply_known_failure(
    judgement: Judgement,
    known: Option<&KnownFailure>,
    today: Date,
) -> Judgement {
    let Some(known) = known else { return judgement };
    let stated = &known.reason.0;
    let Judgement { mut verdict, mut reasons } = judgement;
    match verdict {
        Verdict::Skipped => {}
        // One run cannot tell; `repeat` does.
        Verdict::Pass if known.cause == FailureCause::Nondeterministic => {}
        Verdict::Pass => {
            verdict = Verdict::UnexpectedPass;
            reasons = vec![
                Reason::new(ReasonCode::UnexpectedPass, "the cell passes now"),
                Reason::help(format!("delete {} ({stated})", known.place)),
            ];
        }
        _ if verdict.info().cause != Some(known.cause) => {}
        _ => match known.review_by {
            Some(day) if day <= today => reasons.push(Reason::new(
                ReasonCode::ReviewDue,
                format!(
                    "the known failure was to be reviewed by {day}: fix it, or give {} a new day",
                    known.place
                ),
            )),
            _ => {
                verdict = Verdict::KnownFailure;
                reasons.insert(0, Reason::new(ReasonCode::KnownFailure, stated));
            }
        },
    }
    Judgement { verdict, reasons }
}

#[cfg(test)]
mod tests;
