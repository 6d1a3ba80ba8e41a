//! Tests of the comparison: a table of edges, an oracle by numpy, scikit-image and NVIDIA, and
//! properties over random tensors.

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::tolerance::{Bound, Limits};
use crate::trace::Dtype;

fn tensor(values: &[f64]) -> HostTensor {
    HostTensor { shape: vec![values.len()], dtype: Dtype::F32.into(), values: values.to_vec() }
}

fn bounds(pixel: Bound) -> Bounds {
    Bounds { abs_sum: Bound::new(f64::MAX, 0.0), pixel, limits: Limits::new() }
}

fn with_limit(measure: Measure, limit: f64) -> Bounds {
    Bounds { limits: Limits::from([(measure, limit)]), ..bounds(Bound::new(f64::MAX, 0.0)) }
}

fn want(tensor: &HostTensor) -> Want<'_> {
    Want { tensor, abs_sum: tensor.abs_sum(), dtype: Dtype::F32.into() }
}

fn compared(got: &[f64], golden: &[f64], pixel: Bound) -> Comparison {
    compare(&tensor(got), want(&tensor(golden)), &bounds(pixel)).unwrap()
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
    let comparison = compared(got, want, Bound::new(0.11, 0.0));
    assert_eq!((comparison.outside, comparison.first_outside.len()), (outside, outside));
}

/// What is not finite is counted, listed and failed, and the rest still says something.
#[test]
fn nan_and_infinity_are_counted_and_never_pass() {
    let comparison =
        compared(&[1.0, f64::NAN, 3.5, f64::INFINITY], &[1.0, 2.0, 3.0, 4.0], Bound::new(1.0, 0.0));
    assert_eq!((comparison.non_finite, comparison.outside), (2, 2));
    assert!(!comparison.passes());
    assert_eq!((comparison.max_abs_diff, comparison.mean_abs_diff), (0.5, 0.25));
    let places: Vec<_> = comparison.first_outside.iter().map(|place| place.index[0]).collect();
    assert_eq!(places, [1, 3]);
    assert_eq!(comparison.worst[0].index, [2]);
    let all = compared(&[f64::NAN], &[f64::NAN], Bound::new(1.0, 0.0));
    assert_eq!((all.non_finite, all.max_abs_diff, all.passes()), (1, 0.0, false));
}

#[test]
fn names_first_and_worst_places() {
    let shape = vec![2, 3];
    let golden = HostTensor { shape, dtype: Dtype::F32.into(), values: vec![0.0; 6] };
    let got = HostTensor { values: vec![0.0, 0.2, 0.0, 0.5, 0.0, 0.3], ..golden.clone() };
    let comparison = compare(&got, want(&golden), &bounds(Bound::new(0.1, 0.0))).unwrap();
    let indices = |places: &[Place]| places.iter().map(|p| p.index.clone()).collect::<Vec<_>>();
    assert_eq!(indices(&comparison.first_outside), [[0, 1], [1, 0], [1, 2]]);
    assert_eq!(indices(&comparison.worst), [[1, 0], [1, 2], [0, 1]]);
    assert_eq!((comparison.worst[0].got, comparison.worst[0].want), (0.5, 0.0));
}

#[rstest]
#[case(&[2, 3], Dtype::F32, &[3, 2], Dtype::F32, "the shape is [2, 3], the golden's is [3, 2]")]
#[case(&[6], Dtype::F64, &[6], Dtype::F64, "it came as f64, the scenario asks for f32")]
#[case(&[0], Dtype::F32, &[0], Dtype::F32, "there are no elements")]
fn what_cannot_be_compared_is_said(
    #[case] got: &[usize],
    #[case] got_dtype: Dtype,
    #[case] golden: &[usize],
    #[case] golden_dtype: Dtype,
    #[case] message: &str,
) {
    let tensor = |shape: &[usize], dtype| HostTensor {
        shape: shape.to_vec(),
        dtype,
        values: vec![0.0; shape.iter().product()],
    };
    let golden = tensor(golden, golden_dtype.into());
    let error =
        compare(&tensor(got, got_dtype.into()), want(&golden), &bounds(Bound::new(1.0, 0.0)));
    assert!(error.unwrap_err().to_string().contains(message));
}

