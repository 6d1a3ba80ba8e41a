//! A golden of something too large for git: what block means, sketch and extremes see, and that they
//! fail nothing that is well.

use burn_repro_core::evaluate::GoldenComparison;
use burn_repro_core::fixtures;
use burn_repro_core::golden::{Draft, Golden, Kept, Recorded, Store};
use burn_repro_core::reason::ReasonCode::{NonFinite, OutsideTolerance, UncheckedBound};
use burn_repro_core::reason::{Reason, ReasonCode, lines};
use burn_repro_core::scenario::Scenario;
use burn_repro_core::trace::{Dtype, HostTensor, NamedTensor, Trace};
use burn_repro_target::{Class, Target};
use proptest::prelude::*;
use rstest::rstest;

const SHAPE: [usize; 4] = [1, 96, 96, 3];

/// Elements may be off by 1e-4, sums by anything: what is seen is not the sum.
fn scenario() -> Scenario {
    fixtures::scenario("large", "tolerance: { abs_sum: { rel: 1 }, pixel: { abs: 1.0e-4 } }")
}

fn target() -> Target {
    fixtures::target("flex", Class::Cpu)
}

fn trace(values: Vec<f64>, dtype: Dtype) -> Trace {
    let tensor = HostTensor { shape: SHAPE.to_vec(), dtype: dtype.into(), values };
    let named = |name: &str| NamedTensor { name: name.into(), tensor: tensor.clone() };
    Trace {
        records: vec![named("step.00/image")],
        outputs: vec![named("image")],
        ..Trace::default()
    }
}

/// A picture with a pattern and a gradient.
fn picture() -> Vec<f64> {
    let count: usize = SHAPE.iter().product();
    let value = |index: usize| {
        let (row, column) = (index / 3 / 96, index / 3 % 96);
        0.1 + 0.3 * (index as f64 * 0.618).fract() + 0.005 * row as f64 + 0.0005 * column as f64
    };
    (0..count).map(value).collect()
}

fn golden() -> Golden {
    let folder = tempfile::tempdir().unwrap();
    let recorded = Recorded::now(&target(), folder.path());
    let draft =
        Draft::new(&scenario(), &trace(picture(), Dtype::F64), &[], recorded, None).unwrap();
    let store = Store::new(folder.path());
    store.files_of("large").write("", &draft.text.to_yaml(), &draft.tensors).unwrap();
    assert!(store.files_of("large").size() <= 64 * 1024);
    store.load("large").unwrap()
}

fn mismatches(values: Vec<f64>) -> Vec<Reason> {
    let trace = trace(values, Dtype::F32);
    GoldenComparison::new(&scenario(), &target(), &trace, &golden()).mismatches
}

/// What a golden in part cannot check is a failure; what it can is checked.
#[rstest]
#[case("max_ulp: 1000000", Some(UncheckedBound))]
#[case("max_rel_diff: 1000", Some(UncheckedBound))]
#[case("rmse: 1.0e-3", Some(UncheckedBound))]
#[case("psnr: 20", Some(UncheckedBound))]
#[case("max_abs_diff: 1.0e-12", Some(OutsideTolerance))]
#[case("max_abs_diff: 1.0e-6", None)]
fn a_bound_is_checked_or_refused(#[case] bounds: &str, #[case] code: Option<ReasonCode>) {
    let tolerance = format!("tolerance: {{ pixel: {{ abs: 1.0e-4 }}, {bounds} }}");
    let scenario = fixtures::scenario("large", &tolerance);
    let values = picture().iter().map(|value| value + 1.0e-7).collect();
    let trace = trace(values, Dtype::F32);
    let said = GoldenComparison::new(&scenario, &target(), &trace, &golden()).mismatches;
    assert_eq!(said.first().map(|reason| reason.code), code, "{said:?}");
}

#[test]
fn outputs_are_reduced_and_steps_sketched() {
    let text = golden().text;
    assert_eq!((text.outputs[0].kept, text.records[0].kept), (Kept::Reduced, Kept::Sketch));
    assert_eq!(text.outputs[0].block_side, Some(3));
}

