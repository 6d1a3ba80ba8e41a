//! The verdict of a cell that was repeated.

use jiff::civil::Date;

use super::CellReport;
use crate::reason::{Reason, ReasonCode};
use crate::scenario::{FailureCause, KnownFailure};
use crate::stability::Stability;
use crate::verdict::{Judgement, Verdict, apply_known_failure};

/// Judges a cell again by what repeating it showed.
pub(crate) fn evaluate_repeats(
    report: &mut CellReport,
    stability: Stability,
    known: Option<&KnownFailure>,
    today: Date,
) {
    let mut reasons = stability.variations();
    if !reasons.is_empty() {
        reasons.append(&mut report.reasons);
        let judgement =
            apply_known_failure(Judgement::new(Verdict::Nondeterministic, reasons), known, today);
        (report.verdict, report.reasons) = (judgement.verdict, judgement.reasons);
    } else if let Some(known) = known
        && known.cause == FailureCause::Nondeterministic
        && report.verdict == Verdict::Pass
    {
        report.verdict = Verdict::UnexpectedPass;
        report.reasons = vec![
            Reason::new(ReasonCode::UnexpectedPass, "every run gave the same bits"),
            Reason::help(format!("delete {}", known.place)),
        ];
    }
    report.repeats = Some(stability);
}
