//! The reasons that examining a finished cell gives: the code of each kind, and its words.

use std::sync::Arc;

use burn_repro_target::Class;
use rstest::rstest;

use super::*;
use crate::fixtures::{Nothing, target};
use crate::golden::{Draft, Recorded, Store};
use crate::scenario;
use crate::trace::{Dtype, ElementType};

const SCENARIO: &str = "version: 1\npipeline: nothing\nseed: 0\nsteps: 1\nparams: ~\n";

fn cell(more: &str) -> Cell {
    let text = match more.strip_prefix("seed: ") {
        Some(seed) => SCENARIO.replace("seed: 0", &format!("seed: {seed}")),
        None => format!("{SCENARIO}{more}\n"),
    };
    let scenario = scenario::parse("tiny.yaml".as_ref(), text, &Nothing).unwrap();
    Cell { scenario: Arc::new(scenario), target: target("flex", Class::Cpu), threads: None }
}

fn trace(dtype: Dtype) -> Trace {
    let tensor =
        HostTensor { shape: vec![4], dtype: dtype.into(), values: vec![0.25, -0.5, 0.75, 1.0] };
    Trace { outputs: vec![NamedTensor { name: "image".into(), tensor }], ..Trace::default() }
}

fn golden() -> Golden {
    let folder = tempfile::tempdir().unwrap();
    let Cell { scenario, target, .. } = cell("");
    let recorded = Recorded::now(&target, folder.path());
    let draft = Draft::new(&scenario, &trace(Dtype::F64), &[], recorded, None).unwrap();
    let store = Store::new(folder.path());
    store.files_of("tiny").write("", &draft.text.to_yaml(), &draft.tensors).unwrap();
    store.load("tiny").unwrap()
}

/// Verdict, codes and texts of the cell, its trace or its scenario changed.
fn told(more: &str, golden: Result<&Golden, &GoldenError>, change: impl Fn(&mut Trace)) -> String {
    let mut trace = trace(Dtype::F32);
    change(&mut trace);
    let outcome = Outcome::Finished(Box::new(trace));
    let report = evaluate(&cell(more), &outcome, golden.into(), jiff::civil::date(2026, 11, 23));
    let code = |code: ReasonCode| serde_json::to_value(code).unwrap();
    let reasons = report
        .reasons
        .iter()
        .map(|reason| format!("    {}: {}\n", code(reason.code).as_str().unwrap(), reason.text));
    std::iter::once(format!("{}\n", report.verdict)).chain(reasons).collect()
}

fn values(trace: &mut Trace) -> &mut Vec<f64> {
    &mut trace.outputs[0].tensor.values
}

