//! Which settings are named: a row for each cause.

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::command::{check, said};
use crate::folder::{bisect, record_of};
use crate::pipeline::COUNTER;

/// Name, arguments, how it ends, and the sets of settings that are named.
type Row = (&'static str, &'static [&'static str], &'static str, &'static [&'static str]);

const TABLE: &[Row] = &[
    (
        "one_setting",
        &["threads", "--backend", "flex", "--threads", "2"],
        "removed",
        &["threads: 1"],
    ),
    ("the_float_type", &["narrow", "--backend", "ndarray"], "removed", &["dtype: f64"]),
    (
        "determinism",
        &["fast", "--backend", "ndarray", "--determinism", "fast"],
        "removed",
        &["determinism: full"],
    ),
    ("the_backend", &["flex", "--backend", "flex"], "removed", &["adapter: ndarray"]),
    (
        "two_settings_together",
        &["threads-or-narrow", "--backend", "ndarray", "--threads", "2"],
        "removed",
        &["threads: 1 + dtype: f64"],
    ),
    (
        "either_of_two",
        &["threads-and-narrow", "--backend", "ndarray", "--threads", "2"],
        "removed",
        &["threads: 1", "dtype: f64"],
    ),
    (
        "three_settings_together",
        &["three", "--backend", "flex", "--determinism", "fast", "--threads", "2"],
        "removed",
        &["determinism: full + threads: 1 + dtype: f64"],
    ),
    ("no_setting", &["always", "--backend", "flex"], "stays", &[]),
    ("a_known_failure_is_red_here", &["known", "--backend", "flex", "--most", "1"], "stays", &[]),
    (
        "a_setting_that_crashes_is_no_cause",
        &["crash-in-f64", "--backend", "ndarray", "--threads", "2"],
        "removed",
        &["threads: 1"],
    ),
    ("a_cell_that_passes", &["threads", "--backend", "flex"], "passes", &[]),
];

pub fn trials() -> Vec<Trial> {
    let trial = |row: &'static Row| {
        let (name, arguments, ending, sets) = *row;
        Trial::test(format!("names::{name}"), move || named(arguments, ending, sets))
    };
    let mut trials: Vec<Trial> = TABLE.iter().map(trial).collect();
    trials.push(Trial::test("names::a_flaky_cell_and_no_setting", flaky));
    trials.push(Trial::test("names::settings_to_people", people));
    trials.push(Trial::test("names::sets_to_scripts", scripts));
    trials
}

fn named(arguments: &[&str], ending: &str, sets: &[&str]) -> Result<(), Failed> {
    let (code, record) = record_of(bisect(arguments));
    let set = |changes: &Value| {
        let word = |change: &Value, key: &str| change[key].as_str().unwrap_or_default().to_owned();
        let changes = changes.as_array().into_iter().flatten();
        let words = changes.map(|it| format!("{}: {}", word(it, "axis"), word(it, "tried")));
        words.collect::<Vec<_>>().join(" + ")
    };
    let found: Vec<String> =
        record["removed_by"].as_array().into_iter().flatten().map(set).collect();
    let expected = if ending == "passes" { 0 } else { 100 };
    let exits = code == Some(expected) && record["exit_code"] == expected;
    match exits && record["ending"] == ending && found == sets {
        true => Ok(()),
        false => Err(format!("exit code {code:?}, {found:?}\n{record:#}").into()),
    }
}

fn flaky() -> Result<(), Failed> {
    let counter = tempfile::tempdir()?;
    let mut command = bisect(&["chance", "--backend", "flex"]);
    command.env(COUNTER, counter.path().join("runs"));
    let (code, record) = record_of(command);
    let red: Vec<bool> = (0..3).map(|run| record["start"][run]["verdict"] == "mismatch").collect();
    match code == Some(100) && record["ending"] == "flaky" && red == [true, true, false] {
        true => Ok(()),
        false => Err(format!("exit code {code:?}\n{record:#}").into()),
    }
}

/// The wording is held by the snapshot of the crate.
fn people() -> Result<(), Failed> {
    let parts = [
        "threads on flex (determinism: full, dtype: f32, threads: 2)",
        "the difference disappears with threads: 1; ",
        "not tried: TF32: ",
        "not tried: shader path: ",
        "not tried: autotune and fusion: ",
        "2.5e-1",
    ];
    check(said(&mut bisect(&["threads", "--backend", "flex", "--threads", "2"])), 100, &parts)
}

fn scripts() -> Result<(), Failed> {
    let arguments = ["threads-or-narrow", "--backend", "ndarray", "--threads", "2"];
    let (_, record) = record_of(bisect(&arguments));
    let of = |pointer: &str| record.pointer(pointer).cloned().unwrap_or_default();
    let expected = [
        ("/version", serde_json::json!(1)),
        ("/settings/threads", 2.into()),
        ("/removed_by/0/2", Value::Null),
        ("/start/3/verdict", "mismatch".into()),
        ("/start/0/largest_difference", 0.25.into()),
        ("/trials/0/changes/0/axis", "determinism".into()),
        ("/trials/0/runs/0/verdict", "mismatch".into()),
    ];
    for (pointer, value) in expected {
        if of(pointer) != value {
            return Err(format!("{pointer} is {}, not {value}\n{record:#}", of(pointer)).into());
        }
    }
    Ok(())
}
