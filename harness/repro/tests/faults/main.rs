//! Pipelines and devices that misbehave, run end to end: this test's own binary is the command line, the gate, the
//! worker and the test. Whatever happens in a cell, the others finish and the verdict names it.

#[path = "../command/mod.rs"]
mod command;
#[cfg(target_os = "linux")]
mod ends;
mod folder;
mod gpu;
#[path = "../../../../backends/device/tests/needed/mod.rs"]
mod needed;
mod pipeline;
mod proxy;
mod table;

use std::process::ExitCode;

use burn_repro::Registry;
use libtest_mimic::Trial;

use pipeline::Faulty;

fn trials() -> Vec<Trial> {
    let mut trials = table::trials();
    trials.extend(gpu::trials());
    #[cfg(target_os = "linux")]
    trials.extend(ends::trials());
    trials
}

fn main() -> ExitCode {
    pipeline::hang_if_probe();
    if let Some(ended) = proxy::proxy() {
        return ended;
    }
    command::main_of(Registry::new().with(Faulty), trials)
}
