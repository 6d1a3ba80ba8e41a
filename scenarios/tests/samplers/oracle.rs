//! Reads `data/scheduler_vectors.json`.

use std::sync::LazyLock;

use burn_repro_scenarios::sampler::ddim::{Ddim, DdimArguments};
use burn_repro_scenarios::sampler::ddpm::{Ddpm, DdpmArguments};
use burn_repro_scenarios::sampler::{Config, Sampler, Scheduler};
use burn_repro_scenarios::schedule::Schedule;
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

/// The config of a case as a sampler reads it; `None` where it does not parse.
pub fn config<S: Sampler>(case: &Value) -> Option<Config<S>> {
    let scheduler: Scheduler<Config<S>> = serde_json::from_value(case["config"].clone()).ok()?;
    Some(scheduler.config)
}

/// The sampler of a case with a DDIM config; `None` where the config is refused.
pub fn ddim(case: &Value) -> Option<Ddim> {
    let from = |key| case.get(key).or_else(|| case["step_args"].get(key));
    let eta = from("eta").and_then(Value::as_f64).unwrap_or(0.0);
    let use_clipped_model_output = from("use_clipped_model_output").is_some_and(|it| it == true);
    Ddim::new(&config(case)?, &DdimArguments { eta, use_clipped_model_output }).ok()
}

/// The sampler of a case with a DDPM config and the timesteps that it may list; `None` where they are refused.
pub fn ddpm(case: &Value, timesteps: Option<Vec<usize>>) -> Option<Ddpm> {
    Ddpm::new(&config(case)?, &DdpmArguments { timesteps }).ok()
}

/// The noise schedule of a case; `None` where its config is refused.
pub fn schedule(case: &Value) -> Option<Schedule> {
    if is_ddim(case) {
        ddim(case).map(|sampler| sampler.schedule)
    } else {
        ddpm(case, None).map(|sampler| sampler.schedule)
    }
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

#[expect(clippy::float_cmp, reason = "infinities that are equal have no difference")]
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
