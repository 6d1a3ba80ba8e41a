//! Compares drawn steps, and the state after each, with the file. Not here: drawing them.

use burn_repro_torch::{CpuCapability, Generator};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::draw::{Drawn, draw, file, list, seed_of, text};

/// Little-endian bytes as the hexadecimal number they stand for.
pub fn bits(bytes: &[u8]) -> String {
    hex(bytes.iter().rev())
}

pub fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes).iter())
}

fn hex<'a>(bytes: impl Iterator<Item = &'a u8>) -> String {
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// Differences found so far, in words.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn check(&mut self, what: &str, got: impl Into<Value>, expected: &Value) {
        let got = got.into();
        if got != *expected {
            self.0.push(format!("{what}: got {got}, torch has {expected}"));
        }
    }

    /// Long steps list only their first and last 8 values; the hash covers all.
    fn check_values(&mut self, drawn: &Drawn, step: &Value) {
        let values: Vec<String> = drawn.bytes.chunks(drawn.width).map(bits).collect();
        if step["values"].is_array() {
            self.check("values", values, &step["values"]);
        } else {
            let tail = values.len().saturating_sub(8);
            self.check("values_tail", &values[tail..], &step["values_tail"]);
            self.check("values_head", &values[..8], &step["values_head"]);
        }
        let hash = sha256(&drawn.bytes);
        self.check("values_sha256", hash, &step["values_sha256"]);
    }

    fn check_state(&mut self, generator: &Generator, expected: &Value) {
        let state = generator.get_state();
        let left = i32::from_le_bytes(state[8..12].try_into().expect("4 bytes"));
        let next = u64::from_le_bytes(state[16..24].try_into().expect("8 bytes"));
        let cached = (state[5040] != 0).then(|| bits(&state[5024..5032]));
        self.check("left", left, &expected["left"]);
        self.check("next", next, &expected["next"]);
        self.check("normal_cached", cached, &expected["normal_cached"]);
        self.check("state", sha256(&state), &expected["sha256"]);
    }
}

/// Replays one case; panics at the first step that differs, returns the number of its steps.
#[track_caller]
pub fn replay(case: &Value, capability: CpuCapability) -> usize {
    let id = text(case, "id");
    let mut generator = Generator::manual_seed(seed_of(case)).with_capability(capability);
    assert_eq!(sha256(&generator.get_state()), text(case, "initial_state_sha256"), "{id}: seeding");
    let steps = list(case, "steps");
    for (index, step) in steps.iter().enumerate() {
        let drawn = draw(&mut generator, step);
        let mut found = Differences::default();
        found.check_values(&drawn, step);
        found.check_state(&generator, &step["state"]);
        let (call, dtype) = (text(step, "call"), text(step, "dtype"));
        let place = format!("{id}, step {index}, {call} {dtype} {}", step["args"]);
        assert!(found.0.is_empty(), "{place}:\n{}", found.0.join("\n"));
    }
    steps.len()
}

/// [`replay`] of the case with this name in a section of the file.
#[track_caller]
pub fn replay_named(section: &str, id: &str, capability: CpuCapability) -> usize {
    let file = file();
    let case = list(&file, section).iter().find(|case| case["id"] == id);
    replay(case.unwrap_or_else(|| panic!("no case {id} in {section}")), capability)
}
