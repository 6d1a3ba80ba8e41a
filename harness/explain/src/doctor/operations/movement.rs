//! Operations that move numbers and must not change a bit of them.

use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Int, Tensor, TensorData};
use burn_repro_device::Device;

use crate::doctor::expected::Expected;
use crate::doctor::grade::Rule;
use crate::doctor::inputs::{EDGES, ORDINARY, uniform};
use crate::doctor::probe::{Probe, Reading, line, read, tensor};

/// The tensor that is moved about; it holds every edge.
const SHAPE: [usize; 3] = [6, 5, 4];

pub(super) fn probes() -> Vec<Probe> {
    let mut probes = vec![uploaded(), interpolated()];
    probes.extend(blocks());
    probes.extend(by_index());
    probes
}

fn blocks() -> [Probe; 3] {
    [
        moved(
            "cat",
            "two tensors along dimension 1",
            |on, x| {
                let tail = tensor(on, x, SHAPE).slice([0..6, 1..4, 0..4]);
                read(on, Tensor::cat(vec![tensor(on, x, SHAPE), tail], 1))
            },
            || indices([6, 8, 4], |[a, b, c]| [a, if b < 5 { b } else { b - 4 }, c]),
        ),
        moved(
            "slice",
            "a block out of the middle",
            |on, x| read(on, tensor(on, x, SHAPE).slice([1..5, 2..5, 1..3])),
            || indices([4, 3, 2], |[a, b, c]| [a + 1, b + 2, c + 1]),
        ),
        moved(
            "swap_dims, reshape",
            "dimensions 0 and 2 swapped, made flat and back",
            |on, x| {
                read(on, tensor(on, x, SHAPE).swap_dims(0, 2).reshape([20, 6]).reshape([4, 5, 6]))
            },
            || indices([4, 5, 6], |[a, b, c]| [c, b, a]),
        ),
    ]
}

fn by_index() -> [Probe; 2] {
    [
        moved(
            "select",
            "rows 5, 0, 3, 3",
            |on, x| {
                let rows = Tensor::<1, Int>::from_data([5, 0, 3, 3], on);
                read(on, tensor(on, x, SHAPE).select(0, rows))
            },
            || indices([4, 5, 4], |[a, b, c]| [[5, 0, 3, 3][a], b, c]),
        ),
        moved(
            "gather",
            "one of each line along dimension 1",
            |on, x| {
                let places: Vec<i32> = (0..24).map(|place| place * 7 % 5).collect();
                let places = TensorData::new(places, [6, 1, 4]);
                let places = Tensor::<3, Int>::from_data(places, on);
                read(on, tensor(on, x, SHAPE).gather(1, places))
            },
            || indices([6, 1, 4], |[a, _, c]| [a, (a * 4 + c) * 7 % 5, c]),
        ),
    ]
}

/// Every edge, then ordinary numbers.
fn numbers(count: usize) -> Vec<f32> {
    EDGES.into_iter().chain(uniform(8000, count, -8.0, 8.0)).take(count).collect()
}

fn uploaded() -> Probe {
    let x = numbers(ORDINARY);
    let asked = x.clone();
    let answers = move || x.iter().map(|&x| Expected::of(f64::from(x))).collect();
    let text = format!("{ORDINARY} numbers, edge values among them");
    let ask = move |on: &Device| read(on, line(on, &asked));
    Probe::of("upload and read back", text, Rule::Exact, ask, answers)
}

fn moved(
    name: &'static str,
    text: &'static str,
    ask: fn(&Device, &[f32]) -> Result<Reading, String>,
    from: fn() -> Vec<usize>,
) -> Probe {
    let x = numbers(SHAPE.iter().product());
    let asked = x.clone();
    let answers =
        move || from().into_iter().map(|index| Expected::of(f64::from(x[index]))).collect();
    Probe::of(name, text, Rule::Exact, move |on| ask(on, &asked), answers)
}

/// For each element of a result the flat place in the tensor it comes from.
fn indices(shape: [usize; 3], from: fn([usize; 3]) -> [usize; 3]) -> Vec<usize> {
    let [first, second, third] = shape;
    let place = |flat: usize| {
        let [a, b, c] = from([flat / (second * third), flat / third % second, flat % third]);
        (a * SHAPE[1] + b) * SHAPE[2] + c
    };
    (0..first * second * third).map(place).collect()
}

/// Twice as high and twice as wide.
fn interpolated() -> Probe {
    const HIGH: usize = 6;
    const WIDE: usize = 5;
    let x = numbers(4 * HIGH * WIDE);
    let asked = x.clone();
    let ask = move |on: &Device| {
        let nearest = InterpolateOptions::new(InterpolateMode::Nearest)
            .with_output_size([2 * HIGH, 2 * WIDE]);
        read(on, interpolate(tensor(on, &asked, [2, 2, HIGH, WIDE]), nearest))
    };
    let answers = move || {
        let from = |flat: usize| {
            let (row, column) = (flat / (2 * WIDE), flat % (2 * WIDE));
            (row / 2) * WIDE + column / 2
        };
        (0..4 * x.len()).map(|flat| Expected::of(f64::from(x[from(flat)]))).collect()
    };
    Probe::of("interpolate, nearest", "twice the size", Rule::Exact, ask, answers)
}
