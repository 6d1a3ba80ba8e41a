//! Bad scenario files, run through the built binary: each is refused with file, line, column and
//! help, with exit code 2, before any device is opened.

mod project;

use std::fs;

use project::Copy;
use rstest::rstest;

/// A scenario that works, so that each case changes one thing.
const GOOD: &str = "\
version: 1
pipeline: sampler
seed: 0
steps: 10
batch_size: 4
backends: [flex]
params:
  scheduler: { _class_name: DDIMScheduler }
  sample_shape: [4, 3, 8, 8]
";

#[rstest]
#[case::unknown_key("seed: 0", "sede: 0", "3:1", "unknown field `sede`, expected one of")]
#[case::wrong_type("seed: 0", "seed: soon", "3:7", "expected a whole number")]
#[case::seed_out_of_range("seed: 0", "seed: 99999999999999999999", "3:7", "-2^63 to 2^64-1")]
#[case::no_seeds("seed: 0", "seed: []", "3:7", "expected one seed for each sample")]
#[case::a_seed_of_a_list("seed: 0", "seed: [0, 1, 2, 3.5]", "3:17", "expected a whole number")]
#[case::seeds_of_another_batch(
    "seed: 0",
    "seed: [0, 1]",
    "3:1",
    "`seed` lists 2 seeds for a batch of 4"
)]
#[case::negative_steps("steps: 10", "steps: -1", "4:8", "expected a whole number from 1 to 10000")]
#[case::absurd_steps("steps: 10", "steps: 4000000000", "4:8", "from 1 to 10000")]
#[case::more_steps_than_trained("steps: 10", "steps: 2000", "7:1", "from 1 to 1000")]
#[case::unknown_pipeline(
    "sampler",
    "unet3d",
    "2:1",
    "known here: ddim, ddpm, cm_stochastic_iterative, "
)]
#[case::unknown_backend(
    "[flex]",
    "[flex, tpu]",
    "6:18",
    "expected a class (`cpu`, `wgpu`, `cuda`)"
)]
#[case::no_backends("[flex]", "[]", "6:1", "name one or leave the key out")]
#[case::newer_format("version: 1", "version: 2", "1:10", "update burn-repro")]
#[case::bad_name("version: 1", "version: 1\nname: ../x", "2:7", "expected 1 to 80 letters")]
#[case::unknown_param("sample_shape", "simple_shape", "9:3", "unknown field `simple_shape`")]
#[case::unknown_scheduler_key(
    "DDIMScheduler }",
    "DDIMScheduler, eta: 1 }",
    "8:",
    "unknown field `eta`"
)]
#[case::bad_shape("[4, 3, 8, 8]", "[4, 3, 8]", "9:", "length 3")]
#[case::batch_differs("batch_size: 4", "batch_size: 2", "7:1", "write `batch_size: 4`")]
#[case::override_without_reason(
    "params:",
    "tolerance: { per_backend: [{ backend: cpu, pixel: { abs: 1 } }] }\nparams:",
    "7:",
    "missing field `reason`"
)]
#[case::empty_reason(
    "params:",
    "tolerance: { per_backend: [{ backend: cpu, reason: '-' }] }\nparams:",
    "7:",
    "is too short"
)]
#[case::negative_bound("params:", "tolerance: { pixel: { abs: -1 } }\nparams:", "7:", "at least 0")]
#[case::bad_slice(
    "params:",
    "expect: [{ source: someone, output: latents, slice: '[:::]', values: [1], tol: 1 }]\nparams:",
    "7:",
    "expected numpy's notation"
)]
#[case::half_an_expectation(
    "params:",
    "expect: [{ source: us all, output: latents }]\nparams:",
    "7:",
    "an expectation is"
)]
#[case::bad_review_day(
    "params:",
    "known_failures: [{ backend: cpu, cause: mismatch, reason: why, review_by: soon }]\nparams:",
    "7:",
    "known_failures[0].review_by"
)]
#[case::duplicate_key("seed: 0", "seed: 0\nseed: 1", "4:1", "duplicate field `seed`")]
#[case::broken_yaml("seed: 0", "seed: 'zero", "10:1", "scalar at line 3 column 7")]
fn a_bad_value_is_refused_at_its_place(
    #[case] from: &str,
    #[case] to: &str,
    #[case] place: &str,
    #[case] help: &str,
) {
    let copy = Copy::empty();
    let file = copy.scenario("bad");
    fs::write(&file, GOOD.replacen(from, to, 1)).unwrap();
    let place = format!("bad.yaml:{place}");
    copy.repro(&["run"]).ends_with(2).says(&[&place, help]);
}

