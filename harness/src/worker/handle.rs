//! The run's side of a worker: a process that is started when it is needed, and again after a failure.

use std::time::Duration;

use burn_repro_backends::{Settings, Target};

use super::outcome::Outcome;
use super::process::{Limits, Process, Refusal};
use super::protocol::{Answer, Notice, Request, RunRequest, Variation};
use super::{WorkerCommand, memory};
use crate::doctor::Precision;
use crate::scenario::Scenario;

/// What measuring a target may take; kernels are compiled for it.
const MEASURE_LIMIT: Duration = Duration::from_secs(120);

/// A target with its settings, and the process that runs scenarios on it: started when first needed, and again after
/// a crash, an error or a limit.
pub struct Worker {
    command: WorkerCommand,
    target: Target,
    settings: Settings,
    process: Option<Process>,
    log: Vec<String>,
}

impl Worker {
    /// A worker that is not started yet.
    #[must_use]
    pub fn new(command: WorkerCommand, target: Target, settings: Settings) -> Self {
        Self { command, target, settings, process: None, log: Vec::new() }
    }

    /// Whether it runs this target with these settings.
    #[must_use]
    pub fn is_for(&self, target: &Target, settings: &Settings) -> bool {
        self.target == *target && self.settings == *settings
    }

    /// Runs a scenario and waits for its end.
    pub fn run(&mut self, scenario: &Scenario) -> Outcome {
        self.run_varied(scenario, Variation::None)
    }

    /// Runs a scenario with other inputs.
    pub fn run_varied(&mut self, scenario: &Scenario, variation: Variation) -> Outcome {
        let (file, text) = (scenario.file.clone(), scenario.text.clone());
        let request = Request::Run(RunRequest { file, text, variation });
        let limits = Limits {
            time: Duration::from_secs(scenario.time_limit),
            memory: scenario.memory_limit.or_else(memory::default_limit),
        };
        match self.ask(&request, limits) {
            Ok(answer) => Outcome::from(answer),
            Err(outcome) => outcome,
        }
    }

    /// What the process wrote to standard error during the last request, the last lines of it.
    pub fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// Measures how the target computes.
    ///
    /// # Errors
    /// Why that could not be measured.
    pub fn measure(&mut self) -> Result<Precision, String> {
        let limits = Limits { time: MEASURE_LIMIT, memory: None };
        match self.ask(&Request::Measure, limits) {
            Ok(Answer::Notice(Notice::Measured(precision))) => Ok(precision),
            Ok(answer) => Err(Outcome::from(answer).reason()),
            Err(outcome) => Err(outcome.reason()),
        }
    }

    fn ask(&mut self, request: &Request, limits: Limits) -> Result<Answer, Outcome> {
        if let Some(process) = self.process.take() {
            match self.ask_process(process, request, limits) {
                Ok(answer) => return Ok(answer),
                Err(Refusal::Ended(outcome)) => return Err(outcome),
                // Somebody ended it between two requests: this one gets another.
                Err(Refusal::DiedIdle(_)) => {}
            }
        }
        let process = Process::start(&self.command, &self.target, &self.settings)?;
        self.ask_process(process, request, limits).map_err(|refusal| match refusal {
            Refusal::DiedIdle(outcome) | Refusal::Ended(outcome) => outcome,
        })
    }

    fn ask_process(
        &mut self,
        mut process: Process,
        request: &Request,
        limits: Limits,
    ) -> Result<Answer, Refusal> {
        let answer = process.ask(request, limits);
        self.log = process.take_said();
        let answer = answer?;
        // After a failure the process may hold a broken device: the next scenario gets a new one.
        if matches!(answer, Answer::Finished(_) | Answer::Notice(Notice::Measured(_))) {
            self.process = Some(process);
        }
        Ok(answer)
    }
}
