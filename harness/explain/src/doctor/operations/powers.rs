//! Powers: a fractional one, and whole ones of numbers of either sign by both of Burn's ways.

use crate::doctor::expected::Expected;
use crate::doctor::grade::Rule;
use crate::doctor::inputs::{EDGES, ORDINARY, magnitudes};
use crate::doctor::probe::{Probe, Row};

type Device = fn(Row) -> Row;

/// Exponents of `powf_scalar` that are whole, for which negative bases have a power.
const WHOLE: [(f64, Device); 4] = [
    (2.0, |x| x.powf_scalar(2.0)),
    (3.0, |x| x.powf_scalar(3.0)),
    (-2.0, |x| x.powf_scalar(-2.0)),
    (-3.0, |x| x.powf_scalar(-3.0)),
];

/// Exponents of `powi_scalar`.
const INTEGERS: [(f64, Device); 4] = [
    (2.0, |x| x.powi_scalar(2)),
    (3.0, |x| x.powi_scalar(3)),
    (-1.0, |x| x.powi_scalar(-1)),
    (-2.0, |x| x.powi_scalar(-2)),
];

pub(super) fn probes() -> Vec<Probe> {
    let mut probes = fractional();
    let groups = [("powf_scalar, whole", WHOLE), ("powi_scalar", INTEGERS)];
    for (group, (name, exponents)) in (2000..).step_by(10).zip(groups) {
        for (stream, (exponent, device)) in (group..).zip(exponents) {
            let bases = (format!("bases of either sign to the power {exponent}"), bases(stream));
            let host = move |x: f64| Expected::of(x.powf(exponent));
            probes.push(Probe::function(name, bases, Rule::Function, device, host));
        }
    }
    probes
}

fn fractional() -> Vec<Probe> {
    let device: Device = |x| x.powf_scalar(2.5);
    let host = |x: f64| Expected::of(x.powf(2.5));
    let ordinary = magnitudes(2100, ORDINARY, 1e-3, 1e3);
    let ordinary = (format!("{ORDINARY} bases from 1e-3 to 1e3 to the power 2.5"), ordinary);
    let edges = ("edge values to the power 2.5".to_owned(), EDGES.to_vec());
    [ordinary, edges]
        .map(|input| Probe::function("powf_scalar", input, Rule::Function, device, host))
        .into()
}

/// Small whole numbers, and others, of either sign; no zeros, subnormals or overflows, which `powf_scalar` has among
/// its edges.
fn bases(stream: u64) -> Vec<f32> {
    let plain = [2.0, 1.0, 3.0, 0.5, 1.5, 10.0].into_iter();
    plain.chain(magnitudes(stream, 250, 1e-3, 1e3)).flat_map(|base| [base, -base]).collect()
}
