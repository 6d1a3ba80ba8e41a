//! Any text as the text half of a golden. What is read and written again reads the same; a text whose seal alone is wrong
//! is sealed first, so that more than the seal is tried.
#![no_main]

use burn_repro_core::golden::{GoldenText, TextError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let golden = match GoldenText::parse(text) {
        Ok(golden) => golden,
        Err(TextError::Seal) => {
            serde_yaml::from_str::<GoldenText>(text).expect("only its seal is wrong").sealed()
        }
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let written = golden.to_yaml();
    let read = GoldenText::parse(&written).expect("what was written is read");
    assert_eq!(read.to_yaml(), written);
    assert_eq!(read.question.sha256(), golden.question.sha256());
});
