//! Worker processes: the only place where devices are touched.
//!
//! Burn's default types and CubeCL's configuration are global to a process, and drivers crash; so
//! every target runs, with one group of settings, in a process of its own. The same binary serves as
//! worker when it is called with [`WORKER_ARGUMENT`].
//!
//! This is the run's side: `handle` asks, `process` is one process, `protocol` is what travels, `pool` says how many may
//! run at once. The worker's side is the crate `burn-repro-worker`; `backends/target` supervises processes.

mod handle;
mod outcome;
mod pool;
mod process;
pub mod protocol;

use std::path::PathBuf;
use std::process::Command;

use burn_repro_target::{Class, OPENGL, Settings, Target};

pub use handle::{SLOWER, Worker, limits, request};
pub use outcome::Outcome;
pub use pool::{Lane, Pool};
pub use protocol::{Answer, RunRequest, Variation};

/// The service that runs a scenario.
pub const RUN: &str = "run";

/// The service that measures how the target computes.
pub const MEASURE: &str = "measure";

/// The hidden first argument that turns a binary into a worker.
pub const WORKER_ARGUMENT: &str = "__worker";

/// The hidden first argument that turns a binary into a probe for one class of targets.
pub const PROBE_ARGUMENT: &str = "__probe";

/// The hidden first argument that turns a binary into a worker of the doctor, which has no guards.
pub const DOCTOR_ARGUMENT: &str = "__doctor";

/// How to start this program as a worker or as a probe.
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    program: PathBuf,
    /// Whether it sees the adapters of OpenGL, whatever this process sees.
    opengl: bool,
    /// Whether its workers are the doctor's.
    doctor: bool,
}

impl WorkerCommand {
    /// The running binary.
    ///
    /// # Errors
    /// If the operating system does not tell its path.
    pub fn current() -> std::io::Result<Self> {
        Ok(Self { program: std::env::current_exe()?, opengl: false, doctor: false })
    }

    /// Another build of this program.
    #[must_use]
    pub fn with_program(self, program: PathBuf) -> Self {
        Self { program, ..self }
    }

    /// With the adapters of OpenGL.
    #[must_use]
    pub fn with_opengl(self) -> Self {
        Self { opengl: true, ..self }
    }

    /// For the doctor: its workers answer whatever the device gives, and are started as their users start them.
    #[must_use]
    pub fn for_doctor(self) -> Self {
        Self { doctor: true, ..self }
    }

    fn start(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.envs(self.opengl.then_some((OPENGL, "1")));
        command
    }

    /// The command that serves one target with one group of settings.
    pub fn command(&self, target: &Target, settings: &Settings) -> Command {
        let json = serde_json::to_string(target).expect("a target has only plain values");
        let words = serde_json::to_string(settings).expect("settings have only plain values");
        let mut command = self.start();
        match self.doctor {
            true => command.args([DOCTOR_ARGUMENT, &json, &words]),
            false => {
                command.args([WORKER_ARGUMENT, &json, &words]).envs(settings.environment(target))
            }
        };
        command
    }

    /// The command that looks for targets of one class in a process of its own.
    #[must_use]
    pub fn probe(&self, class: Class) -> Command {
        let mut command = self.start();
        command.args([PROBE_ARGUMENT, &class.to_string()]);
        command
    }
}
