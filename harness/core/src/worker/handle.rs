//! The run's side of a worker: a process that is started when it is needed, and again after a failure.

use std::time::Duration;

use burn_repro_target::{Settings, Target, child::Limits, default_memory_limit};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::WorkerCommand;
use super::outcome::Outcome;
use super::process::{Process, Refusal};
use super::protocol::{Answer, Notice, Request, RunRequest, Variation};
use super::{MEASURE, RUN};
use crate::precision::Precision;
use crate::scenario::Scenario;

/// What measuring a target may take; kernels are compiled for it.
const MEASURE_LIMIT: Duration = Duration::from_secs(120);

/// How many times as long as a plain run something may take that goes operation by operation.
pub const SLOWER: u64 = 20;

/// The question of services that run a scenario as its file says.
pub fn request(scenario: &Scenario) -> RunRequest {
    let (file, text) = (scenario.file.clone(), scenario.parsed.text.clone());
    RunRequest { file, text, variation: Variation::None }
}

/// What a scenario may take of a service that is so many times as slow as a plain run.
pub fn limits(scenario: &Scenario, slower: u64) -> Limits {
    Limits {
        time: Duration::from_secs(scenario.time_limit.saturating_mul(slower)),
        memory: scenario.memory_limit.or_else(default_memory_limit),
    }
}

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
    pub(crate) fn is_for(&self, target: &Target, settings: &Settings) -> bool {
        self.target == *target && self.settings == *settings
    }

    /// Runs a scenario and waits for its end.
    pub fn run(&mut self, scenario: &Scenario) -> Outcome {
        self.run_varied(scenario, Variation::None)
    }

    /// Runs a scenario with other inputs.
    pub fn run_varied(&mut self, scenario: &Scenario, variation: Variation) -> Outcome {
        let request = RunRequest { variation, ..request(scenario) };
        self.trace(RUN, &request, limits(scenario, 1))
    }

    /// Asks a service that gives a trace.
    pub fn trace(&mut self, service: &str, question: &impl Serialize, limits: Limits) -> Outcome {
        self.asked(service, question, limits).map_or_else(|outcome| outcome, Outcome::from)
    }

    /// Asks a service that answers in its own words.
    ///
    /// # Errors
    /// How it ended instead.
    pub fn call<A: DeserializeOwned>(
        &mut self,
        service: &str,
        question: &impl Serialize,
        limits: Limits,
    ) -> Result<A, Outcome> {
        match self.asked(service, question, limits)? {
            Answer::Notice(Notice::Answered(value)) => serde_json::from_value(value)
                .map_err(|error| Outcome::crashed(format!("the answer of `{service}`: {error}"))),
            answer => Err(Outcome::from(answer)),
        }
    }

    /// What the process wrote to standard error during the last request, the last lines of it.
    pub(crate) fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// Measures how the target computes.
    ///
    /// # Errors
    /// Why that could not be measured.
    pub fn measure(&mut self) -> Result<Precision, String> {
        self.call(MEASURE, &(), MEASURE_LIMIT.into()).map_err(|outcome| outcome.reason())
    }

    fn asked(
        &mut self,
        service: &str,
        question: &impl Serialize,
        limits: Limits,
    ) -> Result<Answer, Outcome> {
        let question = serde_json::to_value(question).expect("a question has only plain values");
        self.ask(&Request { service: service.to_owned(), question }, limits)
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
        // After a failure the process may hold a broken device: the next scenario gets a new one.
        if answer.as_ref().is_ok_and(|answer| !answer.is_result()) {
            process.finish();
        }
        self.log = process.take_said();
        let answer = answer?;
        if answer.is_result() {
            self.process = Some(process);
        }
        Ok(answer)
    }
}
