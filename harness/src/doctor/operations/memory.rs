//! Allocations that may be larger than a device has: one that fails must not read back somebody else's data.

use burn::tensor::Tensor;
use burn_repro_backends::{Backend, Device};

use crate::doctor::judge::Rule;
use crate::doctor::known::Known;
use crate::doctor::probe::{Probe, Reading, read_some};

/// The sizes that are tried, ascending.
pub(in crate::doctor) const MEBIBYTES: [usize; 4] = [64, 128, 192, 256];

/// The table's row for them.
pub(in crate::doctor) const OPERATION: &str = "allocate";

/// Every so many-th number is looked at.
const EVERY: usize = 4099;

pub(super) fn probes() -> Vec<Probe> {
    let probe = |size: usize| {
        let answers = move || vec![Known::of(200.0); numbers(size).div_ceil(EVERY)];
        let text = format!("{size} MiB, filled with 200");
        let ask = move |on: &Device| filled(on, numbers(size));
        Probe { isolated: true, ..Probe::of(OPERATION, text, Rule::Exact, ask, answers) }
    };
    MEBIBYTES.into_iter().map(probe).collect()
}

const fn numbers(mebibytes: usize) -> usize {
    mebibytes << 18
}

/// Numbers of the tensors that come first, as in any program: their memory is there to be mistaken for the result.
/// Devices keep pools of memory for several sizes, so that the last must be about as large as what is asked for.
const FIRST: [usize; 3] = [4, 1 << 18, numbers(96)];

fn filled(on: &Device, count: usize) -> Result<Reading, String> {
    for count in FIRST {
        read_some(on, Tensor::<Backend, 1>::ones([count], on).mul_scalar(100), EVERY)?;
    }
    let large = Tensor::<Backend, 1>::ones([count], on).mul_scalar(200);
    read_some(on, large, EVERY)
}
