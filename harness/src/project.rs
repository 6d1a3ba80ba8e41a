//! A project: pipelines, scenarios and goldens, and the two programs made of them: the command
//! line and the gate.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use burn_repro_backends::{Class, Discovery, discover, print_probe};

use crate::exit::Exit;
use crate::interrupt::leave_cleanly;
use crate::registry::Registry;
use crate::scenario::{LoadError, Scenario, load};
use crate::trace::Dtype;
use crate::worker::{DOCTOR_ARGUMENT, PROBE_ARGUMENT, WORKER_ARGUMENT, WorkerCommand, serve};
use crate::{cli, doctor, gate};

/// Seconds that looking for targets may take, for each class.
const PROBE_LIMIT: Duration = Duration::from_secs(30);

/// Another folder of scenarios, for the gate and the command line: `BURN_REPRO_SCENARIOS=DIR`.
const SCENARIOS: &str = "BURN_REPRO_SCENARIOS";
/// Another folder of goldens: `BURN_REPRO_GOLDEN=DIR`.
const GOLDEN: &str = "BURN_REPRO_GOLDEN";

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
        self.served().unwrap_or_else(|| {
            leave_cleanly();
            cli::main(self.elsewhere())
        })
    }

    /// The gate; call it from the `main` of a test with `harness = false`.
    #[must_use]
    pub fn run_gate(self) -> ExitCode {
        self.served().unwrap_or_else(|| {
            leave_cleanly();
            gate::main(self.elsewhere())
        })
    }

    /// With the folders that the environment names, if it does.
    fn elsewhere(self) -> Self {
        let folder = |variable, own| std::env::var_os(variable).map_or(own, PathBuf::from);
        Self {
            scenarios: folder(SCENARIOS, self.scenarios),
            golden: folder(GOLDEN, self.golden),
            ..self
        }
    }

    /// Serves as a worker or a probe if this process was started as one.
    fn served(&self) -> Option<ExitCode> {
        let arguments: Vec<String> = std::env::args().skip(1).take(3).collect();
        match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
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
}

/// Finds the targets of this machine in processes of their own.
pub(crate) fn find_targets(command: &WorkerCommand) -> Discovery {
    discover(|class| command.probe(class), PROBE_LIMIT)
}