#[test]
fn the_good_scenario_is_not_refused() {
    let copy = Copy::empty();
    fs::write(copy.scenario("good"), GOOD).unwrap();
    // It runs, and has no golden.
    copy.repro(&["run"]).ends_with(101).says(&["missing golden", "cargo insta review"]);
}

#[rstest]
#[case::parent("../secret")]
#[case::absolute("/etc")]
fn a_path_may_not_leave_the_folder(#[case] path: &str) {
    let copy = Copy::empty();
    let text = format!(
        "version: 1\npipeline: ddim\nseed: 0\nsteps: 2\nparams:\n  unet: {{ path: {path} }}\n"
    );
    fs::write(copy.scenario("leaves"), text).unwrap();
    copy.repro(&["run"]).ends_with(2).says(&["leaves.yaml:6:", "leaves the scenario's folder"]);
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (name, of) in ('b'..='i').zip('a'..) {
        let aliases = vec![format!("*{of}"); 10].join(", ");
        text.push_str(&format!("{name}: &{name} [{aliases}]\n"));
    }
    let copy = Copy::empty();
    fs::write(copy.scenario("bomb"), format!("{text}{GOOD}")).unwrap();
    copy.repro(&["run"]).ends_with(2).says(&["bomb.yaml"]);
    // A long list that is repeated as often as the file allows takes no memory either.
    let long = format!("x-long: &long [{}1]\n", "1, ".repeat(30_000));
    let often = format!("x-often: [{}1]\n", "*long, ".repeat(20_000));
    fs::write(copy.scenario("bomb"), format!("{long}{often}{GOOD}")).unwrap();
    copy.repro(&["run"]).ends_with(2).says(&["bomb.yaml:", "expand to more than 200000 values"]);
    fs::write(copy.scenario("bomb"), GOOD.replace("[4, 3, 8, 8]", "*z")).unwrap();
    copy.repro(&["run"]).ends_with(2).says(&["bomb.yaml:9:", "unknown anchor"]);
}

#[rstest]
#[case::empty(b"", "is empty: expected `version: 1`")]
#[case::blank(b"  \n\n", "is empty")]
#[case::no_text(b"\xff\xfe\x00", "is not valid UTF-8")]
#[case::no_mapping(b"just words\n", "expected")]
fn a_file_that_is_no_scenario_is_refused(#[case] content: &[u8], #[case] message: &str) {
    let copy = Copy::empty();
    fs::write(copy.scenario("odd"), content).unwrap();
    copy.repro(&["run"]).ends_with(2).says(&["odd.yaml", message]);
}

#[test]
fn two_documents_in_a_file_are_refused() {
    let copy = Copy::empty();
    fs::write(copy.scenario("two"), format!("{GOOD}---\n{GOOD}")).unwrap();
    copy.repro(&["run"]).ends_with(2).says(&["two.yaml", "more than one document"]);
}

#[test]
fn a_huge_file_is_refused_unread() {
    let copy = Copy::empty();
    fs::write(copy.scenario("huge"), "# padding\n".repeat(100_000)).unwrap();
    copy.repro(&["run"]).ends_with(2).says(&["huge.yaml", "has 1000000 bytes"]);
}

#[test]
fn a_folder_without_scenarios_is_refused() {
    Copy::empty().repro(&["run"]).ends_with(2).says(&["holds no scenario"]);
}

#[test]
fn every_problem_is_reported_at_once() {
    let copy = Copy::empty();
    fs::write(copy.scenario("one"), GOOD.replace("seed: 0", "sede: 0")).unwrap();
    fs::write(copy.scenario("two"), format!("name: same\n{GOOD}")).unwrap();
    fs::write(copy.scenario("three"), format!("name: same\n{GOOD}")).unwrap();
    copy.repro(&["run"]).ends_with(2).says(&[
        "one.yaml:3:1",
        "two.yaml:1:1",
        "the name `same` is taken by",
        "three.yaml",
    ]);
}
