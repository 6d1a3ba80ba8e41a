//! Which target is named, over tables of distances.

use rstest::rstest;

use super::conclusion::{Candidate, conclude};
use super::*;

/// The outliers of distances; one that ends with `+` passes.
#[rstest]
#[case::as_far_as_the_others(&["1.5e-6+", "1.8e-6"], &[])]
#[case::all_fail_alike(&["1.5e-6", "1.8e-6"], &[])]
#[case::several_times_as_far(&["1.5e-6+", "1.5e-5"], &["1.5e-5"])]
#[case::just_not(&["1.0+", "4.0"], &[])]
#[case::one_by_one(&["1.0+", "3.0", "9.0", "27.0"], &[])]
#[case::apart_from_others_that_fail(&["1.0e-5", "1.2e-5", "1.0"], &["1.0"])]
#[case::a_target_that_passes_is_none(&["1.0e-7+", "1.0+"], &[])]
#[case::nor_one_nearer_than_it(&["1.0e-7+", "1.0e-3", "1.0e-2+"], &[])]
#[case::without_a_result(&["1.0+", "inf", "inf"], &["inf", "inf"])]
#[case::nobody_has_a_result(&["inf", "inf"], &[])]
#[case::exact(&["0.0+", "1.0e-9"], &["1.0e-9"])]
#[case::alone(&["1.0"], &[])]
fn an_outlier_is_several_times_as_far(#[case] targets: &[&str], #[case] outliers: &[&str]) {
    let standing = |text: &&str| Standing {
        distance: text.trim_end_matches('+').parse().unwrap(),
        passes: text.ends_with('+'),
    };
    let standings: Vec<Standing> = targets.iter().map(standing).collect();
    let near = distance_of_the_others(&standings);
    let is_outlier = |text: &&&str| near.is_some_and(|near| standing(text).distance > near);
    assert_eq!(targets.iter().filter(is_outlier).copied().collect::<Vec<_>>(), outliers);
}

/// The reference is 1, the tolerance is given; rounding explains 1e-4.
fn said(golden: Option<f64>, tolerance: f64, targets: &[(&str, f64)]) -> String {
    let off = |from: f64| {
        move |(_, value): &(&str, f64)| {
            let off = (value - from).abs();
            if off.is_nan() { f64::INFINITY } else { off }
        }
    };
    let distances: Vec<Vec<f64>> =
        targets.iter().map(|(_, value)| targets.iter().map(off(*value)).collect()).collect();
    let candidate = |(target, distances)| Candidate {
        target: std::convert::identity::<&(&str, f64)>(target).0,
        standing: Standing { distance: off(1.0)(target), passes: off(1.0)(target) <= tolerance },
        matches_golden: golden.is_some_and(|golden| off(golden)(target) <= tolerance),
        distances: Vec::as_slice(distances),
    };
    let candidates: Vec<_> = targets.iter().zip(&distances).map(candidate).collect();
    conclude(golden.map(|golden| (golden - 1.0).abs() < f64::EPSILON), &candidates, 1.0e-4)
}

#[test]
fn the_sentences() {
    let (flex, ndarray, wgpu) = ("flex", "ndarray", "wgpu:x");
    let said = [
        said(Some(1.0), 1.0e-2, &[(flex, 1.001), (ndarray, 1.5), (wgpu, 1.002)]),
        said(Some(1.0), 1.0e-2, &[(flex, 1.001), (ndarray, 1.5), (wgpu, 0.2)]),
        said(Some(1.0), 1.0e-2, &[(flex, 1.0), (ndarray, f64::NAN)]),
        said(Some(1.0), 1.6e-6, &[(flex, 1.0 + 1.5e-6), (ndarray, 1.0 - 1.8e-6)]),
        said(
            Some(1.0),
            1.0e-6,
            &[(flex, 1.0 + 1.5e-6), (ndarray, 1.0 - 1.8e-6), (wgpu, 1.0 + 1.2e-6)],
        ),
        said(Some(1.0), 1.0e-6, &[(flex, 1.0 + 1.5e-6)]),
        said(Some(1.0), 1.0e-2, &[(flex, 1.5)]),
        said(Some(1.0), 1.0e-2, &[(flex, 1.5), (ndarray, 1.501)]),
        said(Some(1.0), 1.0e-2, &[(flex, 1.5), (ndarray, 0.5)]),
        said(Some(1.0), 1.0e-2, &[(flex, 1.001), (ndarray, 1.5), (wgpu, 1.501)]),
        said(Some(1.0), 1.0e-2, &[(flex, 1.001), (ndarray, 1.002)]),
        said(Some(2.0), 1.0e-2, &[(flex, 1.001), (ndarray, 0.999)]),
        said(Some(2.0), 1.0e-2, &[(flex, 1.0), (ndarray, 2.001)]),
        said(Some(2.0), 1.0e-2, &[(ndarray, 2.001), (wgpu, 2.0)]),
        said(Some(2.0), 1.0e-2, &[(flex, 1.0), (ndarray, 5.0)]),
        said(None, 1.0e-2, &[(flex, 1.0), (ndarray, 1.001)]),
        said(None, 1.0e-2, &[(flex, 1.0)]),
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    ndarray is the outlier: 5.0e-1 from the f64 reference, flex and wgpu:x within 2.0e-3
    ndarray and wgpu:x are outliers: up to 8.0e-1 from the f64 reference, flex within 1.0e-3
    ndarray is the outlier: inf from the f64 reference, flex within 0.0e0
    no target is an outlier: flex and ndarray are 1.5e-6 to 1.8e-6 from the f64 reference, all as far apart as rounding makes them, and the tolerance is narrower than that
    no target is an outlier: flex, ndarray and wgpu:x are 1.2e-6 to 1.8e-6 from the f64 reference, all as far apart as rounding makes them, and the tolerance is narrower than that
    no target is an outlier: flex is 1.5e-6 from the f64 reference, as far as rounding makes it, and the tolerance is narrower than that
    flex is 5.0e-1 from the f64 reference, and no other target ran that could tell which of the two is wrong
    flex and ndarray agree with each other and are up to 5.0e-1 from the f64 reference: the cause is common to them, such as the precision, or it is the tolerance or the reference itself
    flex and ndarray are up to 5.0e-1 from the f64 reference and do not agree with each other either
    only flex matches the f64 reference, which is computed on it: ndarray and wgpu:x agree with each other and are up to 5.0e-1 from both
    no target is an outlier: flex and ndarray are within 2.0e-3 of the f64 reference, which matches the golden; the failed checks are listed above
    the golden is the outlier: the f64 reference no longer matches it, and flex and ndarray are within 1.0e-3 of the reference; if the change is intended, `cargo test` leaves a new golden for review
    the f64 reference moved away from the golden, and so did flex; ndarray still matches the golden: a change that did not reach every backend, or a bug of flex, which computes the reference
    the f64 reference moved away from the golden; ndarray and wgpu:x still match the golden: a change that did not reach every backend, or a bug of flex, which computes the reference
    the f64 reference no longer matches the golden, and ndarray is the outlier: 4.0e0 from the f64 reference, flex within 0.0e0
    flex and ndarray are within 1.0e-3 of the f64 reference
    flex is within 0.0e0 of the f64 reference
    ");
}
