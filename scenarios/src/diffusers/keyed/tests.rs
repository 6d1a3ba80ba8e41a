//! Whose keys have what effect.

use rstest::rstest;
use serde_json::json;

use super::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Pair {
    beta_start: f64,
    clip_sample: bool,
}

impl Default for Pair {
    fn default() -> Self {
        Self { beta_start: 0.25, clip_sample: true }
    }
}

fn person(text: &str) -> serde_json::Result<Keyed<Pair>> {
    serde_json::from_str(text)
}

fn program(text: &str) -> Keyed<Pair> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    std::fs::write(&file, text).unwrap();
    Keyed::read(&file).unwrap()
}

/// Keys of other classes and private ones; what every file has is not worth a word.
const FOREIGN: &str = r#"{"_diffusers_version": "0.42.1", "_name_or_path": "x", "beta_start": 0.5,
    "skip_prk_steps": true, "_commit_hash": null, "sigma_max": {"a": [1]}}"#;

#[test]
fn foreign_keys_are_told_whoever_wrote_them() {
    for keyed in [person(FOREIGN).unwrap(), program(FOREIGN)] {
        assert_eq!(keyed.config, Pair { beta_start: 0.5, clip_sample: true });
        assert_eq!(keyed.written, ["beta_start"]);
        assert_eq!(keyed.ignored, ["_commit_hash", "sigma_max", "skip_prk_steps"]);
    }
}

#[test]
fn keys_that_nobody_knows_are_refused_all_at_once_where_a_person_wrote_them() {
    let text = r#"{"beta_strat": 1, "clip_sampel": 2, "skip_prk_step": 3, "nonsense_key": 4}"#;
    let refusal = person(text).unwrap_err().to_string();
    for told in [
        "unknown field `beta_strat`, did you mean `beta_start`?",
        "unknown field `clip_sampel`, did you mean `clip_sample`?",
        "unknown field `skip_prk_step`, did you mean `skip_prk_steps`?",
        "unknown field `nonsense_key`: expected a key of a diffusers configuration",
    ] {
        assert!(refusal.contains(told), "{refusal}");
    }
    assert_eq!(program(text).ignored.len(), 4);
}

/// The listed values were never chosen: the class's own defaults hold, wherever the list stands.
#[rstest]
#[case::first(r#"{"_use_default_values": ["beta_start", "skip_prk_steps"], "beta_start": 0.5, "clip_sample": false}"#)]
#[case::last(r#"{"beta_start": 0.5, "clip_sample": false, "_use_default_values": ["beta_start"]}"#)]
fn values_that_are_the_defaults_of_another_class_are_left_out(#[case] text: &str) {
    for keyed in [person(text).unwrap(), program(text)] {
        assert_eq!(keyed.config, Pair { beta_start: 0.25, clip_sample: false });
        assert_eq!(keyed.written, ["clip_sample"]);
        assert_eq!(keyed.defaulted, ["beta_start"]);
        assert_eq!(keyed.ignored, ["_use_default_values"]);
    }
}

#[test]
fn what_another_writes_goes_before() {
    let file = program(r#"{"beta_start": 0.5, "clip_sample": false}"#);
    let own = person(r#"{"clip_sample": true}"#).unwrap();
    assert_eq!(file.overridden_by(&own).unwrap(), Pair { beta_start: 0.5, clip_sample: true });
}

#[test]
fn a_wrong_value_is_told_with_its_place() {
    let refusal = person("{\n \"sigma_max\": 1,\n \"beta_start\": \"x\"}").unwrap_err();
    assert_eq!((refusal.line(), refusal.to_string().contains("invalid type")), (3, true));
}

#[test]
fn control_characters_of_a_key_are_escaped() {
    assert_eq!(listed(["a\u{1b}[2J", "b"]), "`a\\u{1b}[2J`, `b`");
    let refusal = person(&json!({ "a\u{1b}b": 1 }).to_string()).unwrap_err().to_string();
    assert!(refusal.contains("`a\\u{1b}b`"), "{refusal}");
}
