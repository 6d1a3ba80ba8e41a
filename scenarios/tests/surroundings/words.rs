//! Words from outside, wherever they go.

use std::fs;

use serde_json::Value;

use crate::project::Copy;
use crate::{TINY, json};

/// Words with a bell, a colour, an erased screen, a title, eight-bit and direction controls, what is no character of XML,
/// markup, and the marks of Markdown and of GitHub's commands.
const WORDS: &str = "\\a \\e[31mred\\e[0m \\e[2J \\e]0;title\\a \\x9b2J \\x7f \\b\\r \\u202e\\u2066\\u200b \\uFFFE ]]> & <b> | `x` @all %0A ::error::";

/// Whether a letter moves, colours or turns what stands around it.
fn acts(letter: char) -> bool {
    let turns = matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (letter.is_control() && !matches!(letter, '\n' | '\t'))
}

/// As f30: in a description, in how to get a model, in the reason of a known failure and in the source of a number.
fn noisy() -> Copy {
    let copy = Copy::of(TINY);
    let file = copy.scenario("ddim-tiny");
    copy.replace(
        &file,
        "\"DDIM on a tiny UNet, weights and noise from seed 0\"",
        &format!("\"{WORDS}\""),
    );
    copy.replace(&file, "seed: 0", &format!(
        "known_failures: [{{ backend: flex, cause: mismatch, reason: \"known {WORDS}\", issue: here }}]\nseed: 0"
    ));
    copy.replace(&file, "- source: \"diffusers", &format!("- source: \"{WORDS} diffusers"));
    copy.replace(&file, "tol: 1.0e-3", "tol: 1.0e-12");
    copy.change_element("ddim-tiny", "image", 5, 0.75);
    let absent = format!(
        "version: 1\npipeline: ddim\nseed: 0\nsteps: 2\nbackends: [cpu]\nparams:\n  unet: {{ path: models/absent, \
         how_to_get: \"{WORDS}\" }}\n"
    );
    fs::write(copy.scenario("absent"), absent).unwrap();
    copy
}

#[test]
fn words_from_outside_are_safe_wherever_they_go() {
    let mut copy = noisy();
    copy.set("GITHUB_STEP_SUMMARY", copy.path().join("step.md"));
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
    run.ends_with(100).says(&["\\u{1b}[31mred", "known failure", "models/absent is not here"]);
    let commands = run.stdout.lines().filter(|line| line.trim_start().starts_with("::"));
    assert!(
        commands
            .clone()
            .all(|line| line.starts_with("::error file=") || line.starts_with("::notice file="))
    );
    assert_eq!(commands.count(), 2, "{}", run.stdout);
    let said = [run.stdout.clone(), run.stderr.clone()].concat();
    let mut texts = vec![("terminal", said)];
    for arguments in [&["list"][..], &["golden", "status"], &["report", "r", "--out", "out"]] {
        let run = copy.repro(arguments);
        texts.push(("terminal", [run.stdout, run.stderr].concat()));
    }
    for file in ["step.md", "r/summary.md", "r/report.html", "out/summary.md", "out/report.html"] {
        texts.push((file, fs::read_to_string(copy.path().join(file)).unwrap()));
    }
    for (place, text) in &texts {
        let found = text.chars().find(|letter| acts(*letter) || *letter == '\u{fffe}');
        assert_eq!(found, None, "in {place}:\n{text}");
    }
    let junit = fs::read_to_string(copy.path().join("r/junit.xml")).unwrap();
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(junit.chars().all(allowed), "{junit}");
    let report = quick_junit::Report::deserialize_from_str(&junit).unwrap();
    assert!(junit.contains("\\u{1b}[31mred") && report.tests == 4, "{junit}");
}

/// What programs read has the words as they were written.
#[test]
fn json_keeps_the_words() {
    let copy = noisy();
    copy.run_on_cpu(&["--json", "run.json"]).ends_with(100);
    let listed = copy.repro(&["list", "--json"]);
    let listed: Value = serde_json::from_str(&listed.ends_with(0).stdout).unwrap();
    let record = json(&copy.path().join("run.json"));
    let descriptions =
        [&listed["scenarios"][1]["description"], &record["scenarios"][1]["description"]];
    for description in descriptions {
        let description = description.as_str().unwrap();
        assert!(description.starts_with("\u{7} \u{1b}[31mred\u{1b}[0m"), "{description:?}");
        assert!(description.contains("\u{9b}2J") && description.contains('\u{fffe}'));
    }
}
