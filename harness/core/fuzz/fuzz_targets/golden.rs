//! Any two halves of a golden, the text and, behind a zero byte, the elements. The text gets the hash of the elements and
//! a seal, so that more than these is tried. What a store reads can be asked for everything that it keeps, and is read the
//! same when it is written again.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use burn_repro_core::golden::{Golden, GoldenText, Store};
use burn_repro_core::hash::sha256_hex;
use libfuzzer_sys::fuzz_target;

const SCENARIO: &str = "fuzz";

/// In the folder for temporary files, which `ci/fuzz.sh` makes and removes.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("burn-repro-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for goldens");
    folder
});

fuzz_target!(|data: &[u8]| {
    let Some(end) = data.iter().position(|byte| *byte == 0) else { return };
    let (text, tensors) = (&data[..end], &data[end + 1..]);
    let Ok(text) = str::from_utf8(text) else { return };
    let Ok(mut text) = serde_yaml::from_str::<GoldenText>(text) else { return };
    if serde_yaml::to_string(&text).is_err() {
        // Its parser refuses it, which the target `golden_text` looks at.
        return;
    }
    text.scenario = SCENARIO.to_owned();
    text.tensors_sha256 = sha256_hex(tensors);
    let text = text.sealed().to_yaml();
    let Some(golden) = stored(&text, tensors) else { return };
    for summary in golden.text.outputs.iter().chain(&golden.text.records) {
        let _ = golden.content(summary);
    }
    let _ = golden.steps();
    let again = stored(&golden.text.to_yaml(), &golden.bytes).expect("what was written is read");
    assert_eq!(again.text.to_yaml(), text);
    assert_eq!(again.bytes, tensors);
});

/// Writes a golden and reads it again; nothing where it is refused.
fn stored(text: &str, tensors: &[u8]) -> Option<Golden> {
    let store = Store::new(&*FOLDER);
    store.files_of(SCENARIO).write("", text, tensors).expect("a golden is written");
    store.load(SCENARIO).map_err(|error| assert!(!error.to_string().is_empty())).ok()
}
