//! A cell beside a reference that lies in a file: what is compared, in which order, and what is said.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use burn_repro_target::Class;
use rstest::rstest;

use super::*;
use crate::evaluate::{CellReport, Wanted, evaluate};
use crate::fixtures::{Nothing, target};
use crate::golden::GoldenError;
use crate::outside::examine;
use crate::plan::Cell;
use crate::scenario::parse;
use crate::tensor_file::encode;
use crate::trace::Dtype;
use crate::worker::Outcome;

const SCENARIO: &str = "version: 1\npipeline: nothing\nseed: 0\nsteps: 1\nparams: ~\n\
                        reference: { file: torch.safetensors, source: PyTorch 2.15 }\n";

fn named(name: &str, dtype: Dtype, values: [f64; 3]) -> NamedTensor {
    let tensor = HostTensor { shape: vec![3], dtype: dtype.into(), values: values.to_vec() };
    NamedTensor { name: name.to_owned(), tensor }
}

fn scenario(folder: &Path) -> Scenario {
    parse(&folder.join("own.yaml"), SCENARIO.to_owned(), &Nothing).unwrap()
}

/// The report of a cell that recorded `norm`, then `act`, and put out `logits`, each off by so much.
fn report(file: &[NamedTensor], [norm, act, logits]: [f64; 3]) -> CellReport {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("torch.safetensors"), encode(file)).unwrap();
    let scenario = scenario(folder.path());
    examine(&scenario, &Nothing).unwrap();
    let outside = OutsideReference::read(&scenario);
    let here = |name, off| named(name, Dtype::F32, [0.25, -0.5 + off, 1.0]);
    let trace = Trace {
        records: vec![here("norm", norm), here("act", act)],
        outputs: vec![here("logits", logits)],
        ..Trace::default()
    };
    let target = target("flex", Class::Cpu);
    let cell = Cell { scenario: Arc::new(scenario), target, threads: None };
    let missing = GoldenError::Missing("golden/own.snap".into());
    let wanted = Wanted { golden: Err(&missing), outside: outside.as_ref().map(Option::as_ref) };
    let outcome = Outcome::Finished(Box::new(trace));
    evaluate(&cell, &outcome, wanted, jiff::civil::date(2026, 11, 30))
}

fn said(report: &CellReport) -> String {
    report.reasons.iter().skip(1).map(|reason| reason.text.as_str()).collect::<Vec<_>>().join("\n")
}

fn torch() -> Vec<NamedTensor> {
    ["act", "logits", "norm"]
        .map(|name| named(name, Dtype::F64, [0.25, -0.5, 1.0]))
        .into_iter()
        .chain([named("norm/input", Dtype::F64, [9.0; 3])])
        .chain([named("f32/norm", Dtype::F32, [9.0; 3]), named("weights/w", Dtype::F32, [9.0; 3])])
        .collect()
}

#[test]
fn the_first_in_the_order_of_execution_is_named_and_the_worst() {
    let report = report(&torch(), [2.0e-3, 5.0e-1, 0.0]);
    let reference = report.reference.as_ref().unwrap();
    let names: Vec<&str> = reference.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(names, ["norm", "act", "logits"], "the file has them by name");
    assert_eq!(
        said(&report),
        "differs from PyTorch 2.15 from `norm` on: off by 2.0e-3, allowed 1.0e-4; 2 of 3 tensors are outside, the \
         worst is `act`: off by 5.0e-1, allowed 1.0e-4"
    );
    assert!((reference.only_in_cell.len(), reference.only_in_reference.len()) == (0, 0));
}

#[test]
fn what_is_within_says_nothing() {
    let report = report(&torch(), [1.0e-6, 0.0, -1.0e-6]);
    assert_eq!(said(&report), "");
    assert!(report.reference.unwrap().first_outside().is_none());
}

/// A run's record holds it, and a report of several machines reads it back.
#[test]
fn a_report_is_read_back_as_it_was_written() {
    let reference = report(&torch(), [2.0e-3, 5.0e-1, 0.0]).reference.unwrap();
    let text = serde_json::to_string(&reference).unwrap();
    let again: OutsideReport = serde_json::from_str(&text).unwrap();
    let numbers = |report: &OutsideReport| -> Vec<(bool, usize)> {
        let one =
            |tensor: &OutsideTensor| Some((tensor.outside, tensor.comparison.as_ref()?.outside));
        report.tensors.iter().filter_map(one).collect()
    };
    assert_eq!(numbers(&again), [(true, 1), (true, 1), (false, 0)]);
    assert_eq!(numbers(&again), numbers(&reference));
}

