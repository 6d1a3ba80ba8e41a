//! One row for each fault: what is said of it, and that nothing else is harmed. How it is worded is asserted where the
//! texts are made.

use libtest_mimic::{Failed, Trial};

use crate::folder::{Run, Said};
use crate::pipeline::SCENARIO;

/// A fault and what is said of it.
struct Row {
    fault: &'static str,
    verdict: &'static str,
    exit: i32,
    codes: &'static [&'static str],
    /// What the fault itself says, which no code holds.
    words: &'static [&'static str],
}

const fn row(
    fault: &'static str,
    verdict: &'static str,
    exit: i32,
    codes: &'static [&'static str],
    words: &'static [&'static str],
) -> Row {
    Row { fault, verdict, exit, codes, words }
}

const TABLE: &[Row] = &[
    row("none", "pass", 0, &[], &[]),
    row("error", "crashed", 102, &["failed"], &["the model is on holiday"]),
    row("panic", "crashed", 102, &["panicked"], &["a planted panic"]),
    row("panic_elsewhere", "hidden_panic", 102, &["panicked"], &["elsewhere", "nobody looks here"]),
    row("abort", "crashed", 102, &["crashed"], &["signal 6 (SIGABRT)"]),
    row(
        "stack_overflow",
        "crashed",
        102,
        &["crashed", "last-words"],
        &["signal 6", "overflowed its stack"],
    ),
    row("hang", "timed_out", 102, &["timed-out", "help"], &["4 s"]),
    row("sleep", "timed_out", 102, &["timed-out", "help"], &["4 s"]),
    row("grandchild", "timed_out", 102, &["timed-out", "help"], &["4 s"]),
    row(
        "allocate",
        "out_of_memory",
        102,
        &["out-of-memory", "help"],
        &["300 MiB", "`memory_limit`"],
    ),
    row("exit", "crashed", 102, &["crashed"], &["exit code 0"]),
    row("chatter", "pass", 0, &[], &[]),
    row("truncated", "crashed", 102, &["crashed", "crashed"], &["10 of"]),
    row("leaving", "pass", 0, &[], &[]),
    row("nan", "non_finite", 100, &["non-finite", "outside-tolerance", "non-finite"], &["[1]"]),
    row("empty", "crashed", 102, &["failed"], &["`image`, which has no elements"]),
    row("wrong_shape", "mismatch", 100, &["wrong-shape"], &["[3]", "[2]"]),
    row("twice", "crashed", 102, &["failed"], &["`image` twice"]),
    row(
        "changing",
        "nondeterministic",
        100,
        &["nondeterministic"],
        &["same process", "image at [1]"],
    ),
];

/// What repeats every cell; the others must then be the same in every run.
const REPEATED: &str = "changing";

pub fn trials() -> Vec<Trial> {
    let trial = |row: &'static Row| Trial::test(format!("fault::{}", row.fault), || check(row));
    TABLE.iter().map(trial).collect()
}

fn check(row: &Row) -> Result<(), Failed> {
    let Row { fault, verdict, exit, codes, words } = *row;
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
    for (name, got) in &record.cells {
        let Said { verdict: got, codes: found, reason } = got;
        if *name != format!("{SCENARIO}::flex") {
            if got != "pass" {
                return bad(format!("{name} was harmed: {got}: {reason}"));
            }
            continue;
        }
        if got != verdict {
            return bad(format!("{got} instead of {verdict}: {reason}"));
        }
        // Which of its threads say something beside it, and how often, is the fault's own matter.
        let mut found: Vec<&str> = found.iter().map(String::as_str).collect();
        found.truncate(codes.len().max(usize::from(codes.is_empty())));
        if found != codes {
            return bad(format!("{found:?} instead of {codes:?}: {reason}"));
        }
        if let Some(part) = words.iter().find(|part| !reason.contains(**part)) {
            return bad(format!("{part:?} is not in {reason:?}"));
        }
    }
    if record.code != Some(exit) {
        return bad(format!("exit code {:?} instead of {exit}", record.code));
    }
    match run.orphans()[..] {
        [] => Ok(()),
        _ => bad(format!("left behind: {:?}", run.orphans())),
    }
}
