//! Who is named, over tables of who says what.

use rstest::rstest;

use super::*;
use crate::trace::Dtype;

fn tensor(value: f64) -> HostTensor {
    HostTensor { shape: vec![1], dtype: Dtype::F32, values: vec![value] }
}

/// The reference is 1, the tolerance 0.01.
fn said(golden: Option<f64>, targets: &[(&'static str, f64)]) -> String {
    let outputs: Vec<HostTensor> = targets.iter().map(|(_, value)| tensor(*value)).collect();
    let ballot = |(&(target, value), output): (&(&'static str, f64), _)| Ballot {
        target,
        with_reference: (value - 1.0).abs() <= 0.01,
        with_golden: golden.is_some_and(|golden| (value - golden).abs() <= 0.01),
        from_reference: distance(&tensor(1.0), output),
        output: Some(output),
        allowed: 0.01,
    };
    let ballots: Vec<_> = targets.iter().zip(&outputs).map(ballot).collect();
    let golden = golden.map(tensor);
    let agrees = golden.as_ref().map(|golden| gives(&tensor(1.0), Content::Whole(golden)));
    conclude(agrees, &ballots)
}

#[rstest]
#[case::one_target(Some(1.0), &[("flex", 1.001), ("ndarray", 1.5), ("wgpu:x", 1.002)],
    "ndarray is the outlier: 5.0e-1 from the f64 reference, flex and wgpu:x within 2.0e-3")]
#[case::two_targets(Some(1.0), &[("flex", 1.001), ("ndarray", 1.5), ("wgpu:x", 0.2)],
    "ndarray and wgpu:x are outliers: up to 8.0e-1 from the f64 reference, flex within 1.0e-3")]
#[case::the_golden(Some(2.0), &[("flex", 1.001), ("ndarray", 0.999)],
    "the golden is the outlier: the f64 reference no longer gives it, and flex and ndarray are within \
     1.0e-3 of the reference; if that is meant, `cargo test` leaves a new golden for review")]
#[case::the_reference(Some(2.0), &[("flex", 1.0), ("ndarray", 2.001)],
    "the reference moved away from the golden and flex with it, ndarray still gives it: a change that \
     did not reach every backend, or a bug on the reference's own")]
#[case::one_mind(Some(1.0), &[("flex", 1.5), ("ndarray", 1.501)],
    "flex and ndarray agree with each other and are up to 5.0e-1 from the f64 reference: what they \
     share is in question, be it single precision, the tolerance or the reference itself")]
#[case::the_references_own_target(Some(1.0), &[("flex", 1.001), ("ndarray", 1.5), ("wgpu:x", 1.501)],
    "flex stands alone with the f64 reference, which is computed on it: ndarray and wgpu:x agree with each \
     other and are up to 5.0e-1 from both")]
#[case::nobody(Some(1.0), &[("flex", 1.5), ("ndarray", 0.5)],
    "flex and ndarray are up to 5.0e-1 from the f64 reference and do not agree with each other either")]
#[case::alone(Some(1.0), &[("flex", 1.5)],
    "flex is 5.0e-1 from the f64 reference, and no other target ran that could say which is off")]
#[case::not_a_number(Some(1.0), &[("flex", 1.0), ("ndarray", f64::NAN)],
    "ndarray is the outlier: inf from the f64 reference, flex within 0.0e0")]
#[case::golden_and_target(Some(2.0), &[("flex", 1.0), ("ndarray", 5.0)],
    "the reference no longer gives the golden, and ndarray is the outlier: 4.0e0 from the f64 \
     reference, flex within 0.0e0")]
#[case::no_golden(None, &[("flex", 1.0), ("ndarray", 1.001)],
    "flex and ndarray are within 1.0e-3 of the f64 reference")]
fn the_outlier_is_named(
    #[case] golden: Option<f64>,
    #[case] targets: &[(&'static str, f64)],
    #[case] sentence: &str,
) {
    assert_eq!(said(golden, targets), sentence);
}