/// Each measure against a limit that it just meets, and one that it just does not.
#[rstest]
#[case(Measure::MaxAbsDiff, 0.5, 0.49)]
#[case(Measure::MeanAbsDiff, 0.25, 0.24)]
#[case(Measure::MaxRelDiff, 0.25, 0.24)]
#[case(Measure::MeanRelDiff, 0.125, 0.12)]
#[case(Measure::Bias, 0.25, 0.24)]
#[case(Measure::Rmse, 0.36, 0.35)]
#[case(Measure::Nmse, 0.05, 0.04)]
#[case(Measure::Psnr, 9.0, 9.1)]
#[case(Measure::Cosine, 0.99, 0.9999)]
#[case(Measure::MaxUlp, 2_097_152.0, 2_097_151.0)]
#[case(Measure::P50Ulp, 0.0, -1.0)]
#[case(Measure::P99Ulp, 2_097_152.0, 2_097_151.0)]
fn a_limit_on_a_measure_holds(#[case] measure: Measure, #[case] met: f64, #[case] missed: f64) {
    let (got, golden) = (tensor(&[1.0, 2.5]), tensor(&[1.0, 2.0]));
    let passes =
        |limit| compare(&got, want(&golden), &with_limit(measure, limit)).unwrap().passes();
    assert!(passes(met) && !passes(missed));
}

#[test]
fn a_limit_on_images_fails_what_is_none() {
    let golden = tensor(&[1.0, 2.0]);
    let comparison = compare(&golden, want(&golden), &with_limit(Measure::Ssim, 0.1)).unwrap();
    let violation = Violation { measure: Measure::Ssim, got: None, limit: 0.1 };
    assert_eq!((comparison.violations.as_slice(), comparison.passes()), (&[violation][..], false));
}

/// The images of `ci/peers/measures.py`, by the same formula.
fn oracle_images(shape: &[usize], noise: f64) -> [HostTensor; 2] {
    let count: usize = shape.iter().product();
    let want = |index: usize| (index as f64 * 0.618_033_988_749_894_9) % 1.0;
    let got = |index: usize| {
        let shift = noise * ((index as f64 * 0.754_877_666_246_692_7) % 1.0 - 0.4);
        f64::from((want(index) + shift).clamp(0.0, 1.0) as f32)
    };
    let tensor =
        |values: Vec<f64>| HostTensor { shape: shape.to_vec(), dtype: Dtype::F32.into(), values };
    [tensor((0..count).map(got).collect()), tensor((0..count).map(want).collect())]
}

/// numpy 2.4.6, scikit-image 0.26.0 and NVIDIA's flip-evaluator 1.7 on the same images.
#[rstest]
#[case(0)]
#[case(1)]
#[case(2)]
fn the_measures_are_those_of_the_peers(#[case] index: usize) {
    let oracle: serde_json::Value = serde_json::from_str(include_str!("oracle.json")).unwrap();
    let case = &oracle[index];
    let shape: Vec<usize> = serde_json::from_value(case["shape"].clone()).unwrap();
    let [got, golden] = oracle_images(&shape, case["noise"].as_f64().unwrap());
    let comparison = compare(&got, want(&golden), &bounds(Bound::new(1.0, 0.0))).unwrap();
    for measure in Measure::ALL {
        let (want, got) = (case[measure.as_str()].as_f64().unwrap(), comparison.value(measure));
        if measure == Measure::Flip && !cfg!(feature = "flip") {
            assert_eq!(
                got, None,
                "a build without FLIP measures none, so that no limit on it is met"
            );
            continue;
        }
        // FLIP is made in f32 by both; quantiles above 64 ULP are up to a 32nd too large.
        let bound = match measure {
            Measure::Flip => Bound::new(2.0e-6, 1.0e-4),
            Measure::P50Ulp | Measure::P99Ulp => Bound::new(0.0, 1.0 / 32.0),
            Measure::Psnr => Bound::new(0.0, 1.0e-10),
            _ => Bound::new(1.0e-15, 1.0e-9),
        };
        let got = got.unwrap();
        assert!(bound.passes(got, want.abs()), "{measure}: {got} for {want}");
    }
}