#[test]
fn what_has_no_counterpart_is_listed() {
    let file = [named("norm", Dtype::F64, [0.25, -0.5, 1.0]), named("head", Dtype::F64, [0.0; 3])];
    let reference = report(&file, [0.0; 3]).reference.unwrap();
    assert_eq!(reference.only_in_cell, ["act", "logits"]);
    assert_eq!(reference.only_in_reference, ["head"]);
}

/// A reference of other names would be green for nothing.
#[test]
fn nothing_in_common_is_no_agreement() {
    let report = report(&[named("head", Dtype::F64, [0.0; 3])], [0.0; 3]);
    let expected = "nothing was compared with PyTorch 2.15: it has `head`, the cell recorded `norm`, `act`, `logits`; \
                    give them the same names";
    assert_eq!(said(&report), expected);
}

#[test]
fn nan_is_near_nothing_on_either_side() {
    let nan = named("act", Dtype::F64, [0.25, f64::NAN, 1.0]);
    let report = report(&[nan], [0.0, f64::NAN, 0.0]);
    assert!(
        said(&report).contains("from `act` on: 1 elements are NaN or infinite"),
        "{}",
        said(&report)
    );
}

#[test]
fn another_shape_is_said() {
    let tensor =
        HostTensor { shape: vec![1, 3], dtype: Dtype::F64.into(), values: vec![0.25, -0.5, 1.0] };
    let report = report(&[NamedTensor { name: "act".into(), tensor }], [0.0; 3]);
    assert!(said(&report).contains("`act` on: the shape is [3]"), "{}", said(&report));
}

/// Before any device is opened, with the line of the key.
#[test]
fn a_reference_that_cannot_be_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |bytes: Option<&[u8]>| {
        let file = folder.path().join("torch.safetensors");
        if let Some(bytes) = bytes {
            fs::write(file, bytes).unwrap();
        }
        examine(&scenario(folder.path()), &Nothing).unwrap_err().to_string()
    };
    let lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    for (bytes, words) in [
        (None, "record-script torch"),
        (Some(&b"nothing"[..]), "is not a complete safetensors file"),
        (Some(&lfs[..]), "git lfs pull"),
        (
            Some(&encode(&[named("inputs/x", Dtype::F32, [0.0; 3])])[..]),
            "holds no tensor that is a result",
        ),
    ] {
        let problem = refused(bytes);
        assert!(problem.contains("own.yaml:6:") && problem.contains(words), "{problem}");
    }
}

/// The tolerance is that of the type a scenario runs in; an epsilon that is ten times as large is within it.
#[rstest]
#[case::own_type(Dtype::F32, Dtype::F64, 5.0e-6, false)]
#[case::both_wide(Dtype::F64, Dtype::F64, 5.0e-6, true)]
#[case::a_constant_that_burn_rounds(Dtype::F64, Dtype::F64, 1.0e-7, false)]
#[case::an_original_in_f32(Dtype::F64, Dtype::F32, 5.0e-6, false)]
fn what_is_wide_on_both_sides_is_held_to_it(
    #[case] here: Dtype,
    #[case] there: Dtype,
    #[case] off: f64,
    #[case] outside: bool,
) {
    let folder = tempfile::tempdir().unwrap();
    let tensor = |dtype, off| named("act", dtype, [0.25, -0.5 + off, 1.0]).tensor;
    let text =
        format!("{SCENARIO}tolerance: {{ pixel: {{ abs: 1.0e-4 }}, abs_sum: {{ abs: 1.0 }} }}\n");
    let scenario = parse(&folder.path().join("own.yaml"), text, &Nothing).unwrap();
    let target = target("flex", Class::Cpu);
    let beside = beside(&scenario, &target, "act", &tensor(here, off), &tensor(there, 0.0));
    assert_eq!(beside.outside, outside, "{}", beside.distance());
}
