//! One row for each fault: what is said of it, and that nothing else is harmed.

use libtest_mimic::{Failed, Trial};

use crate::folder::Run;
use crate::pipeline::SCENARIO;

/// Fault, verdict, exit code, and what the reason says.
const TABLE: &[(&str, &str, i32, &[&str])] = &[
    ("none", "pass", 0, &[]),
    ("error", "crashed", 102, &["the model is on holiday"]),
    ("panic", "crashed", 102, &["panicked: a planted panic"]),
    ("panic_elsewhere", "hidden_panic", 102, &["thread elsewhere panicked: nobody looks here"]),
    ("abort", "crashed", 102, &["was killed by signal 6 (SIGABRT)"]),
    ("stack_overflow", "crashed", 102, &["was killed by signal 6", "overflowed its stack"]),
    ("hang", "timed_out", 102, &["no result after 4 s"]),
    ("sleep", "timed_out", 102, &["no result after 4 s"]),
    ("grandchild", "timed_out", 102, &["no result after 4 s"]),
    ("allocate", "out_of_memory", 102, &["more than 300 MiB", "`memory_limit`"]),
    ("exit", "crashed", 102, &["ended with exit code 0"]),
    ("chatter", "pass", 0, &[]),
    ("truncated", "crashed", 102, &["its result is damaged: 10 of"]),
    ("leaving", "pass", 0, &[]),
    ("nan", "non_finite", 100, &["image is NaN at [1]"]),
    ("empty", "crashed", 102, &["`image`, which has no elements"]),
    ("wrong_shape", "mismatch", 100, &["[3]", "[2]"]),
    ("twice", "crashed", 102, &["`image` twice"]),
    (
        "changing",
        "nondeterministic",
        100,
        &["runs differ (same process), in no step, first in output image at [1]"],
    ),
];

/// What repeats every cell; the others must then be the same in every run.
const REPEATED: &str = "changing";

pub fn trials() -> Vec<Trial> {
    let trial = |row: &'static (&str, &str, i32, &[&str])| {
        Trial::test(format!("fault::{}", row.0), move || check(row))
    };
    TABLE.iter().map(trial).collect()
}

fn check(&(fault, verdict, code, parts): &(&str, &str, i32, &[&str])) -> Result<(), Failed> {
    let run = Run::new(fault);
    let arguments: &[&str] = if fault == REPEATED {
        &["--backend", "cpu", "--repeat", "4"]
    } else {
        &["--backend", "cpu"]
    };
    let record = run.record(arguments);
    let said = &record.said;
    let bad = |what: String| Err(Failed::from(format!("{what}\n{said}")));
    if record.cells.len() != 6 {
        return bad(format!("{} cells instead of 6", record.cells.len()));
    }
    for (name, (got, reason)) in &record.cells {
        if *name != format!("{SCENARIO}::flex") {
            if got != "pass" {
                return bad(format!("{name} was harmed: {got}: {reason}"));
            }
            continue;
        }
        if got != verdict {
            return bad(format!("{got} instead of {verdict}: {reason}"));
        }
        if let Some(part) = parts.iter().find(|part| !reason.contains(**part)) {
            return bad(format!("{part:?} is not in {reason:?}"));
        }
    }
    if record.code != Some(code) {
        return bad(format!("exit code {:?} instead of {code}", record.code));
    }
    match run.orphans()[..] {
        [] => Ok(()),
        _ => bad(format!("left behind: {:?}", run.orphans())),
    }
}