proptest! {
    #[test]
    fn what_would_have_passed_passes(
        pairs in prop::collection::vec((-1e3_f64..1e3, -1e3_f64..1e3), 1..1500),
        rel in 0.0_f64..0.1,
    ) {
        let (got, golden): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let needed = compared(&got, &golden, Bound::new(0.0, rel)).pixel_abs_to_pass;
        let enough = compared(&got, &golden, Bound::new(needed * (1.0 + 1e-12) + 1e-12, rel));
        prop_assert_eq!(enough.outside, 0);
        if needed > 1e-6 {
            prop_assert!(compared(&got, &golden, Bound::new(needed * 0.99, rel)).outside > 0);
        }
    }

    /// Block by block and by the plain definitions: lengths around the blocks, NaN anywhere.
    #[test]
    fn the_fast_pass_is_the_plain_one(
        length in 1_usize..5000,
        seed in any::<u64>(),
        holes in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
    ) {
        let random = |index: usize| {
            (crate::splitmix::splitmix64(seed ^ index as u64) as f64 / u64::MAX as f64) - 0.5
        };
        let golden: Vec<f64> = (0..length).map(random).collect();
        let mut got: Vec<f64> = golden.iter().map(|want| want * 1.01 + 0.001).collect();
        for hole in holes {
            got[hole.index(length)] = f64::NAN;
        }
        let bound = Bound::new(0.004, 0.001);
        let comparison = compared(&got, &golden, bound);
        let pairs: Vec<(f64, f64)> =
            got.iter().copied().zip(golden.iter().copied()).filter(|(g, _)| g.is_finite()).collect();
        let mean = |of: &dyn Fn(f64, f64) -> f64| {
            pairs.iter().map(|&(g, w)| of(g, w)).sum::<f64>() / (pairs.len().max(1)) as f64
        };
        let near = |got: f64, want: f64| (got - want).abs() <= 1e-12 * (1.0 + want.abs());
        prop_assert_eq!(comparison.non_finite, length - pairs.len());
        let outside = got.iter().zip(&golden).filter(|(g, w)| !bound.passes(**g, **w)).count();
        prop_assert_eq!(comparison.outside, outside);
        prop_assert!(near(comparison.mean_abs_diff, mean(&|g, w| (g - w).abs())));
        prop_assert!(near(comparison.bias, mean(&|g, w| g - w)));
        prop_assert!(near(comparison.rmse, mean(&|g, w| (g - w).powi(2)).sqrt()));
        let mut worst: Vec<f64> = pairs.iter().map(|(g, w)| (g - w).abs()).collect();
        worst.sort_by(|left, right| right.total_cmp(left));
        worst.truncate(LISTED);
        let listed: Vec<f64> = comparison.worst.iter().map(Place::difference).collect();
        prop_assert_eq!(listed, worst);
    }

    /// The bits of the sums do not depend on what the processor can do.
    #[test]
    fn lanes_give_the_same_bits_as_plain_code(length in 0_usize..300) {
        let golden: Vec<f64> = (0..length).map(|i| (i as f64 * 0.618).fract()).collect();
        let got: Vec<f64> = golden.iter().map(|want| want * 1.000_3 + 0.1).collect();
        let fast = sums::sums_f64(&got, &golden, Bound::new(0.0, 0.0));
        let mut lanes = [0.0_f64; 8];
        for (index, (g, w)) in got.iter().zip(&golden).enumerate() {
            lanes[index % 8] += (g - w) * (g - w);
        }
        prop_assert_eq!(fast.squared_difference.to_bits(), lanes.iter().sum::<f64>().to_bits());
    }

    #[test]
    fn no_input_makes_it_panic(
        pairs in prop::collection::vec((any::<f64>(), any::<f64>()), 1..30),
    ) {
        let (got, golden): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let comparison = compared(&got, &golden, Bound::new(1.0, 0.1));
        let finite = got.iter().chain(&golden).all(|value| value.is_finite());
        prop_assert!(finite || comparison.outside > 0);
        prop_assert!(finite || !comparison.passes());
    }
}
