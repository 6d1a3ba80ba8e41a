//! What a run leaves and what is made of it, end to end: the folder, the formats, merged reports and direct comparison.

mod project;

use std::fs;
use std::path::{Path, PathBuf};

use project::{CPU, Copy};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

const TWO: &[&str] = &["ddim/ddim-tiny", "sampler/ddim-full-loop"];

/// Runs the scenarios on some backend, with the record in a folder of the copy.
fn leave(copy: &Copy, record: &str, arguments: &[&str]) -> PathBuf {
    let mut all = vec!["run", "--record", record, "--name", record];
    all.extend(arguments);
    let run = copy.repro(&all);
    assert!(matches!(run.code, Some(0 | 100)), "{}\n{}", run.stdout, run.stderr);
    copy.path().join(record)
}

fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}

#[test]
fn every_run_leaves_a_folder_that_says_everything() {
    let copy = Copy::of(TWO);
    let run = copy.run_on_cpu(&[]);
    run.ends_with(0).says(&["report: ", "report.html"]);
    let runs = fs::read_dir(copy.path().join("runs")).unwrap();
    let runs: Vec<PathBuf> = runs.map(|entry| entry.unwrap().path()).collect();
    let [folder] = &runs[..] else { panic!("{runs:?}") };
    for file in [
        "run.json",
        "report.html",
        "junit.xml",
        "summary.md",
        "outputs/ddim-tiny/flex.safetensors",
        "outputs/ddim-full-loop/ndarray.safetensors",
        "golden/ddim-tiny.snap",
    ] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    let record = json(&folder.join("run.json"));
    let (scenario, cell) = (&record["scenarios"][1], &record["cells"][2]);
    assert_eq!(scenario["name"], "ddim-tiny");
    assert_eq!(cell["outputs"]["image"]["sha256"].as_str().unwrap().len(), 64);
    assert!(cell["steps"].as_array().unwrap().len() > 1, "{}", cell["steps"]);
    // The report of the newest run again.
    copy.repro(&["report"]).ends_with(0).says(&["All 4 cells that ran are green"]);
}

#[test]
fn a_record_goes_where_it_is_told_and_overwrites_nothing_else() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    let folder = leave(&copy, "here", &["--backend", "flex"]);
    assert_eq!(json(&folder.join("run.json"))["run"]["name"], "here");
    leave(&copy, "here", &["--backend", "ndarray"]);
    assert!(!folder.join("outputs/ddim-tiny/flex.safetensors").exists(), "of the older run");
    fs::create_dir(copy.path().join("mine")).unwrap();
    fs::write(copy.path().join("mine/thesis.txt"), "").unwrap();
    copy.repro(&["run", "--record", "mine"])
        .ends_with(2)
        .says(&["holds `thesis.txt`; name another one"]);
}

#[test]
fn events_come_as_lines() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    let run = copy.run_on_cpu(&["--events", "-"]);
    let lines: Vec<Value> =
        run.ends_with(0).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!((events[0], *events.last().unwrap()), ("run_started", "run_finished"));
    assert_eq!(events.iter().filter(|event| **event == "cell_finished").count(), 2);
    assert_eq!(lines[0]["version"], 1);
    assert_eq!(lines.last().unwrap()["exit_code"], 0);
    run.says(&["2 pass"]);
    copy.run_on_cpu(&["--events", "e/v.jsonl"]).ends_with(0);
    assert_eq!(text(&copy.path().join("e/v.jsonl")).lines().count(), lines.len());
}

#[test]
fn a_red_cell_is_an_annotation_a_junit_failure_and_a_row() {
    let mut copy = Copy::of(TWO);
    copy.set("GITHUB_STEP_SUMMARY", copy.path().join("step.md").to_str().unwrap());
    fs::write(copy.path().join("step.md"), "before\n").unwrap();
    copy.change_element("ddim-tiny", "image", 5, 0.75);
    let run = copy.repro(&[
        "run",
        "--backend",
        "flex",
        "--backend",
        "ndarray",
        "--github",
        "--record",
        "r",
    ]);
    let annotation = run.ends_with(100).stdout.lines().find(|line| line.starts_with("::error "));
    let annotation = annotation.unwrap();
    // The line of `tolerance:`.
    let scenario = text(&copy.scenario("ddim-tiny"));
    let line = scenario.lines().position(|line| line.starts_with("tolerance:")).unwrap() + 1;
    assert!(
        annotation.contains(&format!("ddim-tiny.yaml,line={line},title=ddim-tiny on flex")),
        "{annotation}"
    );
    let summary = text(&copy.path().join("step.md"));
    assert!(summary.starts_with("before\n## burn-repro\n\n**2 of 4 cells are red"), "{summary}");
    assert!(summary.contains("`cargo repro run ddim-tiny --exact --backend flex`"), "{summary}");
    let junit = text(&copy.path().join("r/junit.xml"));
    let report = quick_junit::Report::deserialize_from_str(&junit).unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (4, 2, 0));
    let html = text(&copy.path().join("r/report.html"));
    assert!(html.contains("2 of 4 cells are red"), "the headline stands in the page itself");
    // Without GitHub's file there is nothing to append to.
    let plain = Copy::of(&["ddim/ddim-tiny"]);
    plain
        .repro(&["run", "--backend", "flex", "--github"])
        .ends_with(2)
        .says(&["is for workflows of GitHub"]);
}

