//! Which golden is accepted, and which is refused.

use std::fs;

use libtest_mimic::Failed;

use super::command::{check, said};
use super::folder::{Folder, ensure};

pub fn the_first_golden_is_reviewed_and_accepted() -> Result<(), Failed> {
    let folder = Folder::new();
    check(folder.repro(&["run"]), 101, &["2 missing golden"])?;
    check(folder.repro(&["golden", "status"]), 101, &["missing  tiny", "1 missing"])?;
    check(
        folder.gate(&["reference"]),
        101,
        &["there is no golden yet", "tiny.snap.new waits for review"],
    )?;
    check(folder.repro(&["golden", "status"]), 101, &["new     tiny", "1 new"])?;
    check(
        folder.repro(&["golden", "accept"]),
        0,
        &["tiny: accepted; ", "flex off by", "ndarray off by"],
    )?;
    check(folder.repro(&["golden", "status"]), 0, &["1 current"])?;
    check(folder.gate(&[]), 0, &[])?;
    ensure(!folder.pending(), "something still waits")
}

pub fn an_intended_change_moves_every_target_and_is_accepted() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    folder.scale(0.25);
    let stale = ["2 stale golden", "params.scale is 0.25, the golden's 0.5"];
    check(folder.repro(&["run"]), 101, &stale)?;
    check(folder.repro(&["golden", "status"]), 101, &["stale   tiny", "params.scale is 0.25"])?;
    check(folder.gate(&["reference"]), 101, &["params.scale is 0.25", "image moved by at most"])?;
    check(folder.repro(&["golden", "status"]), 101, &["changed  tiny", "abs_sum of image is"])?;
    check(folder.repro(&["golden", "accept", "tiny"]), 0, &["tiny: accepted"])?;
    check(folder.gate(&[]), 0, &[])
}

/// A kernel of ndarray is wrong: the same steps lead nowhere.
pub fn a_wrong_kernel_on_one_target_cannot_be_accepted() -> Result<(), Failed> {
    let mut folder = Folder::with_golden();
    let before = folder.load();
    folder.kernel = "ndarray=1.5".into();
    check(
        folder.repro(&["run"]),
        100,
        &[
            "1 pass, 1 mismatch",
            "tiny image: ndarray is the outlier: 2.5e-1 from the f64 reference, flex within",
        ],
    )?;
    check(
        folder.gate(&[]),
        101,
        &["tiny image: ndarray is the outlier: 2.5e-1 from the f64 reference"],
    )?;
    ensure(!folder.pending(), "a cell left something to accept")?;
    check(folder.repro(&["golden", "accept"]), 4, &["nothing waits for review"])?;
    check(
        folder.repro(&["golden", "accept", "tiny"]),
        100,
        &[
            "the reference agrees with the old golden and only ndarray (off by 2.5e-1) moved",
            "an intended change moves every backend, a bug moves one",
        ],
    )?;
    ensure(folder.load() == before, "the golden changed")?;
    check(folder.repro(&["run"]), 100, &["1 pass, 1 mismatch"])
}

/// A kernel of the reference's own target is wrong: the pending golden is there, and is refused.
pub fn a_wrong_kernel_under_the_reference_cannot_be_accepted_by_habit() -> Result<(), Failed> {
    let mut folder = Folder::with_golden();
    let before = folder.load();
    folder.kernel = "flex=1.5".into();
    check(
        folder.repro(&["run"]),
        100,
        &[
            "the f64 reference moved away from the golden, and so did flex; ndarray still matches the golden",
        ],
    )?;
    check(folder.gate(&["reference"]), 101, &["waits for review"])?;
    ensure(folder.pending(), "nothing waits")?;
    check(
        folder.repro(&["golden", "accept"]),
        100,
        &["the reference moved and flex with it, ndarray (off by 2.5e-1) did not follow"],
    )?;
    ensure(folder.load() == before && folder.pending(), "the golden changed")?;
    // The way around is recorded, and ndarray stays red.
    check(folder.repro(&["golden", "accept", "--because", "!"]), 2, &["is too short"])?;
    let because = ["golden", "accept", "--because", "ndarray is known to be wrong, see issue 7"];
    check(folder.repro(&because), 0, &["accepted because \"ndarray is known to be wrong"])?;
    let recorded = folder.load().text.recorded.because;
    ensure(recorded.as_deref() == Some("ndarray is known to be wrong, see issue 7"), "no reason")?;
    check(folder.repro(&["run"]), 100, &["1 pass, 1 mismatch"])
}

pub fn a_reason_is_recorded_where_only_one_target_moved() -> Result<(), Failed> {
    let mut folder = Folder::with_golden();
    let before = folder.load();
    folder.kernel = "ndarray=1.5".into();
    let because = ["golden", "accept", "tiny", "--because", "looked at it"];
    check(folder.repro(&because), 0, &["accepted because \"looked at it\""])?;
    let after = folder.load();
    ensure(after.bytes == before.bytes, "the elements are not the reference's")?;
    ensure(after.text.recorded.because.as_deref() == Some("looked at it"), "no reason")?;
    check(folder.repro(&["run"]), 100, &["1 pass, 1 mismatch"])
}

