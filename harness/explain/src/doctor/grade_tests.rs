use rstest::rstest;

use super::*;

fn judged(got: &[f32], want: &[f64], rule: Rule) -> Grade {
    let known: Vec<Expected> = want.iter().copied().map(Expected::of).collect();
    grade(got, &known, rule).unwrap()
}

fn kinds(judgement: &Grade) -> Vec<(DeviationKind, Severity)> {
    judgement.deviations.iter().map(|deviation| (deviation.kind, deviation.severity)).collect()
}

#[test]
fn correct_rounding_is_half_a_unit_at_most() {
    let want: Vec<f64> = (1..2000).map(|index| 1.0 / f64::from(index)).collect();
    let got: Vec<f32> = want.iter().map(|&want| want as f32).collect();
    let judgement = judged(&got, &want, Rule::Function);
    assert!((0.4..=0.5).contains(&judgement.largest_ulp), "{}", judgement.largest_ulp);
    assert!(judgement.deviations.is_empty());
}

/// What `rcpps` gives: 12 bits of the reciprocal.
#[test]
fn a_reciprocal_of_11_bits_is_a_defect() {
    let want: Vec<f64> = (1..2000).map(|index| 1.0 / f64::from(index)).collect();
    let cut = |bits: u32, want: f64| f32::from_bits((want as f32).to_bits() & (u32::MAX << bits));
    let got: Vec<f32> = want.iter().map(|&want| cut(13, want)).collect();
    let judgement = judged(&got, &want, Rule::Function);
    assert_eq!(kinds(&judgement), [(DeviationKind::Error, Severity::Defect)]);
    assert!((8000.0..8193.0).contains(&judgement.largest_ulp), "{}", judgement.largest_ulp);
    let got: Vec<f32> = want.iter().map(|&want| cut(11, want)).collect();
    assert_eq!(
        kinds(&judged(&got, &want, Rule::Function)),
        [(DeviationKind::Error, Severity::Inaccurate)]
    );
}

#[test]
fn a_sum_that_was_cut_off_is_a_defect() {
    let judgement = judged(&[262_128.0], &[524_288.0], Rule::Sum(524_288));
    assert_eq!(kinds(&judgement), [(DeviationKind::Error, Severity::Defect)]);
    assert_eq!(judgement.largest_ulp, 262_160.0 * 16.0);
}

#[test]
fn cancellation_does_not_count_against_the_backend() {
    let cancelled = Expected::sum(0.0, 2.0e6);
    let judgement = grade(&[0.125], &[cancelled], Rule::Sum(2)).unwrap();
    assert_eq!((judgement.largest_ulp, judgement.deviations.len()), (1.0, 0));
    assert_eq!(judged(&[0.125], &[0.0], Rule::Sum(2)).deviations.len(), 1);
}

/// A sum may be off by its number of terms; a function may not.
#[rstest]
#[case(Rule::Sum(100), 99.0, None)]
#[case(Rule::Sum(100), 101.0, Some(Severity::Inaccurate))]
#[case(Rule::Sum(4), 15.0, None)]
#[case(Rule::Function, 16.0, None)]
#[case(Rule::Function, 17.0, Some(Severity::Inaccurate))]
#[case(Rule::Function, 4096.0, Some(Severity::Inaccurate))]
#[case(Rule::Function, 4097.0, Some(Severity::Defect))]
#[case(Rule::Exact, 1.0, Some(Severity::Defect))]
fn limits(#[case] rule: Rule, #[case] ulp: f64, #[case] severity: Option<Severity>) {
    let got = (1.0 + ulp * f64::from(f32::EPSILON)) as f32;
    let judgement = judged(&[got], &[1.0], rule);
    assert_eq!(judgement.deviations.first().map(|deviation| deviation.severity), severity);
    assert_eq!(judgement.largest_ulp, ulp);
}

#[rstest]
#[case(f32::NAN, 1.0, Rule::Function, DeviationKind::NotFinite, Severity::Defect)]
#[case(1.0, f64::NAN, Rule::Function, DeviationKind::NotFinite, Severity::Defect)]
#[case(f32::INFINITY, 1.0, Rule::Function, DeviationKind::NotFinite, Severity::Defect)]
#[case(3e38, 1e40, Rule::Function, DeviationKind::NotFinite, Severity::Defect)]
#[case(
    f32::NEG_INFINITY,
    f64::INFINITY,
    Rule::Function,
    DeviationKind::NotFinite,
    Severity::Defect
)]
#[case(3.0, f64::NAN, Rule::Exact, DeviationKind::NotFinite, Severity::Defect)]
#[case(0.0, -0.0, Rule::Exact, DeviationKind::SignOfZero, Severity::Note)]
#[case(0.0, 1e-40, Rule::Function, DeviationKind::Flushed, Severity::Note)]
#[case(1.2e-40, 1e-40, Rule::Function, DeviationKind::Flushed, Severity::Note)]
#[case(2.1e-40, 1e-40, Rule::Function, DeviationKind::Error, Severity::Defect)]
#[case(100.0, 200.0, Rule::Exact, DeviationKind::Error, Severity::Defect)]
fn every_kind_has_its_severity(
    #[case] got: f32,
    #[case] want: f64,
    #[case] rule: Rule,
    #[case] kind: DeviationKind,
    #[case] severity: Severity,
) {
    let judgement = judged(&[1.0, got], &[1.0, want], rule);
    assert_eq!(kinds(&judgement), [(kind, severity)]);
    assert_eq!(judgement.deviations[0].index, 1);
}

#[rstest]
#[case(f32::NAN, f64::NAN, Rule::Function)]
#[case(f32::INFINITY, 1e40, Rule::Function)]
#[case(f32::NAN, f64::NAN, Rule::Exact)]
#[case(0.0, -0.0, Rule::Sum(3))]
#[case(1e-40, 1e-40, Rule::Function)]
fn what_is_right_is_right(#[case] got: f32, #[case] want: f64, #[case] rule: Rule) {
    assert_eq!(kinds(&judged(&[got], &[want], rule)), []);
}

/// The logarithm of a subnormal, of a device that takes it as zero; and one that is just wrong.
#[test]
fn inputs_that_were_taken_as_zero_are_told_from_wrong_results() {
    let known = [Expected::of(-92.1).flushed(f64::NEG_INFINITY)];
    let kind = |got: f32| kinds(&grade(&[got], &known, Rule::Function).unwrap());
    assert_eq!(kind(-92.1), []);
    assert_eq!(kind(f32::NEG_INFINITY), [(DeviationKind::Flushed, Severity::Note)]);
    assert_eq!(kind(f32::INFINITY), [(DeviationKind::NotFinite, Severity::Defect)]);
    assert_eq!(kind(-80.0), [(DeviationKind::Error, Severity::Defect)]);
}

#[test]
fn the_worst_of_a_kind_stands_for_all() {
    let judgement = judged(&[1.1, 1.3, 1.2, 1.0], &[1.0; 4], Rule::Function);
    let [deviation] = &judgement.deviations[..] else { panic!("{judgement:?}") };
    assert_eq!((deviation.index, deviation.elements), (1, 3));
}

#[test]
fn of_those_of_which_nothing_is_right_the_first_stands_for_all() {
    let judgement = judged(&[1.0, 1.0, 0.5], &[0.0, 1e-40, 1.0], Rule::Function);
    assert_eq!((judgement.deviations[0].index, judgement.deviations[0].elements), (0, 3));
    assert!(judgement.largest_ulp > 1e44);
}

#[test]
fn a_result_of_the_wrong_size_is_an_error() {
    assert!(grade(&[1.0], &[], Rule::Exact).is_err());
}
