//! Reads `data/scheduler_vectors.json`.

use std::sync::LazyLock;

use burn_repro_scenarios::sampler::{DdimConfig, DdpmConfig, SchedulerConfig};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub static VECTORS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/scheduler_vectors.json")).expect("the oracle file")
});

/// The cases under `key`, or under `key.cases`.
pub fn cases(key: &str) -> &'static [Value] {
    let section = &VECTORS[key];
    let cases = section.as_array().or_else(|| section["cases"].as_array());
    cases.unwrap_or_else(|| panic!("the oracle has no {key}"))
}

/// The `f32`s of a string of 8 hexadecimal digits each.
pub fn floats(value: &Value) -> Vec<f32> {
    let digits = value.as_str().expect("a string of bits");
    let float = |start: usize| u32::from_str_radix(&digits[start..start + 8], 16);
    (0..digits.len()).step_by(8).map(|at| f32::from_bits(float(at).expect("hex"))).collect()
}

pub fn input(name: &str) -> Vec<f32> {
    floats(&VECTORS["inputs"][name])
}

pub fn integer(value: &Value) -> usize {
    value.as_u64().and_then(|value| value.try_into().ok()).expect("an integer from 0 up")
}

pub fn integers(value: &Value) -> Vec<usize> {
    value.as_array().expect("a list").iter().map(integer).collect()
}

pub fn is_ddim(case: &Value) -> bool {
    case["scheduler"] == "DDIM"
}

/// The case's config with the class that the case names.
pub fn config(case: &Value) -> Result<SchedulerConfig, serde_json::Error> {
    let mut keys = case["config"].clone();
    let class = if is_ddim(case) { "DDIMScheduler" } else { "DDPMScheduler" };
    keys["_class_name"] = class.into();
    serde_json::from_value(keys)
}

pub fn ddim_config(case: &Value) -> DdimConfig {
    serde_json::from_value(case["config"].clone()).expect("a DDIM config")
}

pub fn ddpm_config(case: &Value) -> DdpmConfig {
    serde_json::from_value(case["config"].clone()).expect("a DDPM config")
}

pub fn sha256(bytes: impl IntoIterator<Item = u8>) -> String {
    let digest = Sha256::digest(bytes.into_iter().collect::<Vec<u8>>());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn sha256_of_floats(values: &[f32]) -> String {
    sha256(values.iter().flat_map(|value| value.to_le_bytes()))
}

/// How far two lists are apart.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Distance {
    /// The largest absolute difference, divided by the expected value where that is above 1.
    pub largest: f64,
    /// Places where one is NaN and the other is not.
    pub nan_mismatches: usize,
}

pub fn distance(got: &[f32], want: &[f32]) -> Distance {
    assert_eq!(got.len(), want.len());
    let mut distance = Distance::default();
    for (&got, &want) in got.iter().zip(want) {
        if got.is_nan() || want.is_nan() {
            distance.nan_mismatches += usize::from(got.is_nan() != want.is_nan());
        } else if got != want {
            let scale = f64::from(want).abs().max(1.0);
            let apart = (f64::from(got) - f64::from(want)).abs() / scale;
            distance.largest = distance.largest.max(apart);
        }
    }
    distance
}
