//! The programs of a project: the command line, the gate, and what this binary is when a run starts it: a worker, a
//! probe or a worker of the doctor.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use burn_repro_core::escape::name_program;
use burn_repro_core::exit::Exit;
use burn_repro_core::interrupt::leave_cleanly;
use burn_repro_core::say::tell;
use burn_repro_core::worker::{DOCTOR_ARGUMENT, PROBE_ARGUMENT, WORKER_ARGUMENT};
use burn_repro_device::print_probe;
use burn_repro_explain::{doctor, lockstep, mutation};
use burn_repro_target::Class;
use burn_repro_worker::{RUN_SERVICE, Service, serve};

use crate::{Project, cli, gate};

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

    /// The gate, and the command line where the first argument is one of its commands: for the `main` of one test with
    /// `harness = false`, so that `cargo test --test repro` is the gate and `cargo test --test repro -- diagnose NAME` a
    /// command.
    #[must_use]
    pub fn main(self) -> ExitCode {
        let program = std::env::current_exe().ok();
        // Cargo adds a hash to the name of a test.
        let name = program.as_deref().and_then(Path::file_stem).and_then(|stem| {
            let stem = stem.to_str()?;
            Some(stem.rsplit_once('-').map_or(stem, |(name, _)| name))
        });
        name_program(format!("cargo test --test {} --", name.unwrap_or("repro")));
        let first = std::env::args().nth(1);
        match first.is_some_and(|word| cli::is_command(&word)) {
            true => self.run_command_line(),
            false => self.run_gate(),
        }
    }

    /// Serves as a worker or a probe if this process was started as one.
    fn served(&self) -> Option<ExitCode> {
        let arguments: Vec<OsString> = std::env::args_os().skip(1).take(3).collect();
        // What is not UTF-8 was typed by a person, and is said by the parser of the command line.
        let words: Option<Vec<&str>> = arguments.iter().map(|argument| argument.to_str()).collect();
        match words?[..] {
            [WORKER_ARGUMENT, target, settings] => {
                Some(serve(target, settings, &self.registry, &services(), true))
            }
            [DOCTOR_ARGUMENT, target, settings] => {
                Some(serve(target, settings, &self.registry, &[doctor::EXAMINE], false))
            }
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
}

/// Everything that a worker can be asked.
fn services() -> Vec<Service> {
    [&[RUN_SERVICE, doctor::SERVICE][..], &lockstep::SERVICES, &mutation::SERVICES].concat()
}

/// Runs a program for people. A panic ends it with 1: Rust's own code for one, 101, means a missing golden here.
fn own(program: impl FnOnce() -> ExitCode) -> ExitCode {
    leave_cleanly();
    catch_unwind(AssertUnwindSafe(program)).unwrap_or_else(|_| {
        tell("error: the lines above are a bug in the harness; please report them");
        Exit::Internal.into()
    })
}
