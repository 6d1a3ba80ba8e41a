//! The variables, in plain `repro` and in `repro run`.

use std::fs;

use rstest::rstest;
use serde_json::Value;

use crate::project::{Copy, Run};
use crate::{TINY, json};

/// The record of the only run of a copy.
fn record(copy: &Copy) -> Value {
    let mut runs = fs::read_dir(copy.path().join("runs")).unwrap();
    json(&runs.next().unwrap().unwrap().path().join("run.json"))
}

/// Plain `repro` and `repro run` with variables.
fn run(form: &[&str], variables: &[(&str, &str)]) -> (Copy, Run) {
    let mut copy = Copy::of(TINY);
    variables.iter().for_each(|(name, value)| copy.set(&format!("BURN_REPRO_{name}"), value));
    let run = copy.repro(form);
    (copy, run)
}

#[rstest]
fn plain_repro_and_repro_run_read_the_same_variables(#[values(&[], &["run"])] form: &[&str]) {
    let variables = [
        ("BACKEND", " flex ,, "),
        ("THREADS", " 2 "),
        ("RUN_NAME", "two threads"),
        ("NIGHTLY", "Yes"),
    ];
    let (copy, run) = run(form, &variables);
    run.ends_with(0).says(&["1 pass"]);
    let record = record(&copy);
    assert_eq!(record["run"]["name"], "two threads");
    assert_eq!(record["run"]["threads"], 2);
    assert_eq!(record["cells"].as_array().unwrap().len(), 1);
    let (_, absent) = self::run(form, &[("BACKEND", "flex"), ("REQUIRE", "cuda:99")]);
    absent.ends_with(103).says(&["required cuda:99"]);
    // A scenario of the night.
    let mut copy = Copy::of(TINY);
    copy.set("BURN_REPRO_BACKEND", "flex");
    copy.replace(&copy.scenario("ddim-tiny"), "seed: 0", "tags: [nightly]\nseed: 0");
    copy.set("BURN_REPRO_NIGHTLY", "no");
    copy.repro(form).ends_with(4).says(&["tagged nightly; --nightly runs it"]);
    copy.set("BURN_REPRO_NIGHTLY", "true");
    copy.repro(form).ends_with(0).says(&["1 pass"]);
}

/// A workflow sets a variable from an input that nobody gave.
#[rstest]
fn a_variable_that_is_empty_or_blank_is_not_set(
    #[values(&[], &["run"])] form: &[&str],
    #[values("", " ", "\t\n")] value: &str,
) {
    let mut copy = Copy::of(TINY);
    copy.set("BURN_REPRO_BACKEND", "flex");
    for name in ["REQUIRE", "NIGHTLY", "THREADS", "RUN_NAME", "OPENGL", "SCENARIOS", "GOLDEN"] {
        copy.set(&format!("BURN_REPRO_{name}"), value);
    }
    copy.repro(form).ends_with(0).says(&["1 pass"]);
    assert!(record(&copy)["run"]["threads"].is_null());
}

#[rstest]
#[case::not_a_number("THREADS", "many", "invalid number of threads `many`")]
#[case::too_few("THREADS", "0", "invalid number of threads `0`: expected 1 to 1024")]
#[case::neither("NIGHTLY", "maybe", "expected 1, true or yes")]
#[case::a_number("NIGHTLY", "2", "or 0, false or no")]
#[case::opengl("OPENGL", "perhaps", "expected 1, true or yes")]
#[case::one_of_two("REQUIRE", "cpu,tpu", "unknown backend `tpu`: expected a class")]
#[case::backend("BACKEND", "gpu", "unknown backend `gpu`: expected a class")]
#[case::long(
    "RUN_NAME",
    "a name that is much longer than any machine's name may be, more than 64",
    "letters"
)]
fn a_bad_value_names_its_variable(
    #[values(&[], &["run"])] form: &[&str],
    #[case] name: &str,
    #[case] value: &str,
    #[case] expected: &str,
) {
    let (_, run) = run(form, &[(name, value)]);
    run.ends_with(2).says(&[&format!("the variable BURN_REPRO_{name} is `{value}`: "), expected]);
}

/// Also before one that is wrong: nobody reads it then.
#[test]
fn what_the_command_line_says_goes_before_variables() {
    let mut copy = Copy::of(TINY);
    for (name, value) in [
        ("BACKEND", "gpu"),
        ("REQUIRE", "gpu"),
        ("NIGHTLY", "maybe"),
        ("THREADS", "many"),
        ("RUN_NAME", "\u{7}"),
    ] {
        copy.set(&format!("BURN_REPRO_{name}"), value);
    }
    let flags =
        ["--backend", "flex", "--require", "cpu", "--nightly", "--threads", "1", "--name", "me"];
    copy.repro(&[&["run"][..], &flags].concat()).ends_with(0);
    assert_eq!(record(&copy)["run"]["name"], "me");
}

/// An Azure pipeline sets `TF_BUILD` alone; `CI=false` is what people write to act as if they were at home.
#[rstest]
#[case(&[("TF_BUILD", "True")], 2, "`TF_BUILD` is set")]
#[case(&[("CI", "1")], 2, "`CI` is set")]
#[case(&[("CI", "false"), ("TF_BUILD", "True")], 4, "nothing waits for review")]
#[case(&[("CI", "")], 4, "nothing waits for review")]
fn nobody_accepts_in_ci(#[case] variables: &[(&str, &str)], #[case] code: i32, #[case] said: &str) {
    let copy = Copy::of(TINY);
    let mut accept = copy.command();
    accept.args(["golden", "accept"]).envs(variables.iter().copied());
    accept.env("BURN_REPRO_SCENARIOS", copy.path().join("scenarios"));
    accept.env("BURN_REPRO_GOLDEN", copy.path().join("golden"));
    Run::of(&mut accept).ends_with(code).says(&[said]);
}

#[test]
fn threads_and_names_are_taken_from_the_environment_too() {
    let mut copy = Copy::of(&["ddim/ddim-tiny"]);
    copy.set("BURN_REPRO_THREADS", "2");
    copy.set("BURN_REPRO_RUN_NAME", "two threads");
    copy.run_on_cpu(&["--record", "r"]).ends_with(0);
    let run = &crate::json(&copy.path().join("r/run.json"))["run"];
    assert_eq!((run["threads"].as_u64(), run["name"].as_str()), (Some(2), Some("two threads")));
    let html = std::fs::read_to_string(copy.path().join("r/report.html")).unwrap();
    assert!(html.contains("--backend flex --threads 2"), "the command to repeat it says so");
    copy.repro(&["run", "--threads", "0"]).ends_with(2).says(&["invalid number of threads"]);
    copy.repro(&["run", "--name", " "]).ends_with(2).says(&["invalid machine name"]);
}
