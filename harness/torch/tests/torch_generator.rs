//! Replays what torch 2.15 itself drew: every section of `data/torch_generator_vectors.json`, bit
//! for bit, values and states.
//!
//! The float32 function tables (`fn_block_float32`) are private to the module and replayed beside
//! it, in `src/torch/cephes.rs`. The float64 normals need glibc's `log1p`, `log`, `sin` and `cos`.
//!
//! Here: which cases there are. Not here: reading the file and drawing a step (`draw`), comparing
//! it (`compare`).

#[path = "torch_generator/compare.rs"]
mod compare;
#[path = "torch_generator/draw.rs"]
mod draw;

use burn_repro_torch::{CpuCapability, Generator};
use rstest::rstest;
use serde_json::Value;

use compare::{bits, replay, replay_named, sha256};
use draw::{Drawn, draw, file, list, seed_of, text};

/// Steps in `cases` and in `cases_default_capability`.
const STEPS: [usize; 2] = [392, 18];

#[rstest]
#[case::seed_0("seed_0", 6)]
#[case::seed_1("seed_1", 6)]
#[case::seed_42("seed_42", 6)]
#[case::seed_123456789("seed_123456789", 6)]
#[case::seed_4294967296("seed_4294967296", 6)]
#[case::seed_4294967297("seed_4294967297", 6)]
#[case::seed_9223372036854775807("seed_9223372036854775807", 6)]
#[case::seed_9223372036854775808("seed_9223372036854775808", 6)]
#[case::seed_18446744073709551615("seed_18446744073709551615", 6)]
#[case::seed_minus_1("seed_-1", 6)]
#[case::seed_minus_42("seed_-42", 6)]
#[case::seed_minus_9223372036854775808("seed_-9223372036854775808", 6)]
#[case::mixed_0("mixed_0", 17)]
#[case::mixed_1("mixed_1", 17)]
#[case::mixed_42("mixed_42", 17)]
#[case::mixed_123456789("mixed_123456789", 17)]
#[case::mixed_4294967296("mixed_4294967296", 17)]
#[case::mixed_9223372036854775807("mixed_9223372036854775807", 17)]
#[case::mixed_minus_1("mixed_-1", 17)]
#[case::dtype_float16_0("dtype_float16_0", 9)]
#[case::dtype_float16_7("dtype_float16_7", 9)]
#[case::dtype_bfloat16_0("dtype_bfloat16_0", 9)]
#[case::dtype_bfloat16_7("dtype_bfloat16_7", 9)]
#[case::dtype_float64_0("dtype_float64_0", 9)]
#[case::dtype_float64_7("dtype_float64_7", 9)]
#[case::boundary_624("boundary_624", 11)]
#[case::large("large", 7)]
#[case::shapes("shapes", 9)]
#[case::non_contiguous("non_contiguous", 5)]
#[case::integers("integers", 29)]
#[case::integers_42("integers_42", 29)]
#[case::randperm_0("randperm_0", 8)]
#[case::randperm_42("randperm_42", 8)]
#[case::uniform_bounds("uniform_bounds", 10)]
#[case::normal_mean_std("normal_mean_std", 18)]
#[case::bernoulli("bernoulli", 5)]
#[case::reseed_clears_cache("reseed_clears_cache", 8)]
fn a_case_has_the_bits_of_torch(#[case] id: &str, #[case] steps: usize) {
    assert_eq!(replay_named("cases", id, CpuCapability::Avx2), steps);
}

#[rstest]
#[case::default_cap_seed_0("default_cap_seed_0", 9)]
#[case::default_cap_seed_42("default_cap_seed_42", 9)]
fn a_case_without_avx2_has_the_bits_of_torch(#[case] id: &str, #[case] steps: usize) {
    assert_eq!(replay_named("cases_default_capability", id, CpuCapability::Default), steps);
}

