//! Any text as a scenario file: a scenario, or an error with words. A golden that is made for the scenario can be read,
//! and answers it.
#![no_main]

use std::path::Path;

use burn_repro_core::clock::today;
use burn_repro_core::fixtures::Nothing;
use burn_repro_core::golden::{GoldenText, Recorded};
use burn_repro_core::scenario::parse;
use burn_repro_core::trace::Trace;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let scenario = match parse(Path::new("fuzz.yaml"), text.to_owned(), &Nothing) {
        Ok(scenario) => scenario,
        Err(problem) => return assert!(problem.to_string().starts_with("fuzz.yaml")),
    };
    let golden =
        GoldenText::new(&scenario, &Trace::default(), [Vec::new(), Vec::new()], &[], recorded());
    let read = GoldenText::parse(&golden.to_yaml()).expect("what was written is read");
    assert_eq!(read.question.sha256(), scenario.question.sha256());
    assert_eq!(scenario.question.differences(&read.question), [""; 0]);
});

fn recorded() -> Recorded {
    let [target, platform, burn, rustc] = Default::default();
    let (commit, because) = (None, None);
    let burn_features = Vec::new();
    Recorded { date: today(), commit, target, platform, burn, burn_features, rustc, because }
}