fn transposed(values: &[f64]) -> Vec<f64> {
    let at = |row: usize, column: usize, channel: usize| values[(row * 96 + column) * 3 + channel];
    let places = (0..96).flat_map(|row| (0..96).map(move |column| (row, column)));
    places
        .flat_map(|(row, column)| (0..3).map(move |channel| (row, column, channel)))
        .map(|(row, column, channel)| at(column, row, channel))
        .collect()
}

/// Neighbours change places: every block keeps its mean.
fn swapped_in_blocks(values: &[f64]) -> Vec<f64> {
    values.chunks(6).flat_map(|pair| [&pair[3..], &pair[..3]].concat()).collect()
}

#[rstest]
#[case::transposed(transposed(&picture()), OutsideTolerance, MEANS)]
#[case::neighbours_swapped(swapped_in_blocks(&picture()), OutsideTolerance, SKETCH)]
#[case::scaled(picture().iter().map(|value| value * 1.001).collect(), OutsideTolerance, SKETCH)]
#[case::errors_that_cancel(
    picture().iter().enumerate().map(|(i, v)| v + if i / 3 % 2 == 0 { 1e-3 } else { -1e-3 }).collect(),
    OutsideTolerance, SKETCH
)]
#[case::channels_swapped(
    picture().chunks(3).flat_map(|p| [p[2], p[1], p[0]]).collect(), OutsideTolerance, SKETCH
)]
#[case::one_element(
    { let mut values = picture(); values[5000] += 0.01; values }, OutsideTolerance, MEANS
)]
#[case::an_extreme({ let mut values = picture(); values[5000] = 2.0; values }, OutsideTolerance, "image max")]
#[case::not_a_number({ let mut values = picture(); values[5000] = f64::NAN; values }, NonFinite, MEANS)]
fn what_is_wrong_is_seen(#[case] values: Vec<f64>, #[case] code: ReasonCode, #[case] by: &str) {
    let said = mismatches(values);
    assert!(said.iter().any(|reason| reason.code == code && reason.text.contains(by)), "{said:?}");
}

/// Which part of the golden sees it.
const MEANS: &str = "(means of 3 by 3)";
const SKETCH: &str = "by its sketch";

#[test]
fn what_is_said_of_a_golden_in_part() {
    let mut values = picture();
    values[5000] = 2.0;
    let scenario = fixtures::scenario("large", "tolerance: { pixel: { abs: 1.0e-4 }, psnr: 20 }");
    let trace = trace(values, Dtype::F32);
    let said = GoldenComparison::new(&scenario, &target(), &trace, &golden()).mismatches;
    insta::assert_snapshot!(lines(&said, "\n"), @"
    image is off by about 1.1e-2 RMS by its sketch, allowed 1.000e-4 an element (pixel { abs: 1.09e-2 } would pass)
    image max is 2.0000000, the golden's 0.9196000
    image abs_sum is 14128.4692000, the golden's 14126.6712000: off by 1.798e0, allowed 1.413e-1
    the golden keeps image in part, so that `psnr` cannot be checked: bound `pixel` instead
    image (means of 3 by 3) has 1 of 3072 elements outside, the worst at [0, 5, 11, 2]: 0.5015778 for 0.3018000, off by 1.998e-1, allowed 1.000e-4 (pixel { abs: 2.00e-1 } would pass)
    image (means of 3 by 3) differs most at [0, 5, 11, 2] 0.501578 for 0.301800
    ");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Every element within its bound: nothing fails, however the errors fall.
    #[test]
    fn what_is_well_passes(seed in any::<u64>(), bias in -1.0_f64..=1.0) {
        let error = |index: usize| {
            let random = ((index as f64 + (seed % 100_000) as f64) * 0.754_877).fract() * 2.0 - 1.0;
            1.0e-4 * (bias + random * (1.0 - bias.abs()))
        };
        let values = picture().iter().enumerate().map(|(i, value)| value + error(i)).collect();
        let said = mismatches(values);
        prop_assert!(said.is_empty(), "{said:?}");
    }
}
