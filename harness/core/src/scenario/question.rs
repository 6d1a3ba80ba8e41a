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

/// Entries of a list that a difference shows; of a longer one it names the first entry that differs.
const SHOWN_ENTRIES: usize = 8;

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
            params: file.params.0.clone().unwrap_or(Value::Null),
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

    /// Why no golden can hold it, if none can.
    pub(super) fn unwritable(&self) -> Option<&'static str> {
        serde_yaml::to_string(self).err()?;
        Some(
            "a key with a tag, or one that is a mapping, cannot be written into a golden: use plain text as key",
        )
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
    if let (Some(Value::Sequence(now)), Some(Value::Sequence(then))) = (now, then)
        && now.len() == then.len()
        && now.len() > SHOWN_ENTRIES
    {
        return collect_entries(path, now, then, differences);
    }
    if now.map(canonical) != then.map(canonical) {
        let [now, then] = [now, then].map(|side| side.map_or("not stated".into(), shown));
        differences.push(format!("{path} is {now}, the golden's {then}"));
    }
}

/// The first difference of two long lists, and how many there are beside it.
fn collect_entries(path: &str, now: &[Value], then: &[Value], differences: &mut Vec<String>) {
    let mut differing = now
        .iter()
        .zip(then)
        .enumerate()
        .filter(|(_, (now, then))| canonical(now) != canonical(then));
    if let Some((index, (now, then))) = differing.next() {
        let path = &format!("{path}[{index}]");
        collect_differences(path, Some(now), Some(then), differences);
    }
    let further = differing.count();
    if further > 0 {
        differences.push(format!("{path} differs in {further} further entries"));
    }
}

/// A value as people write it; of a long list, only how long it is.
fn shown(value: &Value) -> String {
    match value {
        Value::Sequence(entries) if entries.len() > SHOWN_ENTRIES => {
            format!("a list of {} entries", entries.len())
        }
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
mod tests;