#[test]
fn values_cannot_become_markup() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)> | `x` @all";
    let scenario = copy.scenario("ddim-tiny");
    copy.replace(&scenario, "DDIM on a tiny UNet, weights and noise from seed 0", hostile);
    copy.replace(&scenario, "diffusers tests/pipelines", "<b>bold</b> tests/pipelines");
    copy.replace(&scenario, "tol: 1.0e-3", "tol: 1.0e-12");
    copy.repro(&["run", "--backend", "flex", "--record", "r"]).ends_with(100);
    let html = text(&copy.path().join("r/report.html"));
    assert!(!html.contains("<script>alert") && !html.contains("<img") && !html.contains("<b>bold"));
    assert_eq!(html.matches("</script>").count(), 2, "the data's and the script's own");
    let summary = text(&copy.path().join("r/summary.md"));
    let parsed: Vec<Event<'_>> = Parser::new_ext(&summary, Options::ENABLE_TABLES).collect();
    let markup = |event: &Event<'_>| {
        matches!(
            event,
            Event::Html(_)
                | Event::InlineHtml(_)
                | Event::Start(Tag::Image { .. } | Tag::Link { .. })
        )
    };
    // A line break between two sentences of ours is all.
    let foreign =
        parsed.iter().filter(|e| markup(e) && !matches!(e, Event::InlineHtml(t) if &**t == "<br>"));
    assert_eq!(foreign.count(), 0, "{summary}");
    assert_eq!(
        parsed.iter().filter(|event| matches!(event, Event::Start(Tag::Table(_)))).count(),
        2
    );
    assert_eq!(
        parsed.iter().filter(|event| matches!(event, Event::Start(Tag::TableRow))).count(),
        2
    );
    assert!(!summary.contains("<b>") && summary.contains("&lt;b&gt;bold"), "{summary}");
    quick_junit::Report::deserialize_from_str(&text(&copy.path().join("r/junit.xml"))).unwrap();
}

#[test]
fn two_runs_are_compared_without_a_golden() {
    let copy = Copy::of(TWO);
    leave(&copy, "a", CPU);
    leave(&copy, "b", CPU);
    copy.repro(&["compare", "a", "b", "--bits"])
        .ends_with(0)
        .says(&["6 outputs with the same bits, 0 within"]);
    leave(&copy, "flex", &["--backend", "flex"]);
    leave(&copy, "ndarray", &["--backend", "ndarray"]);
    // One target on each side: these are meant, whatever they are called.
    let compared = copy.repro(&["compare", "flex", "ndarray"]);
    compared.ends_with(0).says(&["flex / ndarray", "within tolerance", "0 that differ"]);
    copy.repro(&["compare", "flex", "ndarray", "--bits"]).ends_with(100).says(&["differs"]);
    copy.repro(&["compare", "a", "flex"])
        .ends_with(100)
        .says(&["only in A: ddim-full-loop::ndarray"]);
    copy.repro(&["compare", "a", "flex", "--common"]).ends_with(0);
    let json = copy.repro(&["compare", "a", "b", "--json"]).ends_with(0).stdout.clone();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["version"].as_u64(), json["pairs"].as_array().unwrap().len()), (Some(1), 6));
    copy.repro(&["compare", "a", "golden"]).ends_with(2).says(&["holds no outputs"]);
    fs::write(copy.path().join("b/outputs/ddim-tiny/flex.safetensors"), "cut").unwrap();
    copy.repro(&["compare", "a", "b"])
        .ends_with(2)
        .says(&["flex.safetensors", "not a complete safetensors"]);
    // What --save-outputs leaves will do as well.
    copy.run_on_cpu(&["--save-outputs", "saved"]).ends_with(0);
    copy.repro(&["compare", "a", "saved", "--bits"]).ends_with(0);
}

