//! The diagnosis in the window of a cell: what the page shows of it, and that a file in a run's folder reaches the page.
//! The files are written by hand, so that the formats are held as well.

use std::fs;
use std::path::Path;

use burn_repro_report::matrix::read;
use burn_repro_report::report::ReportText;
use burn_repro_report::report::html::Page;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::SMALL;
use crate::{Opened, open};

const CONCLUSION: &str = "wgpu:llvmpipe computes conv2d at step.00/unet/conv_in wrongly, given the right inputs: off by \
     512 ULP, 6.0 are allowed; no other operation is wrong";

/// A diagnosis as the page is told of it.
pub fn section() -> Value {
    let read = |step: i32| {
        let distance = if step == 9 { json!(null) } else { json!(1e-7 * 1.9f64.powi(step)) };
        json!({ "name": format!("step.{step:02}/latents"), "distance": distance, "allowed": null,
                "estimate": false })
    };
    json!({ "note": "", "found": {
        "conclusion": CONCLUSION, "verdict": "mismatch", "planted": 0,
        "reference": "no longer matches its golden",
        "changed": "add_scalar at step.00/unet/norm (src/model.rs:148): its argument was 0.001 and is 1e-5",
        "has_golden": true,
        "first_outside": { "name": "step.03/latents", "distance": 4.1e-5, "allowed": 8e-6,
                           "estimate": true },
        "growth": "it grows by a factor of about 1.90 a step: noise that is amplified",
        "reads": (0..10).map(read).collect::<Vec<_>>(),
        "operations": [
            { "number": 41, "name": "conv2d", "arguments": "stride 1, padding 1, groups 1",
              "shapes": "1×4×32×32, 32×4×3×3 → 1×32×32×32", "place": "step.00/unet/conv_in",
              "parameter": "conv_in.weight", "source": "scenarios/src/unet/model.rs:97",
              "ulp": 512.4, "allowed": 6.0, "accumulated": 1.3e6, "met": false },
            { "number": 7, "name": "log", "arguments": "", "shapes": "8 → 8", "place": "",
              "parameter": "", "source": "", "ulp": 1.04, "allowed": null, "accumulated": null,
              "met": true },
        ],
        "compared": 12345, "stopped": true, "seconds": 3.25, "plain_seconds": 0.41,
        "plain_difference": 2.4e-7,
    } })
}

/// A run's folder with one red cell, written by hand.
fn run(folder: &Path) {
    let record = json!({
        "version": 1,
        "run": { "name": "linux-a", "started": "2026-11-24T11:49:18Z", "seconds": 1.5,
                 "burn_repro": "0.1.0", "exit_code": 100, "targets": [], "missing": [],
                 "build": "deterministic", "precision": {} },
        "cells": [{ "scenario": "tiny", "target": "wgpu:llvmpipe", "class": "wgpu",
                    "determinism": "full", "verdict": "mismatch", "reason": "image: too far",
                    "seconds": 0.5, "outputs": {}, "expect": [] }],
    });
    fs::write(folder.join("run.json"), record.to_string()).expect("the record can be written");
}

/// What `repro diagnose --html` leaves.
fn file() -> Value {
    let error = json!({ "difference": null, "ulp": null, "index": 3, "got": null, "want": 0.25 });
    let operation = json!({
        "number": 12, "place": "step.00/unet", "parameter": null, "name": "exp", "arguments": "",
        "shapes": "4 → 4", "source": null, "local": error, "accumulated": error, "allowed": 4.0,
    });
    json!({
        "version": 1, "scenario": "tiny", "target": "wgpu:llvmpipe", "verdict": "non_finite",
        "reason": "image: holds NaN",
        "first_outside": { "name": "step.00/image", "max_abs_diff": null, "allowed": 1e-5,
                           "outside": true },
        "reference": { "changed": { "first": {
            "number": 5,
            "now": { "place": "step.00", "parameter": null, "name": "mul_scalar",
                     "arguments": "2.5", "shapes": "4 → 4", "scalar": 2.5, "digest": 0.5,
                     "source": "src/model.rs:7" },
            "what": { "scalar": { "then": 2.0, "now": 2.5 } },
        }, "unknown": null } },
        "growth": { "too_few": { "steps": 2 } },
        "lockstep": {
            "operations": 20, "worst": [operation], "first": operation, "guilty": [["exp", 1]],
            "reads": [{ "name": "step.00/image", "number": 20, "difference": null, "largest": 1.0 }],
            "seconds": 0.25, "plain_seconds": 0.125, "plain_difference": 0.0, "stopped": false,
            "struck": 2,
        },
        "conclusion": "wgpu:llvmpipe computes exp wrongly",
    })
}

