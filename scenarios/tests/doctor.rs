//! `repro doctor`, end to end: the built binary asks this machine's targets.

#[path = "../../backends/device/tests/needed/mod.rs"]
mod needed;
mod project;

use std::fs;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use project::{Copy, Run};
use serde_json::Value;

fn examine(backends: &[&str]) -> (Run, Value) {
    let copy = Copy::empty();
    let mut arguments = vec!["doctor", "--json", "found/doctor.json"];
    arguments.extend(backends.iter().flat_map(|backend| ["--backend", backend]));
    let run = copy.repro(&arguments);
    run.ends_with(0);
    let record = fs::read(copy.path().join("found/doctor.json")).unwrap();
    (run, serde_json::from_slice(&record).unwrap())
}

fn operations<'a>(examined: &'a Value, severity: &str) -> Vec<&'a str> {
    let findings = examined["findings"].as_array().unwrap();
    let of = |finding: &&Value| finding["severity"] == severity;
    findings.iter().filter(of).map(|finding| finding["operation"].as_str().unwrap()).collect()
}

/// The record has every probe of every target with values, and the processor targets, which the goldens come from, give
/// no wrong one.
fn the_processor_targets_are_examined_in_full_and_are_right() {
    let (run, record) = examine(&["flex", "ndarray"]);
    assert_eq!((&record["version"], &record["exit_code"]), (&1.into(), &0.into()));
    let targets = record["targets"].as_array().unwrap();
    let names: Vec<_> = targets.iter().map(|examined| &examined["target"]["name"]).collect();
    assert_eq!(names, ["ndarray", "flex"]);
    for examined in targets {
        let probes = examined["probes"].as_array().unwrap();
        assert!(probes.len() > 100);
        for probe in probes {
            let outcome = &probe["outcome"];
            let (judgement, fact) = (&outcome["measured"]["judgement"], &outcome["fact"]);
            let elements = judgement["elements"].as_u64();
            assert!(elements > Some(0) || !fact.is_null(), "{probe}");
        }
        assert_eq!(operations(examined, "defect"), [""; 0], "{examined:#}");
        let arithmetic = &examined["arithmetic"];
        assert_eq!(arithmetic["matmul_significand_bits"], 24);
        assert_eq!(arithmetic["longest_sum"]["no_limit_up_to"], 1 << 20);
        assert_eq!(arithmetic["largest_allocation_mebibytes"], 256);
    }
    run.says(&["upload and read back", "conv_transpose2d", ">= 1048576", "ndarray: 0 defects"]);
    let [stated, found] = [&run.stdout, &run.stderr].map(|text| text.matches("probes").count());
    assert!(stated == 0 && found >= 2, "progress belongs to standard error:\n{}", run.stderr);
}

/// What is known to be wrong there is found.
fn what_is_wrong_with_llvmpipe_is_found() {
    let (run, record) = examine(&["wgpu:llvmpipe"]);
    let examined = &record["targets"][0];
    let defects = operations(examined, "defect");
    for operation in ["sum_dim, long", "log1p", "erf"] {
        assert!(defects.contains(&operation), "{operation} is not among {defects:?}");
    }
    assert!(examined["arithmetic"]["longest_sum"]["limit"].as_u64() < Some(65_536));
    assert_eq!(examined["arithmetic"]["largest_allocation_mebibytes"], 128);
    let findings = examined["findings"].as_array().unwrap();
    let worst: [(&str, &str, Value); 2] =
        [("sum_dim, long", "got", 262_128.0.into()), ("powf_scalar", "element", "x = -inf".into())];
    for (operation, key, value) in worst {
        let is_it = |finding: &Value| finding["operation"] == operation && finding[key] == value;
        assert!(findings.iter().any(is_it), "{operation}: {findings:#?}");
    }
    // Too large a tensor is an error, and no other tensor's values.
    run.says(&["allocate (192 MiB, filled with 200): fails with an error"]);
}

fn without_a_target_nothing_is_examined_and_nothing_written() {
    let copy = Copy::empty();
    copy.repro(&["doctor", "--backend", "wgpu:no-such-adapter", "--json", "doctor.json"])
        .ends_with(4)
        .says(&["this machine has no `wgpu:no-such-adapter`"]);
    assert!(!copy.path().join("doctor.json").exists());
}

fn a_record_that_cannot_be_written_is_an_error_after_the_report() {
    let copy = Copy::empty();
    copy.repro(&["doctor", "--backend", "flex", "--json", "golden"])
        .ends_with(2)
        .says(&["flex: 0 defects", "cannot write golden"]);
}

fn no_llvmpipe() -> Option<String> {
    let is_here = project::targets().iter().any(|name| name == "wgpu:llvmpipe");
    (!is_here).then(|| "wgpu:llvmpipe is not here".to_owned())
}

fn main() -> ExitCode {
    let test = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let llvmpipe_required = needed::is_required("wgpu:llvmpipe");
    let trials = vec![
        test(
            "the_processor_targets_are_examined_in_full_and_are_right",
            the_processor_targets_are_examined_in_full_and_are_right,
        ),
        // That some WGPU target is required says nothing of this one.
        needed::trial(
            "what_is_wrong_with_llvmpipe_is_found",
            no_llvmpipe,
            llvmpipe_required,
            || {
                what_is_wrong_with_llvmpipe_is_found();
                Ok(())
            },
        ),
        test(
            "without_a_target_nothing_is_examined_and_nothing_written",
            without_a_target_nothing_is_examined_and_nothing_written,
        ),
        test(
            "a_record_that_cannot_be_written_is_an_error_after_the_report",
            a_record_that_cannot_be_written_is_an_error_after_the_report,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
