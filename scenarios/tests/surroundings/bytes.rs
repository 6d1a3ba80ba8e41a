//! Paths and values that are not UTF-8: they work, or are refused by name.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use rstest::rstest;
use serde_json::Value;

use crate::TINY;
use crate::project::{CPU, Copy, Run};

/// A copy inside a folder whose name is no UTF-8, with that folder.
fn moved(copy: &Copy) -> PathBuf {
    let odd = copy.path().join(OsStr::from_bytes(b"caf\xe9 \xff"));
    fs::create_dir(&odd).unwrap();
    for folder in ["scenarios", "golden"] {
        fs::rename(copy.path().join(folder), odd.join(folder)).unwrap();
    }
    odd
}

#[test]
fn every_option_that_names_a_path_takes_any_bytes() {
    let copy = Copy::of(TINY);
    let odd = moved(&copy);
    let mut run = copy.command();
    run.arg("run").args(CPU).arg("--scenarios").arg(odd.join("scenarios"));
    run.arg("--golden").arg(odd.join("golden")).arg("--record").arg(odd.join("record"));
    run.arg("--json").arg(odd.join("run.json")).arg("--events").arg(odd.join("events"));
    Run::of(run.arg("--save-outputs").arg(odd.join("out"))).ends_with(0).says(&["2 pass"]);
    for file in ["record/run.json", "run.json", "events", "out/ddim-tiny/flex.safetensors"] {
        assert!(odd.join(file).is_file(), "{file}");
    }
    let mut report = copy.command();
    report.arg("report").arg(odd.join("record")).arg("--out").arg(odd.join("reports"));
    Run::of(&mut report).ends_with(0).says(&["All 2 cells that ran are green"]);
    let mut compare = copy.command();
    Run::of(compare.arg("compare").arg(odd.join("record")).arg(odd.join("out"))).ends_with(0);
}

/// The variables, relative paths from inside, and every command that reads or writes there.
#[rstest]
#[case::list(&["list", "--json"], 0)]
#[case::run(&["run", "--backend", "flex", "--backend", "ndarray", "--record", "record"], 0)]
#[case::status(&["golden", "status", "--all"], 0)]
#[case::show(&["golden", "show", "ddim-tiny", "--backend", "cpu", "--out", "pictures"], 0)]
#[case::accept(&["golden", "accept", "ddim-tiny"], 0)]
#[case::calibrate(&["calibrate", "ddim-tiny", "--backend", "flex", "--runs", "1"], 0)]
#[case::diagnose(&["diagnose", "ddim-tiny", "--backend", "ndarray", "--plant", "negated", "--minimal-repro", "off"], 100)]
#[case::noise(&["noise", "--seed", "0", "--shape", "1", "--out", "noise.safetensors"], 0)]
fn a_project_may_lie_anywhere(#[case] arguments: &[&str], #[case] code: i32) {
    let copy = Copy::of(TINY);
    let odd = moved(&copy);
    let mut command = copy.command();
    command.args(arguments).current_dir(&odd).env("BURN_REPRO_RUNS", odd.join("runs"));
    command.env("BURN_REPRO_SCENARIOS", odd.join("scenarios"));
    command.env("BURN_REPRO_GOLDEN", "golden").env("BURN_REPRO_BACKEND", "cpu");
    let run = Run::of(&mut command);
    run.ends_with(code);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

#[test]
fn files_of_any_bytes_inside_the_folders_are_used_or_refused_by_name() {
    let copy = Copy::of(TINY);
    let inner = copy.path().join("scenarios").join(OsStr::from_bytes(b"\xe9"));
    fs::create_dir(&inner).unwrap();
    fs::rename(copy.scenario("ddim-tiny"), inner.join("ddim-tiny.yaml")).unwrap();
    copy.run_on_cpu(&[]).ends_with(0).says(&["2 pass"]);
    let odd = inner.join(OsStr::from_bytes(b"x\xff.yaml"));
    fs::rename(inner.join("ddim-tiny.yaml"), &odd).unwrap();
    copy.repro(&["list", "--scenarios"]).ends_with(2);
    copy.repro(&["run"]).ends_with(2).says(&["x\u{fffd}.yaml", "write `name:` into it"]);
    copy.replace(&odd, "seed: 0", "name: ddim-tiny\nseed: 0");
    copy.run_on_cpu(&[]).ends_with(0).says(&["2 pass"]);
    let unowned = copy.path().join("golden").join(OsStr::from_bytes(b"\xff.snap"));
    fs::write(&unowned, "").unwrap();
    let status = copy.repro(&["golden", "status", "--json"]);
    let status: Value = serde_json::from_str(&status.ends_with(101).stdout).unwrap();
    assert!(status["unowned"][0].as_str().unwrap().ends_with("\u{fffd}.snap"), "{status}");
    copy.repro(&["golden", "prune"]).ends_with(0).says(&["\u{fffd}.snap"]);
    assert!(!unowned.exists());
}

#[rstest]
#[case("BACKEND")]
#[case("REQUIRE")]
#[case("NIGHTLY")]
#[case("THREADS")]
#[case("RUN_NAME")]
#[case("OPENGL")]
fn a_value_that_is_no_path_must_be_text(#[case] name: &str) {
    let mut copy = Copy::of(TINY);
    copy.set(&format!("BURN_REPRO_{name}"), OsStr::from_bytes(b"a\xff"));
    let said = format!("the variable BURN_REPRO_{name} is `a\u{fffd}`: it is not UTF-8");
    copy.repro(&[]).ends_with(2).says(&[&said]);
}

/// What is typed and is no path: a filter, a backend, a command.
#[rstest]
#[case(&[&b"run"[..], b"\xff"])]
#[case(&[&b"run"[..], b"--backend", b"\xff"])]
#[case(&[&b"\xff"[..]])]
#[case(&[&b"__worker"[..], b"\xff"])]
fn an_argument_that_is_no_path_must_be_text(#[case] arguments: &[&[u8]]) {
    let copy = Copy::of(TINY);
    let arguments = arguments.iter().map(|argument| OsStr::from_bytes(argument));
    let run = Run::of(copy.command().args(arguments));
    assert!(!run.ends_with(2).stderr.contains("panicked"), "{}", run.stderr);
}
