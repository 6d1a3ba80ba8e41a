//! `repro bisect` end to end, over cells that are spoilt by one setting or by several: this test's own binary is the
//! command line, the gate, the worker and the test.

mod builds;
#[path = "../command/mod.rs"]
mod command;
mod folder;
mod pipeline;
mod settings;
mod usage;

use std::process::ExitCode;

use burn_repro::Registry;
use libtest_mimic::Trial;

use pipeline::Spoilt;

fn trials() -> Vec<Trial> {
    let mut trials = settings::trials();
    trials.extend(usage::trials());
    trials.extend(builds::trials());
    trials
}

fn main() -> ExitCode {
    command::main_of(Registry::new().with(Spoilt), trials)
}
