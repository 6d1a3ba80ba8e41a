//! What the probes feed to a device: the same numbers on every machine, all of them `f32`.

use burn_repro_core::splitmix::splitmix64;

/// How many ordinary inputs a function of one or two numbers is tried with.
pub(super) const ORDINARY: usize = 2048;

/// Zeros, plain numbers, small, tiny and huge ones of either sign, infinities, NaN, the smallest normal numbers and
/// subnormals: the plainest first. All are far enough from where a result overflows that rounding does not decide it.
pub(super) const EDGES: [f32; 33] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    -1.5,
    2.5,
    -2.5,
    10.0,
    -10.0,
    100.0,
    -100.0,
    1e-3,
    -1e-3,
    1e-7,
    -1e-7,
    1e-20,
    -1e-20,
    1e20,
    -1e20,
    3e38,
    -3e38,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    f32::MIN_POSITIVE,
    -f32::MIN_POSITIVE,
    1e-40,
    -1e-40,
    1e-45,
    -1e-45,
];

/// Numbers spread evenly from one bound to another. Streams of different numbers have nothing in common.
pub(super) fn uniform(stream: u64, count: usize, low: f32, high: f32) -> Vec<f32> {
    let (low, high) = (f64::from(low), f64::from(high));
    units(stream, count).map(|unit| (low + (high - low) * unit) as f32).collect()
}

/// Positive numbers whose logarithms are spread evenly between those of two bounds.
pub(super) fn magnitudes(stream: u64, count: usize, low: f32, high: f32) -> Vec<f32> {
    let (low, high) = (f64::from(low).ln(), f64::from(high).ln());
    units(stream, count).map(|unit| (low + (high - low) * unit).exp() as f32).collect()
}

/// Numbers from 0 to below 1. They have more bits than an `f32`, or sums of ordinary inputs would be exact.
fn units(stream: u64, count: usize) -> impl Iterator<Item = f64> {
    let number = move |index: u64| splitmix64((stream << 32) | index) >> 11;
    (0..count as u64).map(move |index| number(index) as f64 / (1_u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fill_their_range_and_are_always_the_same() {
        let numbers = uniform(7, 4096, -2.0, 6.0);
        assert_eq!(numbers, uniform(7, 4096, -2.0, 6.0));
        assert!(numbers.iter().all(|number| (-2.0..=6.0).contains(number)));
        let mean = numbers.iter().sum::<f32>() / 4096.0;
        assert!((mean - 2.0).abs() < 0.2, "{mean}");
        assert_ne!(numbers, uniform(8, 4096, -2.0, 6.0));
    }

    #[test]
    fn magnitudes_are_as_often_small_as_large() {
        let numbers = magnitudes(1, 4096, 1e-4, 1e4);
        assert!(numbers.iter().all(|number| (0.9e-4..1.1e4).contains(number)));
        let small = numbers.iter().filter(|number| **number < 1.0).count();
        assert!((1848..2248).contains(&small), "{small}");
    }

    /// Sums of numbers on one coarse grid are exact and show nothing.
    #[test]
    fn numbers_have_bits_down_to_the_last() {
        let odd =
            |numbers: Vec<f32>| numbers.iter().filter(|number| number.to_bits() % 2 == 1).count();
        assert!((900..1148).contains(&odd(uniform(7, 2048, -8.0, 8.0))));
        assert!((900..1148).contains(&odd(magnitudes(7, 2048, 1e-3, 1e3))));
    }

    #[test]
    fn the_edges_are_of_every_kind() {
        use std::num::FpCategory;
        for kind in [FpCategory::Nan, FpCategory::Infinite, FpCategory::Zero, FpCategory::Subnormal]
        {
            assert!(EDGES.iter().any(|edge| edge.classify() == kind), "{kind:?}");
        }
    }
}
