//! Operations that choose one of the numbers they are given: every bit of the result is known. A NaN among them is
//! chosen, and of several the first, on every backend (burn #5290).

use burn::tensor::Tensor;

use crate::doctor::expected::Expected;
use crate::doctor::grade::Rule;
use crate::doctor::inputs::{EDGES, ORDINARY, uniform};
use crate::doctor::oracle::largest;
use crate::doctor::probe::{Probe, Row, read, tensor};

const ROWS: usize = 32;
const COLUMNS: usize = 64;

/// A NaN in every place of four, and everywhere.
const NAN_ROWS: [[f32; 4]; 5] = [
    [f32::NAN, 1.0, 3.0, 2.0],
    [1.0, f32::NAN, 3.0, 2.0],
    [1.0, 3.0, f32::NAN, 2.0],
    [1.0, 3.0, 2.0, f32::NAN],
    [f32::NAN; 4],
];

type Table = Tensor<2>;

pub(super) fn probes() -> Vec<Probe> {
    let mut probes = clamps();
    probes.extend(of_rows("max_dim", |x| x.max_dim(1), |row| f64::from(largest(row).1)));
    probes.extend(of_rows("min_dim", |x| x.min_dim(1), |row| f64::from(smallest(row))));
    probes.extend(of_rows("argmax", |x| x.argmax(1).float(), |row| largest(row).0 as f64));
    probes
}

fn smallest(row: &[f32]) -> f32 {
    let negative: Vec<f32> = row.iter().map(|x| -x).collect();
    -largest(&negative).1
}

fn of_rows(name: &'static str, device: fn(Table) -> Table, host: fn(&[f32]) -> f64) -> [Probe; 2] {
    let ordinary = uniform(4000, ROWS * COLUMNS, -8.0, 8.0);
    let inputs = [
        ("rows of 64 numbers", ordinary, COLUMNS),
        ("rows of 4 with a NaN in them", NAN_ROWS.concat(), 4),
    ];
    inputs.map(|(text, x, columns)| {
        let shape = [x.len() / columns, columns];
        let asked = x.clone();
        let answers = move || x.chunks(columns).map(|row| Expected::of(host(row))).collect();
        let ask = move |on: &_| read(on, device(tensor(on, &asked, shape)));
        Probe::of(name, text, Rule::Exact, ask, answers)
    })
}

fn clamps() -> Vec<Probe> {
    type Host = fn(f64) -> Expected;
    type Device = fn(Row) -> Row;
    let operations: [(&'static str, Device, Host); 2] = [
        (
            "relu",
            |x| burn::tensor::activation::relu(x),
            |x| Expected::of(if x <= 0.0 { 0.0 } else { x }),
        ),
        (
            "clamp",
            |x| x.clamp(-1.5, 2.5),
            |x| Expected::of(if x.is_nan() { x } else { x.clamp(-1.5, 2.5) }),
        ),
    ];
    // Both signs of a zero are the larger of two zeros.
    let edges: Vec<f32> =
        EDGES.into_iter().filter(|x| x.to_bits() != (-0.0_f32).to_bits()).collect();
    let inputs = [
        (format!("{ORDINARY} numbers from -8 to 8"), uniform(4100, ORDINARY, -8.0, 8.0)),
        ("edge values".to_owned(), edges),
    ];
    let of = |(name, device, host): (&'static str, Device, Host)| {
        inputs.clone().map(|input| Probe::function(name, input, Rule::Exact, device, host))
    };
    operations.into_iter().flat_map(of).collect()
}
