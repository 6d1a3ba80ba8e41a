//! Tables over the rules: which finding wins, and what a known failure changes.

use rstest::rstest;

use super::*;

fn findings(change: impl FnOnce(&mut Findings)) -> Findings {
    let mut findings = Findings { checks: 1, ..Findings::default() };
    change(&mut findings);
    findings
}

#[rstest]
#[case(findings(|_| {}), Verdict::Pass, "")]
#[case(findings(|f| f.checks = 0), Verdict::Mismatch, "nothing was checked")]
#[case(findings(|f| f.mismatches = vec!["a".into(), "b".into()]), Verdict::Mismatch, "a; b")]
#[case(findings(|f| f.missing_golden = Some("none".into())), Verdict::MissingGolden, "none")]
#[case(findings(|f| { f.wrong_noise = Some("n".into()); f.mismatches = vec!["m".into()] }),
       Verdict::WrongNoise, "n; m")]
#[case(findings(|f| { f.stale_golden = Some("s".into()); f.wrong_noise = Some("n".into()) }),
       Verdict::StaleGolden, "s")]
#[case(findings(|f| { f.non_finite = Some("NaN".into()); f.missing_golden = Some("g".into()) }),
       Verdict::NonFinite, "NaN")]
fn the_first_explanation_wins(
    #[case] findings: Findings,
    #[case] verdict: Verdict,
    #[case] reason: &str,
) {
    let judgement = judge(&findings);
    assert_eq!(judgement.verdict, verdict);
    assert!(judgement.reason.starts_with(reason), "{}", judgement.reason);
}

const TODAY: Date = jiff::civil::date(2026, 11, 23);

#[rstest]
#[case(Verdict::Mismatch, "", Verdict::KnownFailure)]
#[case(Verdict::Mismatch, ", review_by: 2026-11-24", Verdict::KnownFailure)]
#[case(Verdict::Mismatch, ", review_by: 2026-11-23", Verdict::Mismatch)]
#[case(Verdict::Crashed, "", Verdict::Crashed)]
#[case(Verdict::MissingGolden, "", Verdict::MissingGolden)]
#[case(Verdict::Pass, "", Verdict::UnexpectedPass)]
#[case(Verdict::Skipped, "", Verdict::Skipped)]
fn a_known_failure_excuses_its_cause_only(
    #[case] verdict: Verdict,
    #[case] review: &str,
    #[case] want: Verdict,
) {
    let text = format!("{{ backend: wgpu, cause: mismatch, reason: a known bug{review} }}");
    let known: KnownFailure = serde_yaml::from_str(&text).unwrap();
    let judgement = apply_known_failure(Judgement::new(verdict, "it differs"), Some(&known), TODAY);
    assert_eq!(judgement.verdict, want);
}