pub fn nothing_is_accepted_or_written_in_ci() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    folder.scale(0.25);
    let in_ci =
        |role: &str, arguments: &[&str]| said(folder.command(role, arguments).env("CI", "true"));
    check(in_ci("gate", &["reference"]), 101, &["nothing was written, because `CI`"])?;
    ensure(!folder.pending(), "the gate wrote in CI")?;
    folder.gate(&["reference"]);
    ensure(folder.pending(), "nothing waits")?;
    check(in_ci("command-line", &["golden", "accept"]), 2, &["`CI` is set"])?;
    check(in_ci("command-line", &["golden", "prune"]), 2, &["`CI` is set"])?;
    check(folder.repro(&["golden", "accept"]), 0, &["accepted"])
}

pub fn a_result_that_is_not_finite_is_never_a_golden() -> Result<(), Failed> {
    let mut folder = Folder::with_golden();
    let before = folder.load();
    folder.kernel = "all=NaN".into();
    check(folder.gate(&["reference"]), 101, &["is NaN at [0, 0, 0, 0]; a golden must be finite"])?;
    ensure(!folder.pending(), "a NaN waits")?;
    check(
        folder.repro(&["golden", "accept", "tiny", "--because", "why not"]),
        100,
        &["must be finite"],
    )?;
    ensure(folder.load() == before, "the golden changed")
}

pub fn what_the_reference_no_longer_gives_is_refused() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    folder.scale(0.25);
    folder.gate(&["reference"]);
    folder.scale(0.75);
    let outdated = ["the pending golden is not what the reference gives now"];
    check(folder.repro(&["golden", "accept"]), 101, &outdated)?;
    check(folder.repro(&["golden", "accept", "--because", "still right"]), 101, &outdated)
}

/// A change that is taken back takes back what waits.
pub fn a_change_that_is_undone_leaves_nothing_to_review() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    folder.scale(0.25);
    folder.gate(&["reference"]);
    folder.scale(0.5);
    check(folder.gate(&["reference"]), 0, &[])?;
    ensure(!folder.pending(), "something still waits")
}

pub fn a_damaged_golden_can_be_made_again() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    let before = folder.load();
    let tensors = folder.store().files_of("tiny").tensors;
    let mut bytes = fs::read(&tensors).unwrap();
    let last = bytes.len() - 8;
    bytes[last] ^= 1;
    fs::write(&tensors, bytes).unwrap();
    check(folder.repro(&["run"]), 101, &["does not have the SHA-256 that its text states"])?;
    check(folder.repro(&["golden", "status"]), 101, &["damaged  tiny"])?;
    check(folder.gate(&["reference"]), 101, &["waits for review"])?;
    check(folder.repro(&["golden", "accept"]), 0, &["accepted"])?;
    ensure(folder.load().bytes == before.bytes, "other elements")
}

/// Also of this kind: a name with several dots, one that ends like a file of a golden, and one of a single letter.
pub fn a_golden_of_any_name_is_made_and_accepted() -> Result<(), Failed> {
    let folder = Folder::new();
    let names =
        ["sd1.5", "My_Scenario", "a..b-", "x.snap", "y.snap.new", "Z", "_", "v1.safetensors"];
    for (index, name) in names.iter().enumerate() {
        folder.write(name, &format!("scale: 0.{}", index + 1));
    }
    folder.gate(&["reference"]);
    let new = names.map(|name| format!("new     {name}"));
    let new: Vec<&str> = new.iter().map(String::as_str).chain(["9 new"]).collect();
    check(folder.repro(&["golden", "status"]), 101, &new)?;
    check(folder.repro(&["golden", "accept"]), 0, &names)?;
    check(folder.repro(&["golden", "status"]), 0, &["9 current"])?;
    check(folder.gate(&[]), 0, &[])?;
    check(folder.repro(&["golden", "prune"]), 0, &["0 files without a scenario"])?;
    for name in names {
        let golden = folder.store().load(name).map_err(|error| error.to_string())?;
        ensure(golden.text.scenario == name, "another scenario's golden")?;
        check(folder.repro(&["run", "--exact", name]), 0, &["2 pass"])?;
    }
    // And a change of one of them is seen and reviewed like any.
    folder.write("sd1.5", "scale: 0.25");
    check(folder.gate(&["reference"]), 101, &["sd1.5.snap.new waits for review"])?;
    check(folder.repro(&["golden", "accept", "sd1.5"]), 0, &["sd1.5: accepted"])?;
    check(folder.gate(&[]), 0, &[])
}

/// Also of this kind: a list of lists, a long text, and a question that is many times as long as the elements.
pub fn a_long_question_is_kept_as_long_as_it_is() -> Result<(), Failed> {
    let folder = Folder::new();
    let curve = |changed: &str| {
        let mut numbers: Vec<String> =
            (0..8_000).map(|index| format!("{:e}", (f64::from(index) * 0.618).fract())).collect();
        numbers[7_777] = changed.to_owned();
        format!("scale: 0.5, curve: [{}]", numbers.join(", "))
    };
    folder.write("tiny", &curve("0.25"));
    check(folder.gate(&["reference"]), 101, &["waits for review"])?;
    check(folder.repro(&["golden", "accept"]), 0, &["tiny: accepted"])?;
    check(folder.gate(&[]), 0, &[])?;
    ensure(folder.store().files_of("tiny").size() > 128 * 1024, "the question was cut")?;
    check(folder.repro(&["golden", "status"]), 0, &["1 current"])?;
    folder.write("tiny", &curve("0.75"));
    let stale = ["2 stale golden", "params.curve[7777] is 0.75, the golden's 0.25"];
    check(folder.repro(&["run"]), 101, &stale)
}
