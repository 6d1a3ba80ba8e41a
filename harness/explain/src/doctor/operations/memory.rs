//! Allocations that may be larger than a device has: one that fails must not read back somebody else's data.

use burn::tensor::{Int, Tensor, TensorData};
use burn_repro_device::Device;

use crate::doctor::expected::Expected;
use crate::doctor::grade::Rule;
use crate::doctor::probe::{Probe, Reading, read};

/// The sizes that are tried, ascending.
pub(in crate::doctor) const MEBIBYTES: [usize; 4] = [64, 128, 192, 256];

/// The table's row for them.
pub(in crate::doctor) const OPERATION: &str = "allocate";

/// So many numbers, spread over the tensor, are looked at.
const LOOKED_AT: usize = 256;

pub(super) fn probes() -> Vec<Probe> {
    let probe = |size: usize| {
        let answers = move || vec![Expected::of(200.0); LOOKED_AT];
        let text = format!("{size} MiB, filled with 200");
        let ask = move |on: &Device| filled(on, numbers(size));
        Probe { isolated: true, ..Probe::of(OPERATION, text, Rule::Exact, ask, answers) }
    };
    MEBIBYTES.into_iter().map(probe).collect()
}

const fn numbers(mebibytes: usize) -> usize {
    mebibytes << 18
}

/// Some numbers of a tensor of so many, all of one value. A program computes on from a large tensor and reads what is
/// small, so that is what is done here: reading all of a tensor that is not there gives an error.
fn some_of(on: &Device, count: usize, value: u32) -> Result<Reading, String> {
    let large = Tensor::<1>::ones([count], on).mul_scalar(value);
    let places: Vec<i32> =
        (1..=LOOKED_AT).map(|part| (count / LOOKED_AT * part - 1) as i32).collect();
    let places = Tensor::<1, Int>::from_data(TensorData::new(places, [LOOKED_AT]), on);
    read(on, large.select(0, places))
}

/// Another tensor comes first, as in any program: its memory is there to be mistaken for the result.
fn filled(on: &Device, count: usize) -> Result<Reading, String> {
    some_of(on, numbers(1), 100)?;
    some_of(on, count, 200)
}
