//! Joining and what is found, over machines that are made up.

use rstest::rstest;

use super::*;
use burn_repro_core::compare::{Want, compare};
use burn_repro_core::fixtures::run;
use burn_repro_core::trace::{Dtype, HostTensor};

fn matrix(runs: &[(&str, u32, &str, &[&str])]) -> Matrix {
    Matrix::of(
        runs.iter()
            .map(|&(name, minute, driver, cells)| run(name, minute, driver, cells))
            .collect(),
    )
}

fn names(matrix: &Matrix) -> Vec<(&str, usize)> {
    matrix.machines.iter().map(|machine| (machine.name.as_str(), machine.cells.len())).collect()
}

#[test]
fn shards_are_one_machine_and_a_second_run_is_another() {
    let shards = matrix(&[
        ("m", 1, "", &["a flex pass 1", "b flex skipped -"]),
        ("m", 2, "", &["b flex pass 1", "a flex skipped -"]),
    ]);
    assert_eq!(names(&shards), [("m", 2)]);
    assert!(
        shards.cells().all(|located| located.cell.report.ran()),
        "what ran counts, not the skip"
    );
    let twice = matrix(&[("m", 1, "", &["a flex pass 1"]), ("m", 2, "", &["a flex pass 1"])]);
    assert_eq!(names(&twice), [("m 2026-11-24 03:01:00", 1), ("m 2026-11-24 03:02:00", 1)]);
    let same_second = matrix(&[("m", 1, "", &["a flex pass 1"]), ("m", 1, "", &["a flex pass 1"])]);
    assert_eq!(same_second.machines[1].name, "m 2026-11-24 03:01:00 (2)");
}

#[rstest]
#[case(&["a flex pass 1"], "The one cell that ran is green.")]
#[case(&["a flex pass 1", "b flex pass 1", "c flex skipped -"], "All 2 cells that ran are green; 1 is skipped.")]
#[case(&["a flex mismatch 1", "b flex pass 1"], "1 of 2 cells is red.")]
#[case(&["a flex skipped -", "b flex skipped -"], "Nothing ran; 2 are skipped.")]
fn the_outcome_is_one_sentence(#[case] cells: &[&str], #[case] sentence: &str) {
    assert_eq!(headline(&matrix(&[("m", 1, "", cells)])), sentence);
}

#[test]
fn the_outlier_comes_first_and_the_environments_after_it() {
    let matrix = matrix(&[
        ("a", 1, "mesa 22", &["x flex pass 1", "x wgpu pass 2", "y wgpu pass 4", "y flex pass 3"]),
        (
            "b",
            1,
            "mesa 23",
            &["x flex pass 1", "x wgpu mismatch 9", "y wgpu crashed -", "y flex pass 3"],
        ),
        ("c", 1, "mesa 23", &["x flex pass 1"]),
    ]);
    let found = findings(&matrix);
    assert_eq!(
        found[0],
        "wgpu of b is the outlier in x and y (crashed, mismatch): 4 other targets are green."
    );
    assert_eq!(
        found[1],
        "wgpu is red on b and green on a in x and y; what differs: driver (mesa 23; mesa 22)."
    );
    assert_eq!(found[2], "The same bits in every scenario that they share: flex of a, b and c.");
    assert_eq!(found.len(), 3);
}

/// The sentences about targets of one machine: cells, each with its distance from the golden.
fn found(cells: &[(&str, f64)]) -> Vec<String> {
    let words: Vec<&str> = cells.iter().map(|(words, _)| *words).collect();
    let mut run = run("a", 1, "", &words);
    for (cell, (_, distance)) in run.1.cells.iter_mut().zip(cells) {
        let [got, want] = [*distance, 0.0].map(|value| HostTensor {
            shape: vec![1],
            dtype: Dtype::F32.into(),
            values: vec![value],
        });
        let want = Want { tensor: &want, abs_sum: 0.0, dtype: Dtype::F32.into() };
        let output = cell.outputs.get_mut("image").unwrap();
        output.comparison = Some(compare(&got, want, &output.bounds).unwrap());
    }
    findings(&Matrix::of(vec![run]))
}

