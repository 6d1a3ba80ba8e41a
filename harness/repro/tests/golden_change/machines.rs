//! Reports over machines of which one computes wrongly: who it is stands on the first screen, what differs between the
//! machines is named, and a golden can be accepted from what another machine left.

use std::fs;
use std::path::PathBuf;

use burn_repro_core::record::RunRecord;
use libtest_mimic::Failed;

use super::command::{check, said};
use super::folder::{Folder, ensure};
use super::webdriver::Browser;

/// Leaves a record of a machine.
fn machine(folder: &mut Folder, name: &str, kernel: &str, code: i32) -> Result<PathBuf, Failed> {
    folder.kernel = kernel.into();
    check(folder.repro(&["run", "--name", name, "--record", name]), code, &[])?;
    Ok(folder.path().join(name))
}

/// A machine where all is well, and one with a wrong kernel of ndarray and another processor.
fn two_machines(folder: &mut Folder) -> Result<(), Failed> {
    machine(folder, "linux-a", "all=1", 0)?;
    let file = machine(folder, "linux-b", "ndarray=1.5", 100)?.join("run.json");
    let mut record = RunRecord::read(&file)?;
    for target in &mut record.run.targets {
        target.fingerprint.cpu_model = "Another Processor 9000".into();
    }
    record.write(&file)?;
    Ok(())
}

pub fn the_outlier_of_two_machines_stands_in_the_first_sentence() -> Result<(), Failed> {
    let mut folder = Folder::with_golden();
    two_machines(&mut folder)?;
    let merged = folder.repro(&["report", "linux-a", "linux-b", "--out", "out"]);
    let outlier = "ndarray of linux-b is the outlier in tiny (mismatch, up to 2.5e-1 off): 3 other targets are exactly at the golden.";
    check(
        merged,
        100,
        &[
            "1 of 4 cells on 2 machines is red",
            outlier,
            "ndarray is red on linux-b and green on linux-a in tiny; what differs: processor (Another Processor 9000; ",
            "The same bits in every scenario that they share: flex of linux-a and linux-b, ndarray of linux-a",
        ],
    )?;
    let html = fs::read_to_string(folder.path().join("out/report.html"))?;
    let (_, findings) = html.split_once("id=\"findings\">").ok_or("no findings")?;
    ensure(findings.starts_with(&format!("<li>{outlier}")), "the outlier is not what is said first")
}

/// As a person sees it: the sentence is on the screen without scrolling, and the red cell opens with its pictures.
pub fn the_merged_report_shows_the_outlier_in_a_browser() -> Result<(), Failed> {
    let browser = Browser::start()?;
    let mut folder = Folder::with_golden();
    two_machines(&mut folder)?;
    check(folder.repro(&["report", "linux-a", "linux-b", "--out", "out"]), 100, &[])?;
    browser.open(&format!("file://{}", folder.path().join("out/report.html").display()));
    browser.wait_for("performance.getEntriesByName('matrix-shown').length");
    let seen = browser.run(
        "const first = document.querySelector('#findings li'); \
         return first.getBoundingClientRect().bottom < innerHeight ? first.innerText : 'below'",
    );
    let seen = seen.as_str().unwrap_or_default();
    ensure(seen.starts_with("ndarray of linux-b is the outlier"), seen)?;
    browser.run("openCell(page.cells.find((cell) => cell.red))");
    browser.wait_for(
        "dialog.open && [...dialog.querySelectorAll('img')].every((image) => image.complete)",
    );
    let pictures = browser.run(
        "return [...dialog.querySelectorAll('img')].filter((image) => image.naturalWidth === 16).length",
    );
    ensure(pictures.as_u64() >= Some(4), &format!("{pictures} pictures of 16 pixels"))?;
    let text = browser.text("dialog");
    for part in [
        "max_abs_diff",
        "step.00/image",
        "cargo repro run tiny --exact --backend ndarray",
        "Another Processor",
    ] {
        ensure(text.contains(part), &format!("no {part} in {text}"))?;
    }
    ensure(browser.console().is_empty(), "the console is not silent")
}

