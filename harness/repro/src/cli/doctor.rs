//! `repro doctor`: whether the machine's own targets compute what they should.

use std::path::PathBuf;

use burn_repro_target::Target;
use clap::Args;

use super::Failure;
use super::write::write_json;
use crate::project::find_targets;
use burn_repro_core::exit::Exit;
use burn_repro_core::plan::absent;
use burn_repro_core::say::{print_as_it_is, tell};
use burn_repro_core::scenario::BackendSelector;
use burn_repro_core::worker::WorkerCommand;
use burn_repro_explain::doctor::{DoctorRecord, TargetReport, examine, report};

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// A class (cpu, wgpu, cuda) or a target; may be given several times
    #[arg(long = "backend", value_name = "NAME")]
    backends: Vec<BackendSelector>,
    /// Write the results as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(super) fn doctor(arguments: &DoctorArguments) -> Result<Exit, Failure> {
    let started = jiff::Timestamp::now();
    let command = WorkerCommand::current().map_err(Failure::internal)?;
    let discovery = find_targets(&command);
    let chosen = &arguments.backends;
    let asked = |target: &&Target| {
        chosen.is_empty() || chosen.iter().any(|selector| selector.matches(target))
    };
    let targets: Vec<Target> = discovery.targets.iter().filter(asked).cloned().collect();
    let absent = absent(chosen, &discovery);
    if targets.is_empty() {
        return Err(Failure { exit: Exit::NothingRan, message: absent.join("; ") });
    }
    absent.iter().for_each(|sentence| tell(sentence));
    let ended = examine(&targets, &command.for_doctor(), tell);
    let examined =
        targets.iter().zip(ended).map(|(target, ended)| TargetReport::new(target, ended));
    let record = DoctorRecord::new(started, examined.collect(), discovery.missing);
    print_as_it_is(&format!("{}in {:.1} s\n", report(&record.targets), record.seconds));
    let exit = record.exit;
    if let Some(file) = &arguments.json {
        write_json(file, &record, exit)?;
    }
    Ok(exit)
}
