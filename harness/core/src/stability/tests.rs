//! What counts as the same bits, and what is said where they are not.

use rstest::rstest;

use super::*;
use crate::reason::joined;
use crate::trace::Dtype;

fn named(name: &str, values: &[f64]) -> NamedTensor {
    let shape = vec![values.len()];
    let values = values.to_vec();
    NamedTensor {
        name: name.into(),
        tensor: HostTensor { shape, dtype: Dtype::F32.into(), values },
    }
}

fn trace(records: &[&[f64]], output: &[f64]) -> Trace {
    let records = records.iter().enumerate();
    Trace {
        records: records.map(|(step, values)| named(&format!("step.{step}"), values)).collect(),
        outputs: vec![named("image", output)],
        ..Trace::default()
    }
}

#[rstest]
#[case::same(trace(&[&[1.0], &[2.0]], &[3.0, f64::NAN]), None)]
#[case::a_step(trace(&[&[1.0], &[2.5]], &[3.0, f64::NAN]), Some("first in step.1 at [0]: 2.0 and 2.5, in no output"))]
#[case::both(trace(&[&[1.5], &[2.5]], &[3.0, 1.0]), Some("first in step.0 at [0]: 1.0 and 1.5, of the outputs in image at [1]: NaN and 1.0"))]
#[case::sign_of_zero(trace(&[&[1.0], &[2.0]], &[-3.0, f64::NAN]), Some("in no step, first in output image at [0]: 3.0 and -3.0"))]
#[case::a_step_less(trace(&[&[1.0]], &[3.0, f64::NAN]), Some("first in 1 tensors instead of 2, in no output"))]
#[case::a_shape(trace(&[&[1.0], &[2.0, 2.0]], &[3.0, f64::NAN]), Some("first in step.1, which has another name or shape, in no output"))]
fn the_first_difference_is_named(#[case] other: Trace, #[case] said: Option<&str>) {
    let first = trace(&[&[1.0], &[2.0]], &[3.0, f64::NAN]);
    assert_eq!(difference(&first, &other).as_deref(), said);
    assert_eq!(hash(&first) == hash(&other), said.is_none());
}

#[test]
fn zeros_of_two_signs_are_other_bits() {
    assert!(difference(&trace(&[], &[0.0]), &trace(&[], &[-0.0])).is_some());
}

#[test]
fn a_tally_counts_what_differs_and_what_gave_nothing() {
    let (first, other) = (trace(&[], &[1.0]), trace(&[], &[2.0]));
    let mut stability = Stability::default();
    stability.tally(RepeatMode::SameProcess).count(&first, Ok(&first));
    assert_eq!(stability.variations(), []);
    stability.tally(RepeatMode::SameProcess).count(&first, Ok(&other));
    stability.tally(RepeatMode::SameProcess).count(&first, Err("it crashed".into()));
    stability.tally(RepeatMode::NewProcess).count(&first, Err("it crashed".into()));
    assert_eq!(
        joined(&stability.variations()),
        "2 of 3 runs differ (same process), in no step, first in output image at [0]: 1.0 and 2.0; \
         1 of 1 runs differ (new process), one gave no result: it crashed"
    );
    assert_eq!(stability.tally(RepeatMode::SameProcess).seen.len(), 2);
}

#[rstest]
#[case(&[2, 2], &[1.0, 2.0, 1.0, 2.0], Some(true))]
#[case(&[2, 2], &[1.0, 2.0, 1.0, 2.5], Some(false))]
#[case(&[1, 4], &[1.0, 2.0, 1.0, 2.0], None)]
#[case(&[], &[1.0], None)]
fn a_batch_agrees_if_every_sample_is_the_first(
    #[case] shape: &[usize],
    #[case] values: &[f64],
    #[case] agree: Option<bool>,
) {
    let tensor =
        HostTensor { shape: shape.to_vec(), dtype: Dtype::F32.into(), values: values.to_vec() };
    let outputs = [NamedTensor { name: "image".into(), tensor }];
    assert_eq!(positions_agree(&outputs, 2), agree);
}

#[test]
fn nothing_put_out_is_no_agreement() {
    assert_eq!(positions_agree(&[], 2), None);
}
