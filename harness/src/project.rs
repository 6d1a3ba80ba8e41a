//! A project: pipelines, scenarios and goldens, and the two programs made of them: the command
//! line and the gate.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use burn_repro_device::{discover, print_probe};
use burn_repro_target::{Class, Discovery};

use crate::exit::Exit;
use crate::interrupt::leave_cleanly;
use crate::plan::Selection;
use crate::registry::Registry;
use crate::say::tell;
use crate::scenario::{LoadError, Scenario, examine, load};
use crate::trace::Dtype;
use crate::worker::{DOCTOR_ARGUMENT, PROBE_ARGUMENT, WORKER_ARGUMENT, WorkerCommand, serve};
use crate::{cli, doctor, gate, variables};

/// Seconds that looking for targets may take, for each class.
const PROBE_LIMIT: Duration = Duration::from_secs(30);

/// Draws `count` standard normal numbers of a float type on the host, as the project's pipelines do,
/// and widens them without rounding.
pub type NoiseSource = fn(seed: u64, count: usize, dtype: Dtype) -> Vec<f64>;

/// What a project consists of.
pub struct Project {
    /// The pipelines that scenarios can name.
    pub registry: Registry,
    /// The folder of the scenario files, searched with its subfolders.
    pub scenarios: PathBuf,
    /// The folder of the goldens.
    pub golden: PathBuf,
    /// What `repro noise` draws from; without it the command says that there is none.
    pub noise: Option<NoiseSource>,
}

impl Project {
    /// The command line; call it from `main`.
    #[must_use]
    pub fn run_command_line(self) -> ExitCode {
        self.served().unwrap_or_else(|| own(|| cli::main(self.elsewhere())))
    }

    /// The gate; call it from the `main` of a test with `harness = false`.
    #[must_use]
    pub fn run_gate(self) -> ExitCode {
        self.served().unwrap_or_else(|| own(|| gate::main(self.elsewhere())))
    }

    /// With the folders that the environment names, if it does.
    fn elsewhere(self) -> Self {
        Self {
            scenarios: variables::scenarios().unwrap_or(self.scenarios),
            golden: variables::golden().unwrap_or(self.golden),
            ..self
        }
    }

    /// Serves as a worker or a probe if this process was started as one.
    fn served(&self) -> Option<ExitCode> {
        let arguments: Vec<OsString> = std::env::args_os().skip(1).take(3).collect();
        // What is not UTF-8 was typed by a person, and is said by the parser of the command line.
        let words: Option<Vec<&str>> = arguments.iter().map(|argument| argument.to_str()).collect();
        match words?[..] {
            [WORKER_ARGUMENT, target, settings] => Some(serve(target, settings, &self.registry)),
            [DOCTOR_ARGUMENT, target] => Some(doctor::serve(target)),
            [PROBE_ARGUMENT, class] => match class.parse::<Class>() {
                // Whoever asked is gone when the answer cannot be written.
                Ok(class) => {
                    Some(print_probe(class).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS))
                }
                Err(error) => {
                    eprintln!("{error}");
                    Some(Exit::Internal.into())
                }
            },
            _ => None,
        }
    }

    pub(crate) fn load(&self) -> Result<Vec<Arc<Scenario>>, LoadError> {
        let scenarios = load(&self.scenarios, &self.registry)?;
        Ok(scenarios.into_iter().map(Arc::new).collect())
    }

    /// Reads the long files of the scenarios that a selection runs: before any device is opened, and once, not in every
    /// worker.
    pub(crate) fn examine(
        &self,
        scenarios: &[Arc<Scenario>],
        selection: &Selection,
    ) -> Result<(), LoadError> {
        let selected = scenarios.iter().filter(|scenario| {
            selection.names(scenario) && scenario.reasons_to_skip(selection).is_empty()
        });
        let problems: Vec<_> =
            selected.filter_map(|scenario| examine(scenario, &self.registry).err()).collect();
        if problems.is_empty() { Ok(()) } else { Err(LoadError::new(problems)) }
    }
}

/// Runs a program for people. A panic ends it with 1: Rust's own code for one, 101, means a missing golden here.
fn own(program: impl FnOnce() -> ExitCode) -> ExitCode {
    leave_cleanly();
    catch_unwind(AssertUnwindSafe(program)).unwrap_or_else(|_| {
        tell("error: the lines above are a bug in the harness; please report them");
        Exit::Internal.into()
    })
}

/// Finds the targets of this machine in processes of their own.
pub(crate) fn find_targets(command: &WorkerCommand) -> Discovery {
    discover(|class| command.probe(class), PROBE_LIMIT)
}
