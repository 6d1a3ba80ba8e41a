//! The schemas and the parser say the same: what the parser takes the schema takes, and what the schema takes the parser
//! refuses only for reasons that no schema can state. Every scenario is tried with every key left out, misspelt or of
//! another type.

mod project;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use burn_repro::Registry;
use burn_repro_core::record::record_schema;
use burn_repro_core::scenario::{parse, scenario_schema};
use project::Copy;
use serde_json::{Map, Value, json};

/// A compiled schema.
struct Judge {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Judge {
    fn new(schema: Value) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("mem:///schema.json", schema).unwrap();
        let index = compiler.compile("mem:///schema.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn refusal(&self, value: &Value) -> Option<String> {
        self.schemas.validate(value, self.index).err().map(|error| error.to_string())
    }
}

fn registry() -> Registry {
    burn_repro_scenarios::project().registry
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every scenario of the repository.
fn files() -> Vec<PathBuf> {
    let folders = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let files = folders.filter(|path| path.is_dir()).flat_map(|path| fs::read_dir(path).unwrap());
    let mut files: Vec<PathBuf> = files
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "yaml"))
        .collect();
    files.sort();
    assert!(files.len() >= 20, "{files:?}");
    files
}

/// Serde's words for what a schema sees as well. What the parser alone refuses is what values mean together.
const SEEN_BY_BOTH: &[&str] = &[
    "unknown field",
    "unknown variant",
    "missing field",
    "invalid type",
    "invalid length",
    "invalid value",
];

/// What the schema says to `description: 7`.
const SCALAR_FOR_TEXT: &str = "string, but got ";

#[test]
fn the_schema_of_scenarios_is_the_one_in_the_tree_and_every_file_points_at_it() {
    let copy = Copy::empty();
    let printed = copy.repro(&["schema", "scenario"]).ends_with(0).stdout.clone();
    let file = folder().join("scenario.schema.json");
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, printed, "`cargo repro schema scenario > scenarios/scenario.schema.json`");
    for scenario in files() {
        let text = fs::read_to_string(&scenario).unwrap();
        let first = text.lines().next().unwrap();
        let pointed = first.strip_prefix("# yaml-language-server: $schema=").unwrap_or_else(|| {
            panic!("{} does not point editors at the schema: {first}", scenario.display())
        });
        assert!(scenario.parent().unwrap().join(pointed).is_file(), "{}", scenario.display());
    }
}

/// One change of a document at one place.
fn changed(document: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let others = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(7),
        json!(1.5),
        json!("text"),
        json!([]),
        json!([1]),
        json!({}),
        json!({ "nonsense": 1 }),
    ];
    match document {
        Value::Object(map) => {
            for key in map.keys() {
                let mut without: Map<String, Value> = map.clone();
                let value = without.remove(key).unwrap();
                all.push((format!("without {key}"), Value::Object(without.clone())));
                without.insert(format!("{key}x"), value);
                all.push((format!("{key}x"), Value::Object(without)));
            }
            for (key, value) in map {
                for (what, value) in changed(value) {
                    let mut map = map.clone();
                    map.insert(key.clone(), value);
                    all.push((format!("{key}: {what}"), Value::Object(map)));
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate().take(2) {
                for (what, value) in changed(item) {
                    let mut items = items.clone();
                    items[index] = value;
                    all.push((format!("[{index}] {what}"), Value::Array(items)));
                }
            }
        }
        _ => {}
    }
    all.extend(others.into_iter().map(|other| (format!("is {other}"), other)));
    all
}

#[test]
fn the_schema_of_scenarios_and_the_parser_agree() {
    let registry = registry();
    let judge = Judge::new(scenario_schema(&registry).to_value());
    let (mut taken, mut refused, mut beyond) = (0, 0, 0);
    let mut alone = BTreeSet::new();
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        let document: Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(judge.refusal(&document), None, "{}", file.display());
        for (what, changed) in changed(&document) {
            // JSON is YAML.
            let parsed = parse(&file, changed.to_string(), &registry);
            let name = format!("{}: {what}", file.display());
            match (parsed, judge.refusal(&changed)) {
                (Ok(_), None) => taken += 1,
                // serde_yaml takes any word for a text: `7`, `true`, `null`.
                (Ok(_), Some(refusal)) if refusal.contains(SCALAR_FOR_TEXT) => {}
                (Ok(_), Some(refusal)) => panic!("{name}: only the schema refuses it: {refusal}"),
                (Err(_), Some(_)) => refused += 1,
                (Err(error), None) => {
                    let said = error.to_string();
                    // Which times a sampler takes, whole ones or any, depends on its class.
                    let by_class = what.contains("timesteps");
                    if !by_class && SEEN_BY_BOTH.iter().any(|words| said.contains(words)) {
                        alone.insert(said.split_once(": ").map_or("", |(_, said)| said).to_owned());
                    }
                    beyond += 1;
                }
            }
        }
    }
    assert!(alone.is_empty(), "only the parser refuses these: {alone:#?}");
    // The bulk is seen by both; if it is not, the schema says too little.
    assert!(
        refused > 10 * beyond && taken > 100,
        "{taken} taken, {refused} refused, {beyond} beyond"
    );
}

#[test]
fn a_record_keeps_its_schema_whatever_the_verdict() {
    let judge = Judge::new(record_schema().to_value());
    let copy = Copy::of(&["ddim/ddim-tiny", "sampler/ddim-full-loop"]);
    copy.change_element("ddim-tiny", "image", 5, 0.75);
    copy.repro(&[
        "run",
        "--backend",
        "flex",
        "--backend",
        "ndarray",
        "--repeat",
        "1",
        "--json",
        "run.json",
    ])
    .ends_with(100);
    let json = fs::read(copy.path().join("run.json")).unwrap();
    let mut record: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(judge.refusal(&record), None);
    // And it is a schema that can say no.
    record["cells"][0]["verdict"] = json!("fine");
    assert!(judge.refusal(&record).is_some());
    record["cells"][0]["verdict"] = json!("pass");
    record["run"].as_object_mut().unwrap().remove("started");
    assert!(judge.refusal(&record).is_some());
}
