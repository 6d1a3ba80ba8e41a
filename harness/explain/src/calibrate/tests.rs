//! The spread and the proposals, over samples made by hand.

#![expect(clippy::float_cmp, reason = "bounds are rounded to few digits")]

use burn_repro_core::fixtures::{self, target};
use burn_repro_target::Class;
use proptest::prelude::*;

use super::*;
use burn_repro_core::scenario::Tolerance;
use burn_repro_core::trace::Dtype;

fn trace(values: &[f64], dtype: Dtype) -> Trace {
    let tensor =
        HostTensor { shape: vec![values.len()], dtype: dtype.into(), values: values.to_vec() };
    let outputs = vec![NamedTensor { name: "latents".into(), tensor }];
    Trace { outputs, ..Trace::default() }
}

fn scenario() -> Scenario {
    let lines = "tolerance:\n  pixel: { abs: 0.5 }\n  per_backend: [{ backend: wgpu, pixel: { abs: 0.25 }, reason: seen }]\n";
    fixtures::scenario("s", lines)
}

fn samples() -> Vec<Sample> {
    let sample = |reference: f64, flex: f64, wgpu: f64| Sample {
        reference: trace(&[reference, 2.0], Dtype::F64),
        results: vec![
            (target("flex", Class::Cpu), trace(&[flex, 2.0], Dtype::F32)),
            (target("wgpu:x", Class::Wgpu), trace(&[wgpu, 2.0], Dtype::F32)),
        ],
    };
    vec![sample(1.0, 1.01, 1.02), sample(1.5, 1.52, 1.5)]
}

#[test]
fn the_spread_tells_input_and_arithmetic_apart() {
    let spreads = spreads(&scenario(), &samples());
    let near = |got: f64, want: f64| (got - want).abs() < 1.0e-12;
    let flex = &spreads[0];
    assert!(near(flex.as_it_is, 0.01) && near(flex.moved, 0.52), "{flex:?}");
    assert!(near(flex.same_input, 0.02) && near(flex.pixel_abs, 0.52), "{flex:?}");
    assert_eq!(spreads.len(), 2);
}

#[test]
fn each_bound_of_the_file_has_a_proposal_of_its_own() {
    let proposals = proposals(&spreads(&scenario(), &samples()), 4.0);
    let pixels: Vec<_> = proposals.iter().filter(|proposal| proposal.key == "pixel").collect();
    assert_eq!(pixels.len(), 2);
    assert_eq!((pixels[0].file.abs(), pixels[0].seen_on.as_str()), (0.25, "latents of wgpu:x"));
    assert_eq!((pixels[1].file.abs(), pixels[1].proposed.abs()), (0.5, 3.0));
    let sum = proposals.iter().find(|proposal| proposal.key == "abs_sum").unwrap();
    assert_eq!(sum.file, Tolerance::default().abs_sum);
}

#[test]
fn what_is_not_a_number_is_covered_by_no_tolerance() {
    let mut samples = samples();
    samples[1].results[0].1 = trace(&[f64::NAN, 2.0], Dtype::F32);
    let spread = &spreads(&scenario(), &samples)[0];
    assert_eq!(spread.moved, f64::INFINITY);
    assert_eq!(spread.pixel_abs, f64::INFINITY);
}

#[test]
fn a_bounded_measure_has_a_proposal() {
    let mut scenario = scenario();
    scenario.tolerance.limits =
        Limits::from([(Measure::Psnr, 10.0), (Measure::MaxAbsDiff, 0.1), (Measure::MaxUlp, 1.0)]);
    let proposals = measure_proposals(&spreads(&scenario, &samples()), 4.0);
    let of = |measure| proposals.iter().find(|p| p.measure == measure).unwrap();
    assert!((of(Measure::MaxAbsDiff).observed - 0.52).abs() < 1e-12);
    assert_eq!(of(Measure::MaxAbsDiff).proposed, 3.0);
    assert_eq!(of(Measure::MaxAbsDiff).seen_on, "latents of flex");
    // A fourth of the amplitude's distance is 12.04 dB.
    let psnr = of(Measure::Psnr);
    assert!((psnr.observed - psnr.proposed - 12.04).abs() <= 0.1, "{psnr:?}");
    assert_eq!(of(Measure::MaxUlp).proposed, of(Measure::MaxUlp).observed * 4.0);
}

proptest! {
    #[test]
    fn one_digit_and_never_less(exponent in -12_i32..3, mantissa in 1.0_f64..10.0) {
        let number = mantissa * 10_f64.powi(exponent);
        let rounded = one_digit_up(number);
        prop_assert!(rounded >= number && rounded <= number * 2.0, "{number} {rounded}");
        let again: f64 = format!("{rounded:.0e}").parse().unwrap();
        prop_assert_eq!(again, rounded);
    }
}
