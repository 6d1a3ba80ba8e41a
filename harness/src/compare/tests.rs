//! Tests of the comparison: a table of edges, and properties over random tensors.

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::scenario::Bound;
use crate::trace::Dtype;

fn tensor(values: &[f64]) -> HostTensor {
    HostTensor { shape: vec![values.len()], dtype: Dtype::F32, values: values.to_vec() }
}

fn bounds(pixel: Bound) -> Bounds {
    Bounds { abs_sum: Bound::new(f64::MAX, 0.0), pixel }
}

fn compared(got: &[f64], want: &[f64], pixel: Bound) -> Comparison {
    let want = tensor(want);
    compare(&tensor(got), &want, want.abs_sum(), &bounds(pixel)).unwrap()
}

#[rstest]
#[case(&[1.0], &[1.0], 0)]
#[case(&[1.0, 1.2], &[1.0, 1.0], 1)]
#[case(&[1.1, 0.9], &[1.0, 1.0], 0)]
#[case(&[f64::NAN], &[f64::NAN], 1)]
#[case(&[f64::INFINITY], &[f64::INFINITY], 1)]
#[case(&[1.0], &[f64::NAN], 1)]
#[case(&[f64::NEG_INFINITY, 1.0], &[1.0, 1.0], 1)]
fn counts_elements_outside(#[case] got: &[f64], #[case] want: &[f64], #[case] outside: usize) {
    assert_eq!(compared(got, want, Bound::new(0.11, 0.0)).outside, outside);
}

#[test]
fn names_first_and_worst_place() {
    let want = HostTensor { shape: vec![2, 2], dtype: Dtype::F32, values: vec![0.0; 4] };
    let got = HostTensor { values: vec![0.0, 1.0, 0.0, -3.0], ..want.clone() };
    let comparison = compare(&got, &want, 0.0, &bounds(Bound::new(0.5, 0.0))).unwrap();
    assert_eq!(comparison.first_outside[0].index, [0, 1]);
    assert_eq!(comparison.worst.unwrap().index, [1, 1]);
    assert_eq!(comparison.pixel_abs_to_pass, 3.0);
    assert_eq!(comparison.mean_abs_diff, 1.0);
}

/// The sum of absolute values cannot see a flipped sign; the elements can.
#[test]
fn a_flipped_sign_fails_although_the_sum_agrees() {
    let comparison = compared(&[1.0, -1.0], &[1.0, 1.0], Bound::new(1e-4, 0.0));
    assert!(comparison.abs_sum_passes && !comparison.passes());
}

#[rstest]
#[case(10.0, 10.5, 0.0, 0.0, false, 0.5 / 10.5)]
#[case(10.0, 10.5, 0.5, 0.0, true, 0.0)]
#[case(10.0, 10.5, 0.0, 0.05, true, 0.5 / 10.5)]
fn the_sum_has_its_own_bound(
    #[case] got: f64,
    #[case] stated: f64,
    #[case] abs: f64,
    #[case] rel: f64,
    #[case] passes: bool,
    #[case] to_pass: f64,
) {
    let bounds = Bounds { abs_sum: Bound::new(abs, rel), pixel: Bound::new(0.0, 0.0) };
    let comparison = compare(&tensor(&[got]), &tensor(&[got]), stated, &bounds).unwrap();
    assert_eq!((comparison.abs_sum_passes, comparison.outside), (passes, 0));
    assert!((comparison.abs_sum_rel_to_pass - to_pass).abs() < 1e-15);
}

#[test]
fn shapes_must_agree_and_hold_something() {
    let bounds = bounds(Bound::default());
    let shape = compare(&tensor(&[1.0]), &tensor(&[1.0, 2.0]), 3.0, &bounds).unwrap_err();
    assert_eq!(shape.to_string(), "the shape is [1], the golden's is [2]");
    assert_eq!(compare(&tensor(&[]), &tensor(&[]), 0.0, &bounds), Err(CompareError::Empty));
}

proptest! {
    #[test]
    fn a_tensor_equals_itself(values in prop::collection::vec(-1e30_f64..1e30, 1..50)) {
        let comparison = compared(&values, &values, Bound::new(0.0, 0.0));
        prop_assert!(comparison.passes());
        prop_assert_eq!((comparison.max_abs_diff, comparison.max_ulp), (0.0, 0));
    }

    /// What is reported as the tolerance that would have passed does pass, and less does not.
    #[test]
    fn the_tolerance_to_pass_passes(
        pairs in prop::collection::vec((-10.0_f64..10.0, -10.0_f64..10.0), 1..50),
        rel in 0.0_f64..0.1,
    ) {
        let (got, want): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let needed = compared(&got, &want, Bound::new(0.0, rel)).pixel_abs_to_pass;
        // One rounding lies between `d - rel * |want|` and `abs + rel * |want|`.
        let passing = compared(&got, &want, Bound::new(needed * (1.0 + 1e-12), rel));
        prop_assert_eq!(passing.outside, 0);
        if needed > 1e-9 {
            prop_assert!(compared(&got, &want, Bound::new(needed * 0.99, rel)).outside > 0);
        }
    }

    #[test]
    fn one_changed_element_is_found(
        values in prop::collection::vec(-10.0_f64..10.0, 1..50),
        index in any::<prop::sample::Index>(),
        change in 0.01_f64..5.0,
    ) {
        let mut got = values.clone();
        let index = index.index(got.len());
        got[index] += change;
        let comparison = compared(&got, &values, Bound::new(1e-4, 0.0));
        prop_assert_eq!(comparison.outside, 1);
        prop_assert_eq!(&comparison.first_outside[0].index, &vec![index]);
    }
}
