//! The example of a user's own model, run as a user would: the model has nothing of the harness inside, and operations
//! are named all the same.

use std::path::PathBuf;
use std::process::Command;

/// The built example, which Cargo leaves beside the tests.
fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap().join("examples");
    folder.join(format!("own_model{}", std::env::consts::EXE_SUFFIX))
}

fn diagnose(backend: &str, more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(example())
        .args(["diagnose", "classifier", "--backend", backend])
        .args(more)
        .env("BURN_REPRO_RUNS", folder.path())
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.code().is_some(), "{said}");
    said
}

#[test]
fn the_model_is_the_users_alone() {
    let model = include_str!("../examples/own_model/model.rs");
    let code: Vec<&str> = model.lines().filter(|line| !line.starts_with("//")).collect();
    assert!(code.iter().all(|line| !line.contains("burn_repro")), "{model}");
}

#[test]
fn its_operations_are_compared_as_they_are() {
    for backend in ["flex", "ndarray"] {
        let said = diagnose(backend, &[]);
        assert!(said.contains(&format!("no operation of {backend} is wrong")), "{said}");
    }
}

#[test]
fn a_fault_is_named_by_the_parameter_or_by_the_one_before_it() {
    let said = diagnose("flex", &["--plant", "padding"]);
    assert!(said.contains("does not apply to any operation"), "{said}");
    let said = diagnose("flex", &["--plant", "input-transposed"]);
    assert!(said.contains("conv2d with classifier.patches.weight"), "{said}");
    let said = diagnose("flex", &["--plant", "exp-12-bits"]);
    assert!(said.contains("softmax after classifier."), "{said}");
}
