//! Everything that holds of a verdict, one row for each: exit codes, reports and the HTML page read it here.

use super::Verdict as V;
use super::Verdict;
use crate::exit::Exit;
use crate::scenario::FailureCause;

/// How serious a verdict is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// All well.
    Pass,
    /// The result is wrong or cannot be judged.
    Failure,
    /// There is no result that could be judged.
    Error,
    /// A failure that the scenario states.
    Excused,
    /// Not run.
    Skipped,
}

/// What holds of a verdict.
#[derive(Debug, Clone, Copy)]
pub struct VerdictInfo {
    /// The verdict.
    pub verdict: Verdict,
    /// The words for people.
    pub words: &'static str,
    /// What it means, in one sentence.
    pub sentence: &'static str,
    /// How serious it is; colours and symbols follow from it.
    pub severity: Severity,
    /// The exit code of a run in which it is the worst.
    pub exit: Exit,
    /// The key of the scenario that it is about.
    pub key: &'static str,
    /// The cause by which a scenario states it as a known failure.
    pub(super) cause: Option<FailureCause>,
}

const fn row(
    verdict: Verdict,
    words: &'static str,
    (severity, exit): (Severity, Exit),
    key: &'static str,
    cause: Option<FailureCause>,
    sentence: &'static str,
) -> VerdictInfo {
    VerdictInfo { verdict, words, sentence, severity, exit, key, cause }
}

const PASS: (Severity, Exit) = (Severity::Pass, Exit::Success);
const EXCUSED: (Severity, Exit) = (Severity::Excused, Exit::Success);
const SKIPPED: (Severity, Exit) = (Severity::Skipped, Exit::Success);
const DIFFERS: (Severity, Exit) = (Severity::Failure, Exit::Mismatch);
const GOLDEN: (Severity, Exit) = (Severity::Failure, Exit::Golden);
const BROKE: (Severity, Exit) = (Severity::Error, Exit::Crashed);

use FailureCause as Cause;

/// In the order of reports, which is that of the variants.
// One line a verdict.
#[rustfmt::skip]
static ROWS: [VerdictInfo; 16] = [
    row(V::Pass, "pass", PASS, "pipeline", None, "The result meets the golden and every published number."),
    row(V::Mismatch, "mismatch", DIFFERS, "tolerance", Some(Cause::Mismatch), "The result differs from the golden or from a published number by more than allowed."),
    row(V::Nondeterministic, "nondeterministic", DIFFERS, "determinism", Some(Cause::Nondeterministic), "Repeating the cell gives other bits."),
    row(V::WrongNoise, "wrong noise", DIFFERS, "seed", Some(Cause::WrongNoise), "The host noise is not the golden’s, so that the results cannot be compared."),
    row(V::NonFinite, "non-finite", DIFFERS, "tolerance", Some(Cause::NonFinite), "The result holds NaN or infinity."),
    row(V::StaleMemory, "stale memory", DIFFERS, "pipeline", Some(Cause::StaleMemory), "The result holds unwritten memory."),
    row(V::MissingGolden, "missing golden", GOLDEN, "pipeline", None, "There is no golden to compare with, or none that can be read."),
    row(V::StaleGolden, "stale golden", GOLDEN, "pipeline", None, "The golden was made from another version of the scenario."),
    row(V::UnexpectedPass, "unexpected pass", DIFFERS, "known_failures", None, "The cell passed although the scenario states that it fails."),
    row(V::HiddenPanic, "hidden panic", BROKE, "pipeline", Some(Cause::HiddenPanic), "A thread panicked although the pipeline returned a result."),
    row(V::BrokenDevice, "broken device", BROKE, "pipeline", Some(Cause::BrokenDevice), "The device failed its self-test."),
    row(V::Crashed, "crashed", BROKE, "pipeline", Some(Cause::Crashed), "The pipeline failed or its process died."),
    row(V::TimedOut, "timed out", BROKE, "time_limit", Some(Cause::TimedOut), "The cell exceeded its time limit."),
    row(V::OutOfMemory, "out of memory", BROKE, "memory_limit", Some(Cause::OutOfMemory), "The cell exceeded its memory limit."),
    row(V::KnownFailure, "known failure", EXCUSED, "known_failures", None, "The cell failed as the scenario states."),
    row(V::Skipped, "skipped", SKIPPED, "pipeline", None, "The cell was not run, for a stated reason."),
];

// A variant without a row, or a row at another place, does not compile. `Skipped` stays the last one.
const _: () = {
    let mut place = 0;
    while place < ROWS.len() {
        assert!(ROWS[place].verdict as usize == place);
        place += 1;
    }
    assert!(V::Skipped as usize + 1 == ROWS.len());
};

impl Verdict {
    /// Every verdict with what holds of it, in the order of reports.
    #[must_use]
    pub fn all() -> &'static [VerdictInfo] {
        &ROWS
    }

    /// What holds of it.
    #[must_use]
    pub fn info(self) -> &'static VerdictInfo {
        &ROWS[self as usize]
    }

    /// The words for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.info().words
    }

    /// Whether a run with this verdict is red.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self.info().severity, Severity::Failure | Severity::Error)
    }
}