/// Recorded apart from the file above, on a processor with AVX-512: each draw is a generator's first.
#[test]
fn the_16_bit_types_have_the_bits_of_torch() {
    let file: Value = serde_json::from_str(include_str!("data/half_vectors.json")).expect("JSON");
    let cases = list(&file, "cases");
    for case in cases {
        let mut generator = Generator::manual_seed(case["seed"].as_u64().expect("a seed"));
        let step = serde_json::json!({
            "call": case["call"], "dtype": case["dtype"], "args": { "n": case["n"] }
        });
        let drawn = draw(&mut generator, &step);
        let first: Vec<String> = drawn.bytes.chunks(2).take(8).map(bits).collect();
        assert_eq!(Value::from(first), case["first"], "{case}");
        assert_eq!(sha256(&drawn.bytes), text(case, "sha256"), "{case}");
    }
    assert_eq!(cases.len(), 20);
}

/// A case or a step added to the file is replayed here even if it has no name above.
#[test]
fn no_step_of_the_file_is_skipped() {
    let file = file();
    let sections =
        [("cases", CpuCapability::Avx2), ("cases_default_capability", CpuCapability::Default)];
    let replayed = sections.map(|(section, capability)| {
        list(&file, section).iter().map(|case| replay(case, capability)).sum::<usize>()
    });
    let counted = sections.map(|(section, _)| {
        list(&file, section).iter().map(|case| list(case, "steps").len()).sum::<usize>()
    });
    assert_eq!(replayed, counted);
    assert_eq!(replayed, STEPS, "the file has other steps than this test was written for");
}

/// A section this test does not know would otherwise be data that nobody compares.
#[test]
fn no_section_of_the_file_is_skipped() {
    let file = file();
    let mut sections: Vec<&str> =
        file.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut known = [
        "meta",
        "cases",
        "cases_default_capability",
        "initial_state_words_seed_0",
        "fn_block_float32",
        "unet_init",
        "dataloader_shuffle_seed_0_n_23",
    ];
    sections.sort_unstable();
    known.sort_unstable();
    assert_eq!(sections, known);
}

#[test]
fn seeding_gives_the_words_of_torch() {
    let file = file();
    let state = Generator::manual_seed(0).get_state();
    let words = file["initial_state_words_seed_0"].as_object().expect("an object");
    assert_eq!(words.len(), 8);
    for (index, expected) in words {
        let offset = 24 + 8 * index.parse::<usize>().expect("an index");
        let expected = expected.as_str().expect("hex");
        assert_eq!(bits(&state[offset..offset + 4]), expected, "word {index}");
    }
}

/// The construction of a UNet: uniforms within a bound, tensor after tensor, from one generator.
#[rstest]
#[case::seed_0(0)]
#[case::seed_42(1)]
fn initial_weights_have_the_bits_of_torch(#[case] index: usize) {
    let file = file();
    let model = &file["unet_init"][index];
    let mut generator = Generator::manual_seed(seed_of(model));
    let parameters = list(model, "params");
    for parameter in parameters {
        let bound = u32::from_str_radix(text(parameter, "bound_f32"), 16).expect("hex");
        let bound = f64::from(f32::from_bits(bound));
        let numel = list(parameter, "shape")
            .iter()
            .map(|dim| dim.as_u64().expect("a size"))
            .product::<u64>();
        let drawn =
            Drawn::of(generator.uniform::<f32>(numel as usize, -bound, bound), f32::to_le_bytes);
        assert_eq!(sha256(&drawn.bytes), text(parameter, "values_sha256"), "{}", parameter["name"]);
    }
    assert_eq!(parameters.len(), 102);
    assert_eq!(sha256(&generator.get_state()), text(model, "state_sha256"));
}

/// `DataLoader(shuffle=True)` without a generator: per epoch a base seed, then the sampler's seed.
#[test]
fn a_shuffled_data_loader_visits_items_as_torch_does() {
    let file = file();
    let mut generator = Generator::manual_seed(0);
    let epochs = list(&file, "dataloader_shuffle_seed_0_n_23");
    assert_eq!(epochs.len(), 2);
    for expected in epochs {
        let seeds = generator.random::<i64>(2);
        let order = Generator::manual_seed(seeds[1] as u64).randperm(23);
        assert_eq!(Value::from(order), *expected);
    }
}
