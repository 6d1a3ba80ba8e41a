//! The four operations of arithmetic.

use crate::doctor::expected::Expected;
use crate::doctor::grade::Rule;
use crate::doctor::inputs::{ORDINARY, uniform};
use crate::doctor::probe::{Probe, Row, read, tensor};

/// What each is paired with each of.
const EDGES: [f32; 14] = [
    0.0,
    -0.0,
    1e-40,
    -1e-40,
    f32::MIN_POSITIVE,
    1e-20,
    1.0,
    -3.0,
    1e20,
    3e38,
    -3e38,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
];

type Operation = (&'static str, Rule, fn(Row, Row) -> Row, fn(f64, f64) -> Expected);

const OPERATIONS: [Operation; 4] = [
    ("add", Rule::Sum(2), |x, y| x + y, |x, y| Expected::sum(x + y, x.abs() + y.abs())),
    ("sub", Rule::Sum(2), |x, y| x - y, |x, y| Expected::sum(x - y, x.abs() + y.abs())),
    ("mul", Rule::Function, |x, y| x * y, |x, y| Expected::of(x * y)),
    ("div", Rule::Function, |x, y| x / y, |x, y| Expected::of(x / y)),
];

pub(super) fn probes() -> Vec<Probe> {
    let side = |stream: u64| uniform(stream, ORDINARY, -8.0, 8.0);
    let ordinary: Vec<[f32; 2]> =
        side(3000).into_iter().zip(side(3001)).map(|(x, y)| [x, y]).collect();
    let edges: Vec<[f32; 2]> = EDGES.into_iter().flat_map(|x| EDGES.map(|y| [x, y])).collect();
    let mut probes = Vec::new();
    for (name, rule, device, host) in OPERATIONS {
        for (text, pairs) in [("pairs from -8 to 8", &ordinary), ("pairs of edge values", &edges)] {
            let input = (format!("{} {text}", pairs.len()), pairs.clone());
            probes.push(Probe::function_of_two(name, input, rule, device, host));
        }
    }
    probes.push(broadcast());
    probes
}

/// One number for each channel of an image, as the embedding of a timestep is added.
fn broadcast() -> Probe {
    const IMAGE: [usize; 4] = [2, 6, 5, 7];
    const PIXELS: usize = 35;
    let (image, channels) = (uniform(3100, 12 * PIXELS, -8.0, 8.0), uniform(3101, 12, -8.0, 8.0));
    let asked = (image.clone(), channels.clone());
    let ask =
        move |on: &_| read(on, tensor(on, &asked.0, IMAGE) + tensor(on, &asked.1, [2, 6, 1, 1]));
    let answers = move || {
        let sum = |(index, &x): (usize, &f32)| {
            let (x, y) = (f64::from(x), f64::from(channels[index / PIXELS]));
            Expected::sum(x + y, x.abs() + y.abs())
        };
        image.iter().enumerate().map(sum).collect()
    };
    Probe::of("add", "an image and a number for each channel", Rule::Sum(2), ask, answers)
}
