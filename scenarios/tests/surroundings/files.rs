//! What a run leaves can be stored anywhere, and what git did not fetch is said.

use std::fs;
use std::path::{Path, PathBuf};

use rstest::rstest;

use crate::project::Copy;
use crate::{TINY, json};

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let inner = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(inner).collect()
}

/// On every target of this machine, an adapter of wgpu among them where there is one.
#[test]
fn what_a_run_leaves_can_be_stored_anywhere() {
    let copy = Copy::of(TINY);
    copy.repro(&["run", "--record", "record", "--save-outputs", "out"]).ends_with(0);
    copy.repro(&["golden", "show", "ddim-tiny", "--out", "pictures"]).ends_with(0);
    let record = json(&copy.path().join("record/run.json"));
    for cell in record["cells"].as_array().unwrap().iter().filter(|c| c["verdict"] == "pass") {
        let stem = cell["target"].as_str().unwrap().replace(':', "-");
        for folder in ["record/outputs", "out"] {
            let file = copy.path().join(format!("{folder}/ddim-tiny/{stem}.safetensors"));
            assert!(file.is_file(), "{}", file.display());
        }
    }
    for folder in ["record", "out", "pictures"] {
        for file in files(&copy.path().join(folder)) {
            let name = file.strip_prefix(copy.path()).unwrap().to_str().unwrap();
            assert!(!name.contains(['<', '>', ':', '"', '\\', '|', '?', '*']), "{name}");
        }
    }
    // Both know the cells by the names of their targets.
    copy.repro(&["compare", "record", "out", "--bits"]).ends_with(0).says(&["0 that differ"]);
}

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\n\
    oid sha256:19a6778039c71d924fa0c9eaca4daebb381d4cebac9381aa59b1593bce7554a8\nsize 25988\n";

/// Any of the three files, as `.gitattributes` may name any of them.
#[rstest]
#[case("ddim-tiny@tensors.snap.safetensors")]
#[case("ddim-tiny@tensors.snap")]
#[case("ddim-tiny.snap")]
fn a_golden_that_git_did_not_fetch_says_so(#[case] file: &str) {
    let mut copy = Copy::of(TINY);
    copy.set("BURN_REPRO_BACKEND", "cpu");
    fs::write(copy.golden(file), POINTER).unwrap();
    let said = [file, "is a Git LFS pointer", "run `git lfs pull`"];
    copy.repro(&["run"]).ends_with(101).says(&["2 missing golden"]).says(&said);
    copy.repro(&["golden", "status"]).ends_with(101).says(&said);
    copy.repro(&["golden", "show", "ddim-tiny", "--backend", "flex"]).ends_with(101).says(&said);
    let accept = copy.repro(&["golden", "accept", "ddim-tiny"]);
    accept.ends_with(101).says(&said);
    assert!(!accept.stdout.contains("asked"), "a target was asked: {}", accept.stdout);
    copy.repro(&["diagnose", "ddim-tiny", "--backend", "flex"]).ends_with(101).says(&said);
    assert_eq!(fs::read_to_string(copy.golden(file)).unwrap(), POINTER);
    assert_eq!(files(&copy.path().join("golden")).len(), 3, "a file was left beside it");
}

#[test]
fn without_a_golden_and_without_a_pending_one_no_target_is_asked() {
    let copy = Copy::of(TINY);
    for file in files(&copy.path().join("golden")) {
        fs::remove_file(file).unwrap();
    }
    let accept = copy.repro(&["golden", "accept", "ddim-tiny"]);
    accept.ends_with(101).says(&["ddim-tiny is not accepted: it has no golden and none waits"]);
    assert!(!accept.stdout.contains("asked"), "a target was asked: {}", accept.stdout);
}

/// A repository of records keeps its tensors in Git LFS, too.
#[test]
fn a_record_that_git_did_not_fetch_says_so() {
    let copy = Copy::of(TINY);
    copy.run_on_cpu(&["--record", "record"]).ends_with(0);
    let put = |file: &str| fs::write(copy.path().join(file), POINTER).unwrap();
    put("record/outputs/ddim-tiny/flex.safetensors");
    put("record/golden/ddim-tiny@tensors.snap.safetensors");
    copy.repro(&["report", "record", "--out", "out"])
        .ends_with(0)
        .says(&["2 files are Git LFS pointers in record", "run `git lfs pull`"]);
    let html = fs::read_to_string(copy.path().join("out/report.html")).unwrap();
    assert!(html.contains("flex.safetensors is a Git LFS pointer"), "no word of it in the page");
    let elsewhere = ["flex.safetensors is a Git LFS pointer", "run `git lfs pull`"];
    copy.repro(&["compare", "record", "record"]).ends_with(2).says(&elsewhere);
    put("history.jsonl");
    copy.repro(&["report", "record", "--out", "out", "--history", "history.jsonl"])
        .ends_with(2)
        .says(&["history.jsonl: it is a Git LFS pointer"]);
    put("record/run.json");
    let record = ["run.json is a Git LFS pointer", "run `git lfs pull`"];
    for command in [&["report", "record"][..], &["compare", "record", "record"]] {
        copy.repro(command).ends_with(2).says(&record);
    }
    copy.repro(&["golden", "accept", "--from", "record"]).ends_with(2).says(&record);
}
