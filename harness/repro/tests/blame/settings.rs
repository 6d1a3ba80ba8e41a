//! Which settings are named: a row for each cause.

use libtest_mimic::{Failed, Trial};

use crate::folder::{blame, check, record, said};
use crate::pipeline::COUNTER;

/// Name, arguments, exit code, and what is said.
type Row = (&'static str, &'static [&'static str], i32, &'static [&'static str]);

const TABLE: &[Row] = &[
    (
        "one_setting",
        &["threads", "--backend", "flex", "--threads", "2"],
        100,
        &[
            "threads on flex (determinism: full, dtype: f32, threads: 2)",
            "the difference disappears with threads: 1; no other single setting that could be tried removes it",
            "not tried: TF32: only CUDA has it",
            "not tried: shader path: only WGPU targets have one",
            "not tried: autotune and fusion: Burn's CPU backends have neither",
            "2.5e-1",
        ],
    ),
    (
        "the_float_type",
        &["narrow", "--backend", "ndarray"],
        100,
        &["disappears with dtype: f64 (then it is rounding, not a wrong kernel); no other single"],
    ),
    (
        "determinism",
        &["fast", "--backend", "ndarray", "--determinism", "fast"],
        100,
        &["the difference disappears with determinism: full (one thread); no other single"],
    ),
    (
        "the_backend",
        &["flex", "--backend", "flex"],
        100,
        &[
            "the difference disappears with adapter: ndarray (then it is flex's own arithmetic); no other",
        ],
    ),
    (
        "two_settings_together",
        &["threads-or-narrow", "--backend", "ndarray", "--threads", "2"],
        100,
        &[
            "no single setting removes the difference: it disappears with threads: 1 and dtype: f64 together; no other two \
             that could be tried remove it",
        ],
    ),
    (
        "either_of_two",
        &["threads-and-narrow", "--backend", "ndarray", "--threads", "2"],
        100,
        &["the difference disappears with threads: 1, and with dtype: f64"],
    ),
    (
        "three_settings_together",
        &["three", "--backend", "flex", "--determinism", "fast", "--threads", "2"],
        100,
        &[
            "up to 2 settings do not remove the difference: it disappears with 3 at once, of which none can be left out: \
             determinism: full and threads: 1 and dtype: f64",
        ],
    ),
    (
        "no_setting",
        &["always", "--backend", "flex"],
        100,
        &[
            "up to 2 at a time or all at once: the difference is in the code or in a kernel",
            "`cargo repro diagnose always --backend flex` names the operation",
        ],
    ),
    (
        "a_known_failure_is_red_here",
        &["known", "--backend", "flex", "--most", "1"],
        100,
        &["one at a time or all at once: the difference is in the code"],
    ),
    (
        "a_setting_that_crashes_is_no_cause",
        &["crash-in-f64", "--backend", "ndarray", "--threads", "2"],
        100,
        &[
            "dtype: f64 gives no result: f64 is on holiday",
            "the difference disappears with threads: 1;",
        ],
    ),
    (
        "a_cell_that_passes",
        &["threads", "--backend", "flex"],
        0,
        &[
            "threads passes on flex as it is, 3 times of 3: no setting is to blame",
            "--determinism fast, --threads COUNT",
        ],
    ),
];

pub fn trials() -> Vec<Trial> {
    let trial = |row: &'static Row| {
        let (name, arguments, code, parts) = *row;
        Trial::test(format!("names::{name}"), move || {
            check(said(&mut blame(arguments)), code, parts)
        })
    };
    let mut trials: Vec<Trial> = TABLE.iter().map(trial).collect();
    trials.push(Trial::test("names::a_flaky_cell_and_no_setting", flaky));
    trials.push(Trial::test("names::sets_to_scripts", scripts));
    trials
}

fn flaky() -> Result<(), Failed> {
    let counter = tempfile::tempdir()?;
    let mut command = blame(&["chance", "--backend", "flex"]);
    command.env(COUNTER, counter.path().join("runs"));
    let parts = [
        "flaky: 2 of 3 runs differ with nothing changed, so that no setting is blamed",
        "cargo repro run chance --exact --backend flex --repeat 20",
        "flaky: pass 1 of 3",
    ];
    check(said(&mut command), 100, &parts)
}

fn scripts() -> Result<(), Failed> {
    let record = record(&["threads-or-narrow", "--backend", "ndarray", "--threads", "2"]);
    let of = |pointer: &str| record.pointer(pointer).cloned().unwrap_or_default();
    let expected = [
        ("/version", serde_json::json!(1)),
        ("/ending", "removed".into()),
        ("/exit_code", 100.into()),
        ("/settings/threads", 2.into()),
        ("/removed_by/0/0/axis", "threads".into()),
        ("/removed_by/0/0/tried", "1".into()),
        ("/removed_by/0/1/axis", "dtype".into()),
        ("/removed_by/0/2", serde_json::Value::Null),
        ("/removed_by/1", serde_json::Value::Null),
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
