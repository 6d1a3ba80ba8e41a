//! What a scenario asks: a golden answers exactly one question.
//!
//! Names, descriptions, tolerances, backends and expectations are no part of it: they may change
//! without changing the answer.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_yaml::{Mapping, Number, Value};

use super::file::ScenarioFile;
use super::seed::Seeds;
use crate::hash::sha256_hex;
use crate::trace::Dtype;

/// Everything that the answer depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The pipeline's name.
    pub pipeline: String,
    /// The seed handed to the pipeline, or one for each sample.
    pub seed: Seeds,
    /// Number of inference steps.
    pub steps: usize,
    /// Number of samples generated at once.
    pub batch_size: usize,
    /// The float type, in which the noise is drawn. Left out where it is `f32`, as goldens have it
    /// that are older than this field.
    #[serde(default = "single", skip_serializing_if = "is_single")]
    pub dtype: Dtype,
    /// The pipeline's parameters as the file writes them.
    pub params: Value,
}

impl Question {
    pub(super) fn new(file: &ScenarioFile<Value>) -> Self {
        Self {
            pipeline: file.pipeline.clone(),
            seed: file.seed.clone(),
            steps: file.steps.0,
            batch_size: file.batch_size(),
            dtype: file.dtype,
            params: file.params.clone(),
        }
    }

    /// With parameters that files add to those that are written.
    pub(super) fn with(mut self, added: Option<serde_json::Value>) -> Self {
        let added = added.and_then(|added| serde_yaml::to_value(added).ok());
        if let Some(added) = added {
            merge(&mut self.params, added);
        }
        self
    }

    /// SHA-256 over all of it, independent of the order and the spelling of keys and numbers.
    #[must_use]
    pub fn sha256(&self) -> String {
        let mut text = format!(
            "pipeline={};seed={};steps={};batch_size={};",
            self.pipeline, self.seed, self.steps, self.batch_size
        );
        if !is_single(&self.dtype) {
            text.push_str(&format!("dtype={};", self.dtype.as_str()));
        }
        text.push_str("params=");
        write_canonical(&self.params, &mut text);
        sha256_hex(text.as_bytes())
    }

    /// The fields that differ from what a golden answers, each with both values.
    #[must_use]
    pub fn differences(&self, golden: &Self) -> Vec<String> {
        let (now, then) = (self.to_value(), golden.to_value());
        let mut differences = Vec::new();
        collect_differences("", Some(&now), Some(&then), &mut differences);
        differences
    }

    fn to_value(&self) -> Value {
        serde_yaml::to_value(self).expect("a question has only plain values")
    }
}

fn single() -> Dtype {
    Dtype::F32
}

fn is_single(dtype: &Dtype) -> bool {
    *dtype == single()
}

/// Adds to a mapping what it does not have, and to the mappings in it.
fn merge(params: &mut Value, added: Value) {
    match (params, added) {
        (Value::Mapping(params), Value::Mapping(added)) => {
            for (key, value) in added {
                merge(params.entry(key).or_insert(Value::Null), value);
            }
        }
        (params @ Value::Null, added) => *params = added,
        _ => {}
    }
}

/// Descends where a side is a mapping and the other one is, too, or has nothing there; anything else
/// that is not the same is a difference.
fn collect_differences(
    path: &str,
    now: Option<&Value>,
    then: Option<&Value>,
    differences: &mut Vec<String>,
) {
    if let (Some(Value::Mapping(_)) | None, Some(Value::Mapping(_)) | None) = (now, then) {
        let entries = |side: Option<&Value>| side.and_then(Value::as_mapping).cloned();
        let [now, then] = [now, then].map(|side| entries(side).unwrap_or_default());
        let keys: BTreeSet<String> = now.keys().chain(then.keys()).map(shown).collect();
        for key in keys {
            let of = |mapping: &Mapping| {
                mapping.iter().find(|(name, _)| shown(name) == key).map(|(_, value)| value.clone())
            };
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            collect_differences(&path, of(&now).as_ref(), of(&then).as_ref(), differences);
        }
        return;
    }
    if now.map(canonical) != then.map(canonical) {
        let [now, then] = [now, then].map(|side| side.map_or("not stated".into(), shown));
        differences.push(format!("{path} is {now}, the golden's {then}"));
    }
}

/// A value as people write it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => canonical(other),
    }
}

fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
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
    use super::{Question, ScenarioFile};
    use rstest::rstest;

    fn question(text: &str) -> Question {
        let file: ScenarioFile<serde_yaml::Value> = serde_yaml::from_str(text).unwrap();
        Question::new(&file)
    }

    fn hash(text: &str) -> String {
        question(text).sha256()
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
    // Each type draws other noise.
    #[case("{version: 1, pipeline: p, seed: 0, steps: 2, dtype: f64, params: {a: 1, b: [x, 0.5]}}")]
    #[case("{version: 1, pipeline: p, seed: [0], steps: 2, params: {a: 1, b: [x, 0.5]}}")]
    fn another_question_has_another_hash(#[case] text: &str) {
        assert_ne!(hash(text), hash(BASE));
    }

    #[test]
    fn a_difference_names_the_field_and_both_values() {
        let other = "{version: 1, pipeline: p, seed: 0, steps: 3,
                      params: {a: {x: 1, y: 0.5}, b: [x, 0.5], d: {e: {f: 0.99}}}}";
        let golden = "{version: 1, pipeline: p, seed: 0, steps: 2,
                       params: {a: {x: 1.0}, b: [x, 0.5], c: no}}";
        let differences = question(other).differences(&question(golden));
        assert_eq!(
            differences,
            [
                "params.a.y is 0.5, the golden's not stated",
                "params.c is not stated, the golden's no",
                "params.d.e.f is 0.99, the golden's not stated",
                "steps is 3, the golden's 2",
            ]
        );
        assert!(question(BASE).differences(&question(BASE)).is_empty());
    }

    #[test]
    fn what_files_add_is_asked_too_and_hides_nothing_that_is_written() {
        let added = serde_json::json!({"a": 9, "scheduler": {"beta_end": 0.5}});
        let asked = question(BASE).with(Some(added));
        assert_ne!(asked.sha256(), hash(BASE));
        let told = "params.scheduler.beta_end is 0.5, the golden's not stated";
        assert_eq!(asked.differences(&question(BASE)), [told]);
        assert_eq!(question(BASE).with(None), question(BASE));
    }

    /// As goldens have it that are older than the field.
    #[test]
    fn single_precision_is_not_written() {
        let text = "{version: 1, pipeline: p, seed: 0, steps: 2, dtype: f32, params: ~}";
        insta::assert_snapshot!(serde_yaml::to_string(&question(text)).unwrap(), @r"
        pipeline: p
        seed: 0
        steps: 2
        batch_size: 1
        params: null
        ");
    }

    #[rstest]
    #[case("{version: 1, pipeline: p, seed: -9223372036854775808, steps: 2, params: ~}")]
    #[case("{version: 1, pipeline: p, seed: [18446744073709551615, -1, 0], steps: 2, params: ~}")]
    #[case("{version: 1, pipeline: p, seed: 0, steps: 2, dtype: bf16, params: ~}")]
    fn a_question_survives_the_golden_it_is_written_to(#[case] text: &str) {
        let yaml = serde_yaml::to_string(&question(text)).unwrap();
        assert_eq!(serde_yaml::from_str::<Question>(&yaml).unwrap(), question(text));
    }
}
