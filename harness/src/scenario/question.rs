//! The hash of what a scenario asks: a golden answers exactly one question.
//!
//! Names, descriptions, tolerances, backends and expectations are no part of it: they may change
//! without changing the answer.

use serde_yaml::{Mapping, Number, Value};

use super::file::ScenarioFile;
use crate::hash::sha256_hex;

/// SHA-256 over pipeline, seed, steps, batch size and params, independent of the order and the
/// spelling of keys and numbers.
pub(crate) fn question_sha256(file: &ScenarioFile<Value>) -> String {
    let mut text = format!(
        "pipeline={};seed={};steps={};batch_size={};params=",
        file.pipeline, file.seed, file.steps.0, file.batch_size.0
    );
    write_canonical(&file.params, &mut text);
    sha256_hex(text.as_bytes())
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push('~'),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => write_number(number, text),
        Value::String(string) => text.push_str(&format!("{string:?}")),
        Value::Sequence(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Mapping(mapping) => write_mapping(mapping, text),
        Value::Tagged(tagged) => {
            text.push_str(&tagged.tag.to_string());
            write_canonical(&tagged.value, text);
        }
    }
}

/// 1, 1.0 and 1e0 ask the same.
fn write_number(number: &Number, text: &mut String) {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() != 0.0 => {
            text.push_str(&format!("{float:e}"));
        }
        Some(float) if number.is_f64() => text.push_str(&format!("{float}")),
        _ => text.push_str(&number.to_string()),
    }
}

/// The order of keys asks nothing.
fn write_mapping(mapping: &Mapping, text: &mut String) {
    let canonical = |(key, value)| {
        let mut entry = String::new();
        write_canonical(key, &mut entry);
        entry.push(':');
        write_canonical(value, &mut entry);
        entry
    };
    let mut entries: Vec<String> = mapping.iter().map(canonical).collect();
    entries.sort();
    text.push('{');
    for entry in entries {
        text.push_str(&entry);
        text.push(',');
    }
    text.push('}');
}

#[cfg(test)]
mod tests {
    use super::{ScenarioFile, question_sha256};
    use rstest::rstest;

    fn hash(text: &str) -> String {
        let file: ScenarioFile<serde_yaml::Value> = serde_yaml::from_str(text).unwrap();
        question_sha256(&file)
    }

    const BASE: &str = "{version: 1, pipeline: p, seed: 0, steps: 2, params: {a: 1, b: [x, 0.5]}}";

    #[rstest]
    #[case("{params: {b: [x, 5e-1], a: 1.0}, steps: 2, seed: 0, pipeline: p, version: 1}")]
    #[case(
        "{version: 1, pipeline: p, seed: 0, steps: 2, params: {a: 1, b: [x, 0.5]}, name: n,
             backends: [cpu], batch_size: 1, tags: [nightly]}"
    )]
    fn the_same_question_has_the_same_hash(#[case] text: &str) {
        assert_eq!(hash(text), hash(BASE));
    }

    #[rstest]
    #[case("{version: 1, pipeline: q, seed: 0, steps: 2, params: {a: 1, b: [x, 0.5]}}")]
    #[case("{version: 1, pipeline: p, seed: 1, steps: 2, params: {a: 1, b: [x, 0.5]}}")]
    #[case("{version: 1, pipeline: p, seed: 0, steps: 3, params: {a: 1, b: [x, 0.5]}}")]
    #[case("{version: 1, pipeline: p, seed: 0, steps: 2, params: {a: 1, b: [x, 0.25]}}")]
    #[case("{version: 1, pipeline: p, seed: 0, steps: 2, params: {a: 1, b: [0.5, x]}}")]
    #[case("{version: 1, pipeline: p, seed: 0, steps: 2, params: {a: '1', b: [x, 0.5]}}")]
    #[case(
        "{version: 1, pipeline: p, seed: 0, steps: 2, batch_size: 2, params: {a: 1, b: [x, 0.5]}}"
    )]
    fn another_question_has_another_hash(#[case] text: &str) {
        assert_ne!(hash(text), hash(BASE));
    }
}
