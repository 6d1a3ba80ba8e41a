//! Tables over the rules: which finding wins, and what a known failure changes.

use rstest::rstest;

use super::ReasonCode as Code;
use super::*;
use crate::reason::joined;

fn findings(change: impl FnOnce(&mut Findings)) -> Findings {
    let mut findings = Findings { checks: 1, ..Findings::default() };
    change(&mut findings);
    findings
}

/// One reason of each code; what they say does not matter to the rules.
fn reasons(codes: &[ReasonCode]) -> Vec<Reason> {
    codes.iter().map(|code| Reason::new(*code, "it differs; much")).collect()
}

fn codes(judgement: &Judgement) -> Vec<ReasonCode> {
    judgement.reasons.iter().map(|reason| reason.code).collect()
}

#[rstest]
#[case(findings(|_| {}), Verdict::Pass, &[])]
#[case(findings(|f| f.checks = 0), Verdict::Mismatch, &[Code::NothingChecked])]
#[case(findings(|f| f.mismatches = reasons(&[Code::OutsideTolerance, Code::Place])),
       Verdict::Mismatch, &[Code::OutsideTolerance, Code::Place])]
#[case(findings(|f| f.missing_golden = reasons(&[Code::MissingGolden])),
       Verdict::MissingGolden, &[Code::MissingGolden])]
#[case(findings(|f| { f.wrong_noise = reasons(&[Code::WrongNoise]);
                      f.mismatches = reasons(&[Code::PublishedNumber]) }),
       Verdict::WrongNoise, &[Code::WrongNoise, Code::PublishedNumber])]
#[case(findings(|f| { f.stale_golden = reasons(&[Code::StaleGolden, Code::Help]);
                      f.wrong_noise = reasons(&[Code::WrongNoise]) }),
       Verdict::StaleGolden, &[Code::StaleGolden, Code::Help])]
#[case(findings(|f| { f.non_finite = reasons(&[Code::NonFinite]);
                      f.missing_golden = reasons(&[Code::MissingGolden]) }),
       Verdict::NonFinite, &[Code::NonFinite])]
fn the_first_explanation_wins(
    #[case] findings: Findings,
    #[case] verdict: Verdict,
    #[case] because: &[ReasonCode],
) {
    let judgement = judge(&findings);
    assert_eq!((judgement.verdict, codes(&judgement).as_slice()), (verdict, because));
}

const TODAY: Date = jiff::civil::date(2026, 11, 23);

#[rstest]
#[case(Verdict::Mismatch, "", Verdict::KnownFailure, &[Code::KnownFailure, Code::OutsideTolerance])]
#[case(Verdict::Mismatch, ", review_by: 2026-11-24", Verdict::KnownFailure,
       &[Code::KnownFailure, Code::OutsideTolerance])]
#[case(Verdict::Mismatch, ", review_by: 2026-11-23", Verdict::Mismatch,
       &[Code::OutsideTolerance, Code::ReviewDue])]
#[case(Verdict::Crashed, "", Verdict::Crashed, &[Code::OutsideTolerance])]
#[case(Verdict::MissingGolden, "", Verdict::MissingGolden, &[Code::OutsideTolerance])]
#[case(Verdict::Pass, "", Verdict::UnexpectedPass, &[Code::UnexpectedPass, Code::Help])]
#[case(Verdict::Skipped, "", Verdict::Skipped, &[Code::OutsideTolerance])]
fn a_known_failure_excuses_its_cause_only(
    #[case] verdict: Verdict,
    #[case] review: &str,
    #[case] want: Verdict,
    #[case] because: &[ReasonCode],
) {
    let text = format!("{{ backend: wgpu, cause: mismatch, reason: a known bug{review} }}");
    let known: KnownFailure = serde_yaml::from_str(&text).unwrap();
    let judgement = Judgement::new(verdict, reasons(&[Code::OutsideTolerance]));
    let judgement = apply_known_failure(judgement, Some(&known), TODAY);
    assert_eq!((judgement.verdict, codes(&judgement).as_slice()), (want, because));
}

/// The wording, once for each.
#[rstest]
#[case(Verdict::Mismatch, "")]
#[case(Verdict::Mismatch, ", review_by: 2026-11-23")]
#[case(Verdict::Pass, "")]
fn what_is_said_of_a_known_failure(#[case] verdict: Verdict, #[case] review: &str) {
    let text = format!("{{ backend: wgpu, cause: mismatch, reason: a known bug{review} }}");
    let mut known: KnownFailure = serde_yaml::from_str(&text).unwrap();
    known.place = "line 7 of tiny.yaml".into();
    let judgement = Judgement::new(verdict, reasons(&[Code::OutsideTolerance]));
    let said = joined(&apply_known_failure(judgement, Some(&known), TODAY).reasons);
    match (verdict, review) {
        (Verdict::Pass, _) => {
            insta::assert_snapshot!(said, @"the cell passes now; delete line 7 of tiny.yaml (a known bug)")
        }
        (_, "") => insta::assert_snapshot!(said, @"a known bug; it differs; much"),
        _ => {
            insta::assert_snapshot!(said, @"it differs; much; the known failure was to be reviewed by 2026-11-23: fix it, or give line 7 of tiny.yaml a new day")
        }
    }
}
