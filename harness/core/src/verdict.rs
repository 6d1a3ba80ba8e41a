//! What is said of a cell: the verdicts, and the pure rules that lead to one.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reason::{Reason, ReasonCode};
use crate::scenario::{FailureCause, KnownFailure};

/// What is said of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Golden and published numbers are met.
    Pass,
    /// The result differs from the golden or from a published number.
    Mismatch,
    /// The host noise differs from the golden's: the question was another one.
    WrongNoise,
    /// NaN or infinity in the result.
    NonFinite,
    /// There is no golden, or none that can be read.
    MissingGolden,
    /// The golden answers another version of the scenario.
    StaleGolden,
    /// Not run, for a stated reason.
    Skipped,
    /// Failed as the scenario says it does.
    KnownFailure,
    /// Passed although the scenario says it fails.
    UnexpectedPass,
    /// The pipeline failed or its process died.
    Crashed,
    /// The time limit passed.
    TimedOut,
    /// It took more memory than it may.
    OutOfMemory,
    /// A thread panicked behind a pipeline that returned as if all were well.
    HiddenPanic,
    /// The device no longer gives known answers.
    BrokenDevice,
    /// The result holds memory that nobody wrote.
    StaleMemory,
    /// Repeating it gives other bits.
    Nondeterministic,
}

impl Verdict {
    /// Every verdict, in the order of reports.
    pub const ALL: [Self; 16] = [
        Self::Pass,
        Self::Mismatch,
        Self::Nondeterministic,
        Self::WrongNoise,
        Self::NonFinite,
        Self::StaleMemory,
        Self::MissingGolden,
        Self::StaleGolden,
        Self::UnexpectedPass,
        Self::HiddenPanic,
        Self::BrokenDevice,
        Self::Crashed,
        Self::TimedOut,
        Self::OutOfMemory,
        Self::KnownFailure,
        Self::Skipped,
    ];

    /// The words for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Mismatch => "mismatch",
            Self::WrongNoise => "wrong noise",
            Self::NonFinite => "non-finite",
            Self::MissingGolden => "missing golden",
            Self::StaleGolden => "stale golden",
            Self::Skipped => "skipped",
            Self::KnownFailure => "known failure",
            Self::UnexpectedPass => "unexpected pass",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed out",
            Self::OutOfMemory => "out of memory",
            Self::HiddenPanic => "hidden panic",
            Self::BrokenDevice => "broken device",
            Self::StaleMemory => "stale memory",
            Self::Nondeterministic => "nondeterministic",
        }
    }

    /// Whether a run with this verdict is red.
    #[must_use]
    pub fn is_failure(self) -> bool {
        !matches!(self, Self::Pass | Self::Skipped | Self::KnownFailure)
    }

    fn cause(self) -> Option<FailureCause> {
        match self {
            Self::Mismatch => Some(FailureCause::Mismatch),
            Self::WrongNoise => Some(FailureCause::WrongNoise),
            Self::NonFinite => Some(FailureCause::NonFinite),
            Self::Crashed => Some(FailureCause::Crashed),
            Self::TimedOut => Some(FailureCause::TimedOut),
            Self::OutOfMemory => Some(FailureCause::OutOfMemory),
            Self::HiddenPanic => Some(FailureCause::HiddenPanic),
            Self::BrokenDevice => Some(FailureCause::BrokenDevice),
            Self::StaleMemory => Some(FailureCause::StaleMemory),
            Self::Nondeterministic => Some(FailureCause::Nondeterministic),
            _ => None,
        }
    }
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
            let text = "nothing was checked; the golden has no outputs";
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
                Reason::new(ReasonCode::UnexpectedPass, "it passes now"),
                Reason::help(format!("delete {} ({stated})", known.place)),
            ];
        }
        _ if verdict.cause() != Some(known.cause) => {}
        _ => match known.review_by {
            Some(day) if day <= today => reasons.push(Reason::new(
                ReasonCode::ReviewDue,
                format!(
                    "the known failure was to be reviewed by {day}: mend it, or give {} a new day",
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