#[test]
fn runs_of_one_name_are_shards_until_a_cell_stands_twice() {
    let copy = Copy::of(TWO);
    let shard = |record: &str, scenario: &str| {
        copy.repro(&[
            "run",
            scenario,
            "--exact",
            "--backend",
            "flex",
            "--backend",
            "ndarray",
            "--name",
            "linux",
            "--record",
            record,
        ])
        .ends_with(0);
    };
    shard("all/one", "ddim-tiny");
    shard("all/two", "ddim-full-loop");
    copy.repro(&["report", "all", "--out", "out", "--expect", "linux"]).ends_with(0);
    let report = json(&copy.path().join("out/report.json"));
    assert_eq!(report["machines"].as_array().unwrap().len(), 1);
    assert_eq!(report["cells"].as_array().unwrap().len(), 4);
    shard("all/again", "ddim-tiny");
    copy.repro(&["report", "all", "--out", "out"]).ends_with(0).says(&["on 2 machines"]);
    // A machine that left nothing is a failure, and the report is written all the same.
    let absent =
        copy.repro(&["report", "all", "--out", "out", "--expect", "linux", "--expect", "cuda"]);
    absent.ends_with(103).says(&["There is no record of cuda"]);
    assert!(text(&copy.path().join("out/report.html")).contains("There is no record of cuda"));
    copy.repro(&["report", "empty", "--out", "none", "--expect", "x"]).ends_with(103);
    assert!(copy.path().join("none/report.html").exists());
}

#[test]
fn what_is_no_record_is_named_and_never_left_out_in_silence() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    copy.repro(&["report"])
        .ends_with(2)
        .says(&["there is no run yet", "`cargo repro run` leaves one"]);
    copy.repro(&["report", "nowhere"]).ends_with(2).says(&["nowhere does not exist"]);
    leave(&copy, "all/good", &["--backend", "flex"]);
    fs::create_dir_all(copy.path().join("all/bad")).unwrap();
    fs::write(copy.path().join("all/bad/run.json"), "{\"version\": 7}").unwrap();
    let run = copy.repro(&["report", "all", "--out", "out"]);
    run.ends_with(103).says(&["A record was left out", "of version 7: expected version 1"]);
    let record = copy.path().join("all/good/run.json");
    let cut = fs::read(&record).unwrap();
    fs::write(&record, &cut[..cut.len() / 2]).unwrap();
    copy.repro(&["report", "all/good"]).ends_with(2).says(&["is not a run record", "EOF"]);
}

/// A picture of something else beside the judged numbers would be worse than none.
#[test]
fn outputs_that_are_not_what_was_judged_are_not_shown() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    let folder = leave(&copy, "r", CPU);
    let html = |out: &str| {
        copy.repro(&["report", "r", "--out", out]).ends_with(0);
        text(&copy.path().join(out).join("report.html"))
    };
    let (judged, missing) = ("does not match the record", "the output is not in the run's folder");
    assert!(!html("whole").contains(judged) && !html("whole").contains(missing));
    let outputs = folder.join("outputs/ddim-tiny");
    fs::copy(outputs.join("flex.safetensors"), outputs.join("ndarray.safetensors")).unwrap();
    assert!(html("swapped").contains(judged));
    fs::remove_file(outputs.join("flex.safetensors")).unwrap();
    assert!(html("gone").contains(missing));
}

#[test]
fn the_history_grows_and_names_what_moved() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    let night = |name: &str| {
        copy.repro(&["run", "--backend", "flex", "--name", "nightly", "--record", name])
            .ends_with(0);
        copy.repro(&["report", name, "--out", "out", "--history", "history.jsonl"])
    };
    for name in ["one", "two", "three"] {
        night(name).ends_with(0);
    }
    let history = copy.path().join("history.jsonl");
    assert_eq!(text(&history).lines().count(), 3);
    // Reporting a night again adds nothing.
    copy.repro(&["report", "three", "--out", "out", "--history", "history.jsonl"]).ends_with(0);
    assert_eq!(text(&history).lines().count(), 3);
    // A golden that is a little elsewhere, inside the tolerance.
    copy.change_golden("ddim-tiny", |_, tensors| {
        tensors.iter_mut().for_each(|named| named.tensor.values[0] += 3.0e-6);
    });
    night("four").ends_with(0).says(&["ddim-tiny on flex of nightly: moved inside its tolerance"]);
    assert!(text(&copy.path().join("out/report.html")).contains("moved inside its tolerance"));
    // Another night without a move says nothing, whatever digits its numbers are written with.
    let still = night("five");
    assert!(!still.ends_with(0).stdout.contains("moved"), "{}", still.stdout);
    fs::write(&history, "rubbish\n").unwrap();
    copy.repro(&["report", "four", "--history", "history.jsonl"]).ends_with(2).says(&["line 1:"]);
    assert_eq!(text(&history), "rubbish\n", "what cannot be read is not overwritten");
}
