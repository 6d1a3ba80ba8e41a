//! Whose keys have what effect.

use rstest::rstest;
use serde_json::json;

use super::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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

impl Keys for Pair {}

/// No keys of its own: those of [`Pair`] stand beside it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Nothing {}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Class {
    class: String,
}

type Beside = Keyed<Nothing, Pair>;

impl Beside {
    fn pair(&self) -> Pair {
        over(&Pair::default(), &self.written).unwrap()
    }

    fn keys(&self) -> Vec<&str> {
        self.written.keys().map(String::as_str).collect()
    }
}

fn person<K: DeserializeOwned>(text: &str) -> serde_json::Result<K> {
    serde_json::from_str(text)
}

fn program<T: DeserializeOwned + Serialize + Default, P: Parts>(text: &str) -> Keyed<T, P> {
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
    let ignored = ["_commit_hash", "sigma_max", "skip_prk_steps"];
    for keyed in [person::<Beside>(FOREIGN).unwrap(), program(FOREIGN)] {
        assert_eq!(keyed.pair(), Pair { beta_start: 0.5, clip_sample: true });
        assert_eq!(keyed.keys(), ["beta_start"]);
        assert_eq!(keyed.ignored, ignored);
    }
    for keyed in [person::<Keyed<Pair>>(FOREIGN).unwrap(), program(FOREIGN)] {
        assert_eq!(keyed.config, Pair { beta_start: 0.5, clip_sample: true });
        assert_eq!(keyed.ignored, ignored);
    }
}

#[test]
fn keys_that_nobody_knows_are_refused_all_at_once_where_a_person_wrote_them() {
    let text = r#"{"beta_strat": 1, "clip_sampel": 2, "skip_prk_step": 3, "nonsense_key": 4}"#;
    let refusal = person::<Keyed<Pair>>(text).unwrap_err().to_string();
    assert_eq!(person::<Beside>(text).unwrap_err().to_string(), refusal);
    for told in [
        "unknown field `beta_strat`, did you mean `beta_start`?",
        "unknown field `clip_sampel`, did you mean `clip_sample`?",
        "unknown field `skip_prk_step`, did you mean `skip_prk_steps`?",
        "unknown field `nonsense_key`: expected a key of a diffusers configuration",
    ] {
        assert!(refusal.contains(told), "{refusal}");
    }
    assert_eq!(program::<Pair, ()>(text).ignored.len(), 4);
}

/// The listed values were never chosen: the class's own defaults hold, wherever the list stands.
#[rstest]
#[case::first(r#"{"_use_default_values": ["beta_start", "skip_prk_steps"], "beta_start": 0.5, "clip_sample": false}"#)]
#[case::last(r#"{"beta_start": 0.5, "clip_sample": false, "_use_default_values": ["beta_start"]}"#)]
fn values_that_are_the_defaults_of_another_class_are_left_out(#[case] text: &str) {
    for keyed in [person::<Beside>(text).unwrap(), program(text)] {
        assert_eq!(keyed.pair(), Pair { beta_start: 0.25, clip_sample: false });
        assert_eq!(keyed.keys(), ["clip_sample"]);
        assert_eq!(keyed.defaulted, ["beta_start"]);
        assert_eq!(keyed.ignored, ["_use_default_values"]);
    }
    for keyed in [person::<Keyed<Pair>>(text).unwrap(), program(text)] {
        assert_eq!(keyed.config, Pair { beta_start: 0.25, clip_sample: false });
        assert_eq!(keyed.ignored, ["_use_default_values"]);
    }
}

/// Whoever's key it is.
#[rstest]
#[case::own(|text: &str| person::<Keyed<Pair>>(text).map(drop))]
#[case::beside(|text: &str| person::<Beside>(text).map(drop))]
#[case::joined(|text: &str| person::<Joined<Nothing, Pair>>(text).map(drop))]
fn a_wrong_value_is_told_with_its_place(#[case] parse: fn(&str) -> serde_json::Result<()>) {
    let refusal = parse("{\n \"beta_start\":\n\"x\"\n\n}").unwrap_err();
    assert_eq!((refusal.line(), refusal.to_string().contains("invalid type")), (3, true));
    let refusal = parse("{\n \"beta_start\": 1,\n \"beta_start\": 1}").unwrap_err().to_string();
    assert!(refusal.contains("duplicate field `beta_start`"), "{refusal}");
}

#[test]
fn a_key_that_is_neither_s_is_refused_where_it_stands() {
    let joined: Joined<Nothing, Pair> = person("{\"clip_sample\": false}").unwrap();
    assert_eq!(joined.part::<Pair>().unwrap(), Pair { beta_start: 0.25, clip_sample: false });
    let refusal = person::<Joined<Class, Pair>>("{\n\"sigma_max\": 1\n\n}").unwrap_err();
    let told = "unknown field `sigma_max`, expected one of `class`, `beta_start`, `clip_sample`";
    assert_eq!((refusal.line(), refusal.to_string().contains(told)), (2, true), "{refusal}");
}

/// YAML has numbers that JSON has not.
#[test]
fn a_number_that_is_not_finite_is_refused() {
    for text in ["{ beta_start: .nan }", "{ beta_start: -.inf }"] {
        let refusal = serde_yaml::from_str::<Beside>(text).unwrap_err().to_string();
        assert!(refusal.contains("`beta_start` has to be a finite number"), "{refusal}");
    }
}

#[test]
fn control_characters_of_a_key_are_escaped() {
    assert_eq!(listed(["a\u{1b}[2J", "b"]), "`a\\u{1b}[2J`, `b`");
    let refusal =
        person::<Keyed<Pair>>(&json!({ "a\u{1b}b": 1 }).to_string()).unwrap_err().to_string();
    assert!(refusal.contains("`a\\u{1b}b`"), "{refusal}");
}
