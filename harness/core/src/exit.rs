//! Exit codes, version 1: scripts rely on them.

use std::process::ExitCode;

use crate::evaluate::CellReport;
use crate::verdict::Verdict;

/// How a run ended, from harmless to worst; the highest applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// All well.
    Success = 0,
    /// A bug in the harness, or an operating system that refuses to work.
    Internal = 1,
    /// Wrong usage or a bad scenario.
    Usage = 2,
    /// Nothing ran.
    NothingRan = 4,
    /// A result differs.
    Mismatch = 100,
    /// A golden is missing or stale.
    Golden = 101,
    /// A worker crashed or took too long.
    Crashed = 102,
    /// A required backend is not here.
    Required = 103,
}

impl Exit {
    /// The exit of a code, if it is one of ours.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        let all = [
            Self::Success,
            Self::Internal,
            Self::Usage,
            Self::NothingRan,
            Self::Mismatch,
            Self::Golden,
            Self::Crashed,
            Self::Required,
        ];
        all.into_iter().find(|exit| *exit as u8 == code)
    }

    /// What the cells of a run amount to.
    #[must_use]
    pub fn of(reports: &[CellReport]) -> Self {
        let ran =
            if reports.iter().any(CellReport::ran) { Self::Success } else { Self::NothingRan };
        reports.iter().map(|report| Self::of_verdict(report.verdict)).fold(ran, Self::max)
    }

    /// What one verdict amounts to.
    pub fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass | Verdict::Skipped | Verdict::KnownFailure => Self::Success,
            Verdict::Mismatch
            | Verdict::WrongNoise
            | Verdict::NonFinite
            | Verdict::StaleMemory
            | Verdict::Nondeterministic
            | Verdict::UnexpectedPass => Self::Mismatch,
            Verdict::MissingGolden | Verdict::StaleGolden => Self::Golden,
            Verdict::Crashed
            | Verdict::TimedOut
            | Verdict::OutOfMemory
            | Verdict::HiddenPanic
            | Verdict::BrokenDevice => Self::Crashed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::plan::Skip;
    use burn_repro_target::{Class, Determinism};

    fn reports(verdicts: &[Verdict]) -> Vec<CellReport> {
        let skip = Skip {
            scenario: "s".into(),
            target: "flex".into(),
            class: Class::Cpu,
            determinism: Determinism::Full,
            reasons: Vec::new(),
        };
        let report = |&verdict| CellReport { verdict, ..CellReport::skipped(&skip) };
        verdicts.iter().map(report).collect()
    }

    #[rstest]
    #[case(&[], 4)]
    #[case(&[Verdict::Skipped], 4)]
    #[case(&[Verdict::Skipped, Verdict::Pass], 0)]
    #[case(&[Verdict::KnownFailure], 0)]
    #[case(&[Verdict::UnexpectedPass, Verdict::Pass], 100)]
    #[case(&[Verdict::NonFinite], 100)]
    #[case(&[Verdict::Mismatch, Verdict::StaleGolden], 101)]
    #[case(&[Verdict::Nondeterministic], 100)]
    #[case(&[Verdict::StaleMemory], 100)]
    #[case(&[Verdict::OutOfMemory, Verdict::MissingGolden], 102)]
    #[case(&[Verdict::HiddenPanic], 102)]
    #[case(&[Verdict::BrokenDevice], 102)]
    #[case(&[Verdict::Crashed, Verdict::MissingGolden], 102)]
    fn the_highest_applies(#[case] verdicts: &[Verdict], #[case] code: u8) {
        assert_eq!(Exit::of(&reports(verdicts)) as u8, code);
    }
}
