//! What cannot be bisected, and with which exit code.

use libtest_mimic::Trial;

use crate::command::{check, said};
use crate::folder::bisect;

/// Name, arguments, exit code, and what is said.
type Row = (&'static str, &'static [&'static str], i32, &'static [&'static str]);

const TABLE: &[Row] = &[
    ("no_backend", &["threads"], 2, &["--backend <NAME>"]),
    (
        "no_determinism",
        &["threads", "--backend", "flex", "--determinism", "slow"],
        2,
        &["expected `full` or `fast`"],
    ),
    (
        "none_at_once",
        &["threads", "--backend", "flex", "--most", "0"],
        2,
        &["a number from 1 to 5"],
    ),
    (
        "two_targets",
        &["threads", "--backend", "cpu"],
        2,
        &["--backend cpu names 3 targets: expected one of ndarray, flex, cubecl-cpu"],
    ),
    (
        "no_such_scenario",
        &["thread", "--backend", "flex"],
        2,
        &["no scenario is called `thread`; did you mean"],
    ),
    ("another_class", &["threads", "--backend", "wgpu:none-such"], 103, &["wgpu:none-such"]),
    (
        "a_crash",
        &["crash", "--backend", "flex"],
        102,
        &["crashed with nothing changed", "on holiday"],
    ),
    (
        "no_golden",
        &["without-golden", "--backend", "flex"],
        101,
        &["missing golden with nothing changed"],
    ),
    (
        "a_file_that_cannot_be_written",
        &["always", "--backend", "flex", "--most", "1", "--json", "/dev/null/x"],
        100,
        &["cannot write /dev/null/x", "the cause is in the code"],
    ),
];

pub fn trials() -> Vec<Trial> {
    let trial = |row: &'static Row| {
        let (name, arguments, code, parts) = *row;
        Trial::test(format!("usage::{name}"), move || {
            check(said(&mut bisect(arguments)), code, parts)
        })
    };
    TABLE.iter().map(trial).collect()
}
