//! What is written into a scenario file is what the harness reads, over random scenarios.
#![expect(clippy::float_cmp, reason = "numbers are read as they are written")]

use std::path::Path;

use burn_repro_core::fixtures::Nothing;
use burn_repro_core::scenario::{BackendSelector, Scenario, parse};
use proptest::prelude::*;
use rstest::rstest;

fn read(text: &str) -> Scenario {
    parse(Path::new("random.yaml"), text.to_owned(), &Nothing).unwrap()
}

/// Every seed that torch takes, and how its 64 bits are read.
fn seed() -> impl Strategy<Value = (String, u64)> {
    prop_oneof![
        any::<i64>().prop_map(|seed| (seed.to_string(), seed as u64)),
        any::<u64>().prop_map(|seed| (seed.to_string(), seed)),
    ]
}

/// What can be read and not be written: a scenario with it could have no golden.
#[rstest]
#[case::tag("{ !x a: 1 }")]
#[case::mapping("{ { a: 1 }: 2 }")]
#[case::tagged_list("{ !x [1]: 2 }")]
#[case::in_a_list("[1, [2, { !x 3: 4 }]]")]
fn a_key_that_cannot_be_written_is_refused(#[case] params: &str) {
    let text = format!("version: 1\npipeline: nothing\nseed: 0\nsteps: 1\nparams: {params}\n");
    let problem = parse(Path::new("tag.yaml"), text, &Nothing).unwrap_err().to_string();
    let wanted = "a key with a tag, or one that is a mapping, cannot be written";
    assert!(problem.starts_with("tag.yaml:5:1: ") && problem.contains(wanted), "{problem}");
}

proptest! {
    #[test]
    fn every_value_is_read_as_it_was_written(
        name in "[A-Za-z0-9_]([A-Za-z0-9._-]{0,78}[A-Za-z0-9_-])?",
        (seed, bits) in seed(),
        steps in 1_usize..=10_000,
        batch_size in 1_usize..=1_024,
        abs in 0.0_f64..1e3,
        rel in 0.0_f64..1.0,
        backend in prop_oneof![
            Just("cpu".to_owned()),
            Just("flex".to_owned()),
            "wgpu:[a-z]{1,9}",
            "cuda:[0-9]",
        ],
    ) {
        let text = format!(
            "version: 1\nname: '{name}'\npipeline: nothing\nseed: {seed}\nsteps: {steps}\n\
             batch_size: {batch_size}\nparams: ~\nbackends: ['{backend}']\n\
             tolerance: {{ pixel: {{ abs: {abs:e}, rel: {rel:e} }} }}\n"
        );
        let scenario = read(&text);
        prop_assert_eq!(&scenario.name, &name);
        prop_assert_eq!(scenario.seed.first().bits(), bits);
        prop_assert_eq!(scenario.seed.to_string(), seed);
        prop_assert_eq!(scenario.steps, steps);
        prop_assert_eq!(scenario.batch_size, batch_size);
        prop_assert_eq!(scenario.tolerance.pixel.abs(), abs);
        prop_assert_eq!(scenario.tolerance.pixel.rel(), rel);
        prop_assert_eq!(&scenario.backends, &[backend.parse::<BackendSelector>().unwrap()]);
        prop_assert_eq!(scenario.backends[0].to_string(), backend);
        prop_assert_eq!(&scenario.parsed.text, &text);
    }

    /// Whatever bytes a file holds: a scenario or an error with a help, never a panic.
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,200}") {
        let read = parse(Path::new("random.yaml"), text, &Nothing);
        prop_assert!(read.is_err());
    }
}