#[test]
fn what_answers_another_question_has_codes_and_words() {
    let golden = golden();
    let missing = GoldenError::Missing("golden/tiny.snap".into());
    let reason = "is cut off".to_owned();
    let corrupt = GoldenError::Corrupt { file: "golden/tiny.snap".into(), reason };
    let told = [
        told("", Ok(&golden), |_| {}),
        told("", Ok(&golden), |trace| values(trace)[1] = f64::NAN),
        told("", Err(&missing), |_| {}),
        told("", Err(&corrupt), |_| {}),
        told("seed: 7", Ok(&golden), |trace| values(trace)[1] = 9.0),
        told("", Ok(&golden), |trace| trace.noise.draws = 9),
    ];
    insta::assert_snapshot!(told.concat(), @"
    pass
    non-finite
        non-finite: image is NaN at [1]
        outside-tolerance: image abs_sum is NaN, the golden's 2.5000000: off by NaN, allowed 2.500e-5 (abs_sum { rel: 2.00e-1 } would pass)
        non-finite: image has 1 of 4 elements that are NaN or infinite, which no tolerance lets pass
    missing golden
        missing-golden: golden/tiny.snap does not exist: run `cargo test` and review it with `cargo repro golden accept` or `cargo insta review`
    missing golden
        unreadable-golden: golden/tiny.snap: is cut off; restore the file or review the golden again
    stale golden
        stale-golden: the golden was made from another version of the scenario
        stale-golden: seed is 7, the golden's 0
        help: run `cargo test`, then review the golden with `cargo repro golden accept tiny` or `cargo insta review`
    wrong noise
        wrong-noise: the noise is not the golden's: found Noise { draws: 9, first_sha256: None, all_sha256: None }, expected Noise { draws: 0, first_sha256: None, all_sha256: None }
    ");
}

#[test]
fn what_differs_has_codes_and_words() {
    let golden = golden();
    let published = "expect: [{ source: a paper, output: image, abs_sum: { value: 9, tol: 0.5 } }]";
    let told = [
        told("", Ok(&golden), |trace| values(trace)[1] = -0.625),
        told("tolerance: { max_ulp: 4 }", Ok(&golden), |trace| values(trace)[1] = -0.500_001),
        told("", Ok(&golden), |trace| trace.outputs[0].tensor.shape = vec![2, 2]),
        told("", Ok(&golden), |trace| trace.outputs[0].tensor.dtype = Dtype::F16.into()),
        told("", Ok(&golden), |trace| trace.outputs[0].name = "picture".into()),
        told("tolerance: { outputs: [{ output: video, psnr: 9 }] }", Ok(&golden), |_| {}),
        told(published, Ok(&golden), |_| {}),
    ];
    insta::assert_snapshot!(told.concat(), @"
    mismatch
        outside-tolerance: image abs_sum is 2.6250000, the golden's 2.5000000: off by 1.250e-1, allowed 2.500e-5 (abs_sum { rel: 5.00e-2 } would pass)
        outside-tolerance: image has 1 of 4 elements outside, the worst at [1]: -0.6250000 for -0.5000000, off by 1.250e-1, allowed 1.000e-4 (pixel { abs: 1.25e-1 } would pass)
        place: image differs most at [1] -0.625000 for -0.500000
        would-pass: image would pass with { max_abs_diff: 1.25e-1, mean_abs_diff: 3.13e-2, max_rel_diff: 2.50e-1, mean_rel_diff: 6.25e-2, bias: 3.13e-2, rmse: 6.25e-2, nmse: 8.34e-3, psnr: 27.6, cosine: 0.996635165, max_ulp: 2097152, p50_ulp: 0, p99_ulp: 2097152 }
    mismatch
        outside-tolerance: image max_ulp is 1.7000e1, expected at most 4.0000e0 (max_ulp: 17 would pass)
        place: image differs most at [1] -0.500001 for -0.500000
        would-pass: image would pass with { max_abs_diff: 1.01e-6, mean_abs_diff: 2.51e-7, max_rel_diff: 2.01e-6, mean_rel_diff: 5.01e-7, bias: 2.51e-7, rmse: 5.01e-7, nmse: 5.34e-13, psnr: 129.5, cosine: 0.999999999, max_ulp: 17, p50_ulp: 0, p99_ulp: 17 }
    mismatch
        wrong-shape: image: the shape is [2, 2], the golden's is [4]
    mismatch
        wrong-dtype: image: it came as f16, the scenario asks for f32
    mismatch
        missing-output: the golden has the output `image`, which the pipeline did not return
        unknown-output: the golden has no output `picture`
    mismatch
        unknown-output: `tolerance` names the output `video`, which the pipeline does not have
    mismatch
        published-number: image abs_sum of a paper: off by 6.500e0, allowed 5.000e-1
    ");
}

/// A class that is another one is no rounding, however wide the tolerance; a bound that names the output is meant.
#[rstest]
#[case::same(0.0, "tolerance: { pixel: { abs: 2 }, abs_sum: { abs: 2 } }", true)]
#[case::another(1.0, "tolerance: { pixel: { abs: 2 }, abs_sum: { abs: 2 } }", false)]
#[case::named(
    1.0,
    "tolerance: { outputs: [{ output: class, pixel: { abs: 1 }, abs_sum: { abs: 1 } }] }",
    true
)]
fn integers_are_to_be_the_same(#[case] off: f64, #[case] more: &str, #[case] passes: bool) {
    let class = |off: f64| {
        let values = vec![3.0, 50_256.0 + off];
        let tensor = HostTensor { shape: vec![2], dtype: ElementType::Integer, values };
        let outputs = vec![NamedTensor { name: "class".into(), tensor }];
        Trace { outputs, ..Trace::default() }
    };
    let folder = tempfile::tempdir().unwrap();
    let cell = cell(more);
    let recorded = Recorded::now(&cell.target, folder.path());
    let draft = Draft::new(&cell.scenario, &class(0.0), &[], recorded, None).unwrap();
    let store = Store::new(folder.path());
    store.files_of("tiny").write("", &draft.text.to_yaml(), &draft.tensors).unwrap();
    let golden = store.load("tiny").unwrap();
    let compared = GoldenComparison::new(&cell.scenario, &cell.target, &class(off), &golden);
    assert_eq!(compared.mismatches.is_empty(), passes, "{:?}", compared.mismatches);
    assert_eq!(compared.comparisons["class"].worst.len(), usize::from(off > 0.0));
}

#[test]
fn integers_where_floats_were_are_no_comparison() {
    let text = told("", Ok(&golden()), |trace| {
        trace.outputs[0].tensor.dtype = ElementType::Integer;
    });
    assert!(text.contains("it came as integers, the scenario asks for f32"), "{text}");
}
