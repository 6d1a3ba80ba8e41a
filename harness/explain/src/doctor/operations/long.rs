//! Long reductions. A driver that ends loops early gives no error, and is right about everything short.
//!
//! Inputs are such that every partial result is a whole number below 2^24, or a power of two, so that no order of
//! addition may be off by anything.

use burn::nn::{GroupNormConfig, LayerNormConfig};
use burn::tensor::Tensor;
use burn::tensor::activation::softmax;
use burn_repro_device::Device;

use crate::doctor::expected::Expected;
use crate::doctor::grade::Rule;
use crate::doctor::oracle::normalised;
use crate::doctor::probe::{Probe, Reading, read, read_some, tensor};

/// Numbers that are reduced to one: a group norm over 32 channels of 128 by 128 has as many.
const LONG: usize = 1 << 19;

/// Numbers of a column: a driver's loops may be shorter where it cannot take four at once.
const HIGH: usize = 1 << 17;

/// Of a result as long as the input so many-th are looked at.
const EVERY: usize = 1024;

const EPSILON: f64 = 1e-5;

pub(super) fn probes() -> Vec<Probe> {
    let mut probes = sums();
    probes.extend(largest_at_the_end());
    probes.extend(norms());
    probes
}

fn ones(device: &Device, shape: [usize; 2]) -> Tensor<2> {
    Tensor::ones(shape, device)
}

type Ask = fn(&Device) -> Result<Reading, String>;

#[expect(clippy::disallowed_methods, reason = "whether a sum is right is what is asked")]
fn sums() -> Vec<Probe> {
    let row = format!("a row of {LONG} ones");
    let column = format!("2 columns of {HIGH} ones");
    let product = format!("a row by a column of {LONG} ones");
    let long = LONG as f64;
    let sums: [(&'static str, &str, Rule, Ask, Vec<f64>); 6] = [
        (
            "sum_dim, long",
            &row,
            Rule::Exact,
            |on| read(on, ones(on, [1, LONG]).sum_dim(1)),
            vec![long],
        ),
        (
            "sum_dim, long",
            &column,
            Rule::Exact,
            |on| read(on, ones(on, [HIGH, 2]).sum_dim(0)),
            vec![HIGH as f64; 2],
        ),
        ("sum, long", &row, Rule::Exact, |on| read(on, ones(on, [1, LONG]).sum()), vec![long]),
        (
            "mean_dim, long",
            &row,
            Rule::Function,
            |on| read(on, ones(on, [1, LONG]).mean_dim(1)),
            vec![1.0],
        ),
        ("matmul, long", &product, Rule::Exact, row_by_column, vec![long]),
        ("softmax, long", &row, Rule::Function, even_softmax, vec![1.0 / long; LONG / EVERY]),
    ];
    sums.map(|(name, text, rule, ask, answers)| {
        let answers = move || answers.iter().copied().map(Expected::of).collect();
        Probe::of(name, text, rule, ask, answers)
    })
    .into()
}

fn row_by_column(device: &Device) -> Result<Reading, String> {
    read(device, ones(device, [1, LONG]).matmul(ones(device, [LONG, 1])))
}

fn even_softmax(device: &Device) -> Result<Reading, String> {
    read_some(device, softmax(ones(device, [1, LONG]), 1), EVERY)
}

/// Zeros, and a one in the last place.
fn last_one(device: &Device) -> Tensor<2> {
    let mut x = vec![0.0; LONG];
    x[LONG - 1] = 1.0;
    tensor(device, &x, [1, LONG])
}

fn largest_at_the_end() -> [Probe; 2] {
    let last = (LONG - 1) as f64;
    let choices: [(&'static str, Ask, f64); 2] = [
        ("max_dim, long", |on| read(on, last_one(on).max_dim(1)), 1.0),
        ("argmax, long", |on| read(on, last_one(on).argmax(1)), last),
    ];
    choices.map(|(name, ask, answer)| {
        let text = format!("{LONG} numbers, the largest the last");
        Probe::of(name, text, Rule::Exact, ask, move || vec![Expected::of(answer)])
    })
}

/// One and minus one by turns: mean 0, variance 1.
fn by_turns() -> Vec<f32> {
    (0..LONG).map(|index| if index % 2 == 0 { 1.0 } else { -1.0 }).collect()
}

fn norms() -> [Probe; 2] {
    let text = format!("{LONG} numbers, 1 and -1 by turns");
    let answers = || {
        let known = normalised(&by_turns(), EPSILON, &[[1.0, 0.0]].repeat(LONG));
        known.into_iter().step_by(EVERY).collect()
    };
    let group = |on: &Device| {
        let norm = GroupNormConfig::new(1, 2).with_epsilon(EPSILON).init(on);
        let x = tensor(on, &by_turns(), [1, 2, LONG / 2]);
        read_some(on, norm.forward(x), EVERY)
    };
    let layer = |on: &Device| {
        let norm = LayerNormConfig::new(LONG).with_epsilon(EPSILON).init(on);
        read_some(on, norm.forward(tensor(on, &by_turns(), [1, LONG])), EVERY)
    };
    [
        Probe::of("group norm, long", text.clone(), Rule::Function, group, answers),
        Probe::of("layer norm, long", text, Rule::Function, layer, answers),
    ]
}