/// Under nextest every trial leaves a record of its own; together they are the machine.
pub fn trials_of_nextest_are_joined() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    let listed = folder.gate(&["--list"]);
    check(listed, 0, &["tiny::flex"])?;
    let trials = ["tiny::flex", "tiny::ndarray", "tiny::reference"];
    for trial in trials {
        let mut gate = folder.command("gate", &[trial, "--exact"]);
        gate.env("NEXTEST", "1").env("NEXTEST_RUN_ID", "a-test-run");
        check(said(&mut gate), 0, &[])?;
    }
    let entries = fs::read_dir(folder.path().join("runs/a-test-run"))?.filter_map(Result::ok);
    let left = entries.filter(|entry| entry.path().is_dir()).count();
    ensure(left == 2, &format!("{left} records of two cells"))?;
    check(
        folder.repro(&["report", "runs/a-test-run", "--out", "out"]),
        0,
        &["All 2 cells that ran are green"],
    )
}

/// A backend that must be here and is not makes every report red, whatever the cells say.
pub fn a_guard_that_fails_is_in_every_report() -> Result<(), Failed> {
    let folder = Folder::with_golden();
    let mut gate = folder.command("gate", &[]);
    gate.env("BURN_REPRO_REQUIRE", "cuda:99").env("BURN_REPRO_RUNS", folder.path().join("ci"));
    check(said(&mut gate), 101, &["required cuda:99"])?;
    let report = folder.repro(&["report", "ci", "--out", "out"]);
    check(
        report,
        103,
        &["All 2 cells that ran are green", "gate::required-backends: required cuda:99"],
    )?;
    let junit = fs::read_to_string(folder.path().join("out/junit.xml"))?;
    ensure(junit.contains("failures=\"1\""), &junit)?;
    let html = fs::read_to_string(folder.path().join("out/report.html"))?;
    ensure(html.contains("\"red\":true"), "the page is green")?;
    // And under nextest, where the guard is a process of its own.
    let mut guard = folder.command("gate", &["gate::required-backends", "--exact"]);
    guard.env("BURN_REPRO_REQUIRE", "cuda:99").env("NEXTEST", "1").env("NEXTEST_RUN_ID", "guards");
    check(said(&mut guard), 101, &[])?;
    check(folder.repro(&["report", "runs/guards", "--out", "out"]), 103, &["required cuda:99"])
}

/// Nobody can write goldens in CI, but what its gate found can be accepted elsewhere, with the records of all machines.
pub fn a_golden_is_accepted_from_what_ci_left() -> Result<(), Failed> {
    let mut folder = Folder::with_golden();
    folder.scale(0.25);
    let mut gate = folder.command("gate", &[]);
    gate.env("CI", "true")
        .env("BURN_REPRO_RUN_NAME", "ci")
        .env("BURN_REPRO_RUNS", folder.path().join("ci"));
    check(said(&mut gate), 101, &["nothing was written"])?;
    ensure(!folder.pending(), "CI left a pending golden")?;
    let from = ["golden", "accept", "--from", "ci"];
    let report = folder.repro(&["report", "ci", "--out", "out"]);
    check(report, 101, &["tiny::reference: the reference no longer matches its golden"])?;
    // The code of this machine must give it as well.
    folder.kernel = "flex=2".into();
    check(folder.repro(&from), 101, &["not what the reference gives now"])?;
    folder.kernel = "all=1".into();
    check(
        folder.repro(&from),
        0,
        &["tiny: accepted", "flex of ci off by", "ndarray of ci off by"],
    )?;
    check(folder.gate(&[]), 0, &[])
}

/// A machine that contradicts it is heard, although it is not here.
pub fn a_record_of_another_machine_can_refuse() -> Result<(), Failed> {
    let mut folder = Folder::with_golden();
    folder.scale(0.25);
    folder.kernel = "ndarray=1.5".into();
    let mut gate = folder.command("gate", &[]);
    gate.env("CI", "true")
        .env("BURN_REPRO_RUN_NAME", "ci")
        .env("BURN_REPRO_RUNS", folder.path().join("ci"));
    check(said(&mut gate), 101, &[])?;
    folder.kernel = "all=1".into();
    let refused = folder.repro(&["golden", "accept", "--from", "ci"]);
    check(refused, 100, &["ndarray of ci (off by", "a bug moves one"])?;
    check(folder.repro(&["golden", "accept", "--from", "scenarios"]), 2, &["contains no run.json"])
}
