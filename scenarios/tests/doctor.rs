//! `repro doctor` end to end: the processor's targets are right, and what is wrong with a software adapter is found by
//! itself.

use std::process::Command;

use serde_json::Value;

fn repro(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_repro")).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// The record of an examination, and what was printed.
fn examined(backends: &[&str]) -> (Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("doctor.json");
    let mut arguments = vec!["doctor", "--json", file.to_str().unwrap()];
    arguments.extend(backends.iter().flat_map(|backend| ["--backend", backend]));
    let (code, said) = repro(&arguments);
    assert_eq!(code, Some(0), "{said}");
    (serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap(), said)
}

fn defects(target: &Value) -> Vec<(&str, &str)> {
    let findings = target["findings"].as_array().unwrap().iter();
    let defects = findings.filter(|finding| finding["severity"] == "defect");
    defects
        .map(|finding| {
            (finding["operation"].as_str().unwrap(), finding["sentence"].as_str().unwrap())
        })
        .collect()
}

#[test]
fn the_processor_s_targets_are_right() {
    let (record, said) = examined(&["flex", "ndarray"]);
    let targets = record["targets"].as_array().unwrap();
    assert_eq!(targets.len(), 2);
    for target in targets {
        assert_eq!(defects(target), [], "{said}");
        assert_eq!(target["arithmetic"]["matmul_significand_bits"], 24);
        assert!(target["probes"].as_array().unwrap().len() > 100);
    }
    assert!(said.contains("log1p") && said.contains("0 wrong"), "{said}");
}

/// Mesa's llvmpipe, where it is here: every defect of it that people have met is found.
#[test]
fn a_software_adapter_s_defects_are_found() {
    let (_, listed) = repro(&["list", "--targets", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let mut names =
        listed["targets"]["targets"].as_array().unwrap().iter().map(|target| &target["name"]);
    if !names.any(|name| name == "wgpu:llvmpipe") {
        eprintln!("not tried: wgpu:llvmpipe is not here");
        return;
    }
    let (record, said) = examined(&["wgpu:llvmpipe"]);
    let target = &record["targets"][0];
    let defects = defects(target);
    for (operation, part) in [
        ("sum_dim, long", "got 262128, wanted 524288"),
        ("sum_dim, long", "got 65532, wanted 131072"),
        ("softmax, long", "wanted 1.9073486e-6"),
        ("argmax, long", "wanted 524287"),
        ("log1p", "wanted 1e-20"),
        ("powf_scalar, whole", "got NaN, wanted -1"),
    ] {
        let found =
            defects.iter().any(|(of, sentence)| *of == operation && sentence.contains(part));
        assert!(found, "{operation}: {part:?} is not in\n{said}");
    }
    assert_eq!(target["arithmetic"]["largest_allocation_mebibytes"], 128);
    assert!(said.contains("allocate of 192 MiB"), "{said}");
}

#[test]
fn a_target_that_is_not_here_is_no_examination() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_repro")).args(["doctor", "--backend", "cuda:77"]).output();
    assert_eq!(output.unwrap().status.code(), Some(4));
}
