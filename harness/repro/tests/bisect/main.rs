//! `repro bisect` end to end, over cells that are spoilt by one setting or by several: this test's own binary is the
//! command line, the gate, the worker and the test.

mod builds;
mod folder;
mod pipeline;
mod settings;
mod usage;

use std::path::PathBuf;
use std::process::ExitCode;

use burn_repro::{Project, Registry};
use libtest_mimic::{Arguments, Trial};

use folder::{FOLDER, ROLE};
use pipeline::Spoilt;

fn trials() -> Vec<Trial> {
    let mut trials = settings::trials();
    trials.extend(usage::trials());
    trials.extend(builds::trials());
    trials
}

fn main() -> ExitCode {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code();
    };
    let project = Project {
        registry: Registry::new().with(Spoilt),
        scenarios: folder.join("scenarios"),
        golden: folder.join("golden"),
        noise: None,
    };
    match std::env::var(ROLE).as_deref() {
        Ok("gate") => project.run_gate(),
        _ => project.run_command_line(),
    }
}