/// The page of a run with a file beside its record, opened at its one cell.
fn open_run(content: &str) -> (TempDir, Opened) {
    let folder = TempDir::new().expect("a temporary folder");
    run(folder.path());
    let file = folder.path().join("diagnoses/tiny/wgpu-llvmpipe.json");
    fs::create_dir_all(file.parent().expect("it has a folder")).expect("a folder can be made");
    fs::write(file, content).expect("the diagnosis can be written");
    let found = read(&[folder.path().to_path_buf()]);
    assert_eq!(found.missing, Vec::<String>::new());
    let page = Page::new(&found.matrix, &ReportText::of(&found.matrix));
    let page = open(serde_json::to_value(page).expect("a page has only plain values"));
    page.browser.run("openCell(page.cells[0])");
    page.unfold();
    (folder, page)
}

pub fn the_conclusion_comes_first_and_what_it_rests_on_after_it() {
    let page = open(SMALL.data());
    page.browser.run("openCell(page.cells.find((cell) => cell.verdict === 'mismatch'))");
    page.unfold();
    let text = page.browser.run(
        "const heads = [...document.querySelectorAll('dialog h3')]; \
         return heads.find((head) => head.textContent === 'Diagnosis').parentElement.innerText",
    );
    let text = text.as_str().expect("a string");
    assert!(text.starts_with(&format!("Diagnosis\n\n{CONCLUSION}")), "{text}");
    for part in [
        "its argument was 0.001 and is 1e-5",
        "step.03/latents: about 4.1e-5, allowed 8e-6",
        "step.09/latents: not finite",
        "it grows by a factor of about 1.90 a step",
        "scenarios/src/unet/model.rs:97",
        "operation 7",
        "not met",
        "not bounded",
        "12,345 operations compared in 3.25 s, until the first tensor out of tolerance",
        "is 2.4e-7 from the plain run’s",
        "Activations are decomposed",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let table = "const table = document.querySelector('table.operations'); \
        return [table.caption.textContent !== '', \
        [...table.querySelectorAll('th')].every((head) => head.scope), \
        [...table.rows].map((row) => [...row.cells].slice(1, 5).map((cell) => cell.innerText))]";
    let rows = json!([
        ["own", "allowed", "outcome", "accumulated"],
        ["512", "6.0", "✗\nnot met", "1.3e+6"],
        ["1.0", "not bounded", "✓\nmet", "not finite"],
    ]);
    assert_eq!(page.browser.run(table), json!([true, true, rows]));
    page.assert_quiet();
}

pub fn cells_without_a_diagnosis_have_no_section() {
    let page = open(SMALL.data());
    page.browser.run("openCell(page.cells.find((cell) => cell.verdict === 'pass'))");
    assert!(!page.browser.text("dialog").contains("Diagnosis"));
}

pub fn a_file_in_the_folder_of_a_run_is_shown() {
    let (_folder, page) = open_run(&file().to_string());
    let text = page.browser.text("dialog");
    for part in [
        "wgpu:llvmpipe computes exp wrongly",
        "A fault was planted on purpose and struck 2 times",
        "with another outcome: non-finite.",
        "mul_scalar at step.00 (src/model.rs:7): its argument was 2.0 and is 2.5",
        "step.00/image: not finite, allowed 1e-5",
        "too few steps (2) have a difference",
        "step.00/unet",
        "20 operations compared in 0.25 s; the plain run took 0.13 s",
        "is the plain run’s, bit for bit",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    page.assert_quiet();
}

pub fn a_damaged_file_is_a_note_and_the_page_stands() {
    let (_folder, page) = open_run("{ \"version\": 1, ");
    let text = page.browser.text("dialog");
    assert!(
        text.contains("there is a diagnosis, but it is not shown: its file is damaged"),
        "{text}"
    );
    assert!(text.contains("image: too far"), "{text}");
    page.assert_quiet();
}
