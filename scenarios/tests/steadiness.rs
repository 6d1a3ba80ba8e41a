//! Determinism and known failures, end to end: the built binary over copies of the project.

mod project;

use std::fs;

use project::Copy;
use serde_json::Value;

#[test]
fn every_way_of_repeating_gives_the_same_bits_on_the_processor() {
    let copy = Copy::of(&["ddim/ddim-tiny", "sampler/ddim-full-loop"]);
    let run = copy.repro(&[
        "run",
        "--backend",
        "flex",
        "--backend",
        "ndarray",
        "--repeat",
        "2",
        "--json",
        "run.json",
    ]);
    run.ends_with(0).says(&["same bits", "same process", "new process", "2 threads", "4 threads"]);
    let record: Value =
        serde_json::from_slice(&fs::read(copy.path().join("run.json")).unwrap()).unwrap();
    let cells = record["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 4);
    for cell in cells {
        let tallies = cell["repeats"]["tallies"].as_array().unwrap();
        assert_eq!(tallies.len(), 4, "{cell}");
        for tally in tallies {
            assert_eq!((&tally[1]["runs"], &tally[1]["differing"]), (&2.into(), &0.into()));
            assert_eq!(tally[1]["seen"].as_array().unwrap().len(), 1);
        }
        // The sampler's closed-form sample has a batch of its own.
        let positions = &cell["repeats"]["batch_positions"];
        assert_eq!(positions.as_bool(), (cell["scenario"] == "ddim-tiny").then_some(true));
    }
}

#[test]
fn the_record_says_how_a_target_multiplies() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    copy.repro(&["run", "--backend", "ndarray", "--json", "run.json"]).ends_with(0);
    let record: Value =
        serde_json::from_slice(&fs::read(copy.path().join("run.json")).unwrap()).unwrap();
    assert_eq!(record["run"]["build"], "deterministic");
    assert_eq!(record["run"]["precision"]["ndarray"]["matmul_significand_bits"], 24);
    assert_eq!(record["cells"][0]["determinism"], "full");
}

#[test]
fn fast_is_recorded_and_still_passes() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    copy.replace(&copy.scenario("ddim-tiny"), "seed: 0\n", "seed: 0\ndeterminism: fast\n");
    copy.run_on_cpu(&["--json", "run.json"]).ends_with(0);
    let record: Value =
        serde_json::from_slice(&fs::read(copy.path().join("run.json")).unwrap()).unwrap();
    assert_eq!(record["cells"][0]["determinism"], "fast");
}

#[test]
fn list_says_what_holds_and_what_does_not() {
    let copy = Copy::empty();
    copy.repro(&["list", "--targets"]).ends_with(0).says(&[
        "held: one thread for each cell",
        "held: no autotune in this binary",
        "not held: long matrix products add in blocks of the L1 cache",
    ]);
}

/// A copy whose scenario has a known failure in its last lines.
fn with_known_failure(entry: &str) -> Copy {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    let scenario = copy.scenario("ddim-tiny");
    let text = fs::read_to_string(&scenario).unwrap();
    fs::write(&scenario, format!("{text}known_failures:\n  - {entry}\n")).unwrap();
    copy
}

const ENTRY: &str = "{ backend: flex, cause: mismatch, reason: its kernel rounds twice";

#[test]
fn a_known_failure_that_passes_is_red_and_says_what_to_delete() {
    let copy = with_known_failure(&format!("{ENTRY} }}"));
    let lines = fs::read_to_string(copy.scenario("ddim-tiny")).unwrap().lines().count();
    let delete = format!("delete lines {} to {lines} of", lines - 1);
    copy.run_on_cpu(&[]).ends_with(100).says(&[
        "1 pass, 1 unexpected pass",
        &delete,
        "its kernel rounds twice",
    ]);
}

#[test]
fn a_known_failure_that_fails_is_not_red_until_its_day() {
    let flex = ["run", "--backend", "flex"];
    let copy = with_known_failure(&format!("{ENTRY}, review_by: 2999-01-01 }}"));
    copy.change_element("ddim-tiny", "image", 5, 0.75);
    copy.repro(&flex).ends_with(0).says(&["1 known failure"]);
    copy.replace(&copy.scenario("ddim-tiny"), "2999-01-01", "2026-01-01");
    copy.repro(&flex).ends_with(100).says(&["was to be reviewed by 2026-01-01"]);
}

#[test]
fn a_known_failure_of_another_adapter_or_cause_excuses_nothing() {
    let flex = ["run", "--backend", "flex"];
    let copy = with_known_failure(&format!("{ENTRY}, adapter: radeon }}"));
    copy.repro(&flex).ends_with(0).says(&["1 pass"]);
    copy.change_element("ddim-tiny", "image", 5, 0.75);
    copy.repro(&flex).ends_with(100).says(&["1 mismatch"]);
    copy.replace(&copy.scenario("ddim-tiny"), "mismatch,", "timed_out,");
    copy.replace(&copy.scenario("ddim-tiny"), ", adapter: radeon", "");
    copy.repro(&flex).ends_with(100).says(&["1 mismatch"]);
}
