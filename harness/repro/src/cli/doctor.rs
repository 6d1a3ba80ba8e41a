//! `repro doctor`: whether the machine's own targets compute what they should.

use std::path::PathBuf;
use std::process::Command;

use burn_repro_target::Target;
use clap::Args;

use super::Failure;
use crate::project::find_targets;
use burn_repro_core::exit::Exit;
use burn_repro_core::plan::absent;
use burn_repro_core::say::{print_as_it_is, tell};
use burn_repro_core::scenario::BackendSelector;
use burn_repro_core::worker::WorkerCommand;
use burn_repro_explain::doctor::{Examined, Record, examine, report};

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// A class (cpu, wgpu, cuda) or a target; may be given several times
    #[arg(long = "backend", value_name = "NAME")]
    backends: Vec<BackendSelector>,
    /// Write all that was found out
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
    let child = |target: &Target| -> Command { command.doctor(target) };
    let ended = examine(&targets, child, tell);
    let examined = targets.iter().zip(ended).map(|(target, ended)| Examined::new(target, ended));
    let record = Record::new(started, examined.collect(), discovery.missing);
    print_as_it_is(&format!("{}in {:.1} s\n", report(&record.targets), record.seconds));
    let exit = record.exit;
    let written = arguments.json.as_ref().map_or(Ok(()), |file| {
        record.write(file).map_err(|error| {
            let message = format!("cannot write {}: {error}", file.display());
            Failure { exit: Exit::Usage.max(exit), message }
        })
    });
    written.map(|()| exit)
}
