//! Pipelines and devices that misbehave, run end to end: this test's own binary is the command line, the gate, the
//! worker and the test. Whatever happens in a cell, the others finish and the verdict names it.

#[cfg(target_os = "linux")]
mod ends;
mod folder;
mod gpu;
#[path = "../../../../backends/device/tests/needed/mod.rs"]
mod needed;
mod pipeline;
mod proxy;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use burn_repro::{Project, Registry};
use libtest_mimic::{Arguments, Trial};

use folder::{FOLDER, ROLE};
use pipeline::Faulty;

fn trials() -> Vec<Trial> {
    let mut trials = table::trials();
    trials.extend(gpu::trials());
    #[cfg(target_os = "linux")]
    trials.extend(ends::trials());
    trials
}

fn main() -> ExitCode {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code();
    };
    pipeline::hang_if_probe();
    if let Some(ended) = proxy::proxy() {
        return ended;
    }
    let project = Project {
        registry: Registry::new().with(Faulty),
        scenarios: folder.join("scenarios"),
        golden: folder.join("golden"),
        noise: None,
    };
    match std::env::var(ROLE).as_deref() {
        Ok("gate") => project.run_gate(),
        _ => project.run_command_line(),
    }
}