#[test]
fn an_outlier_is_several_times_as_far_as_the_others() {
    let said = [
        found(&[("x flex pass 1", 1.5e-6), ("x ndarray mismatch 2", 1.8e-6)]),
        found(&[("x flex pass 1", 1.5e-6), ("x ndarray mismatch 2", 1.8e-5)]),
        found(&[("x flex mismatch 1", 1.5e-6), ("x ndarray mismatch 2", 1.8e-6)]),
        found(&[("x flex mismatch 1", 1.5e-6), ("x ndarray mismatch 2", 1.8e-2)]),
        found(&[("x flex pass 1", 0.0), ("x ndarray mismatch 2", 1.8e-2)]),
    ];
    insta::assert_snapshot!(said.concat().join("\n"), @"
    No target is an outlier in x: the red ones are about as far from the golden as the others, up to 1.8e-6, and the tolerance is narrower than that.
    ndarray is the outlier in x (mismatch, up to 1.8e-5 off): flex is within 1.5e-6 of the golden.
    Every target that ran is red in x: the cause is common to them, or it is the golden or the scenario.
    ndarray is the outlier in x (mismatch, up to 1.8e-2 off): flex is within 1.5e-6 of the golden.
    ndarray is the outlier in x (mismatch, up to 1.8e-2 off): flex is exactly at the golden.
    ");
}

#[test]
fn goldens_that_differ_are_named() {
    let mut runs = vec![run("a", 1, "", &["x flex pass 1"]), run("b", 1, "", &["x flex pass 1"])];
    runs[1].1.cells[0].golden_sha256 = Some("other".into());
    let found = findings(&Matrix::of(runs));
    assert!(
        found.iter().any(|f| f.starts_with("Not every machine compared with the same golden of x")),
        "{found:?}"
    );
}

#[test]
fn the_worst_of_all_is_the_exit_code() {
    let one = matrix(&[("a", 1, "", &["x flex pass 1"]), ("b", 1, "", &["x flex crashed -"])]);
    assert_eq!(one.exit(), Exit::Crashed);
    let mut runs = vec![run("a", 1, "", &["x flex pass 1"])];
    assert_eq!(Matrix::of(runs.clone()).exit(), Exit::Success);
    runs[0].1.run.exit_code = Exit::Required as u8;
    assert_eq!(
        Matrix::of(runs.clone()).exit(),
        Exit::Required,
        "a required backend that was not there"
    );
    runs[0].1.run.exit_code = 0;
    runs[0].1.failures.push(RunFailure::new("x::reference", "moved", Exit::Golden));
    let changed = Matrix::of(runs);
    assert_eq!(changed.exit(), Exit::Golden);
    assert_eq!(failures(&changed), ["x::reference: moved."]);
}

#[test]
fn a_machine_on_which_nothing_ran_is_not_well() {
    let idle = matrix(&[("a", 1, "", &["x flex pass 1"]), ("b", 1, "", &["x flex skipped -"])]);
    assert_eq!(idle.exit(), Exit::NothingRan);
    assert_eq!(failures(&idle), ["b: nothing ran."]);
}

#[test]
fn another_build_is_another_machine_and_a_scenario_without_facts_is_shown() {
    let mut runs = vec![run("a", 1, "", &["x flex pass 1"]), run("a", 2, "", &["y flex pass 1"])];
    runs[1].1.run.build = "tuned".into();
    assert_eq!(Matrix::of(runs.clone()).machines.len(), 2);
    runs[1].1.run.build = "deterministic".into();
    runs[1].1.scenarios.clear();
    let joined = Matrix::of(runs);
    let scenarios: Vec<&str> = joined.scenarios().iter().map(|s| s.name.as_str()).collect();
    assert_eq!((joined.machines.len(), scenarios), (1, vec!["x", "y"]));
}
