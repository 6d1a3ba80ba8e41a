//! Group norm and layer norm, with scales and biases; also of numbers whose mean is far from zero.

use burn::module::Param;
use burn::nn::{GroupNormConfig, LayerNormConfig};
use burn_repro_device::Device;

use crate::doctor::grade::Rule;
use crate::doctor::inputs::uniform;
use crate::doctor::oracle::normalised;
use crate::doctor::probe::{Probe, Reading, line, read, tensor};

/// Diffusers' own.
const EPSILON: f64 = 1e-5;

const BATCH: usize = 2;
const GROUPS: usize = 4;
const CHANNELS: usize = 8;
const PIXELS: usize = 30;

const ROWS: usize = 16;
const WIDTH: usize = 96;

/// A mean, and how it is said.
const MEANS: [(f32, &str); 3] = [
    (0.0, "mean 0"),
    (1000.0, "mean 1000 and variance 1"),
    // The difference of two sums of squares would have no right bit left (burn #5607).
    (10_000.0, "mean 10000 and variance 1"),
];

pub(super) fn probes() -> Vec<Probe> {
    let groups = MEANS.map(|(mean, text)| group(mean, text));
    let layers = MEANS.map(|(mean, text)| layer(mean, text));
    groups.into_iter().chain(layers).collect()
}

/// Numbers of variance 1 about a mean.
fn about(mean: f32, stream: u64, count: usize) -> Vec<f32> {
    let half = 3.0_f32.sqrt();
    uniform(stream, count, mean - half, mean + half)
}

fn scales(channels: usize) -> (Vec<f32>, Vec<f32>) {
    (uniform(6100, channels, 0.5, 2.0), uniform(6101, channels, -1.0, 1.0))
}

fn group(mean: f32, text: &str) -> Probe {
    let x = about(mean, 6000, BATCH * CHANNELS * PIXELS);
    let asked = x.clone();
    let ask = move |on: &Device| group_norm(on, &asked);
    let answers = move || {
        let (gamma, beta) = scales(CHANNELS);
        let per_group = CHANNELS / GROUPS;
        let line = |(index, line): (usize, &[f32])| {
            let channel = |place: usize| index % GROUPS * per_group + place / PIXELS;
            let scale: Vec<[f32; 2]> =
                (0..line.len()).map(|at| [gamma[channel(at)], beta[channel(at)]]).collect();
            normalised(line, EPSILON, &scale)
        };
        x.chunks(per_group * PIXELS).enumerate().flat_map(line).collect()
    };
    let terms = CHANNELS / GROUPS * PIXELS;
    let text = format!("{CHANNELS} channels in {GROUPS} groups of {terms} numbers, {text}");
    Probe::of("group norm", text, Rule::Sum(terms), ask, answers)
}

fn group_norm(on: &Device, x: &[f32]) -> Result<Reading, String> {
    let (gamma, beta) = scales(CHANNELS);
    let mut norm = GroupNormConfig::new(GROUPS, CHANNELS).with_epsilon(EPSILON).init(on);
    norm.gamma = Some(Param::from_tensor(line(on, &gamma)));
    norm.beta = Some(Param::from_tensor(line(on, &beta)));
    read(on, norm.forward(tensor(on, x, [BATCH, CHANNELS, PIXELS / 5, 5])))
}

fn layer(mean: f32, text: &str) -> Probe {
    let x = about(mean, 6001, ROWS * WIDTH);
    let asked = x.clone();
    let ask = move |on: &Device| {
        let (gamma, beta) = scales(WIDTH);
        let mut norm = LayerNormConfig::new(WIDTH).with_epsilon(EPSILON).init(on);
        norm.gamma = Param::from_tensor(line(on, &gamma));
        norm.beta = Some(Param::from_tensor(line(on, &beta)));
        read(on, norm.forward(tensor(on, &asked, [ROWS, WIDTH])))
    };
    let answers = move || {
        let (gamma, beta) = scales(WIDTH);
        let scale: Vec<[f32; 2]> = gamma.into_iter().zip(beta).map(|(g, b)| [g, b]).collect();
        x.chunks(WIDTH).flat_map(|row| normalised(row, EPSILON, &scale)).collect()
    };
    let text = format!("{ROWS} rows of {WIDTH} numbers, {text}");
    Probe::of("layer norm", text, Rule::Sum(WIDTH), ask, answers)
}
