//! The run's side of a worker: a process that is started when it is needed, and again after a failure.

use std::collections::BTreeMap;
use std::time::Duration;

use burn_repro_target::{Settings, Target, child::Limits, default_memory_limit};

use super::WorkerCommand;
use super::outcome::Outcome;
use super::process::{Process, Refusal};
use super::protocol::{Answer, Notice, Project, Request, RunRequest, Variation};
use crate::doctor::Precision;
use crate::fault::Planted;
use crate::golden::Step;
use crate::lockstep::{LockstepOptions, LockstepReport};
use crate::scenario::Scenario;

/// What measuring a target may take; kernels are compiled for it.
const MEASURE_LIMIT: Duration = Duration::from_secs(120);

/// How many times as long as a plain run something may take that goes operation by operation.
const SLOWER: u64 = 20;

fn request(scenario: &Scenario) -> RunRequest {
    let (file, text) = (scenario.file.clone(), scenario.text.clone());
    RunRequest { file, text, variation: Variation::None }
}

fn limits(scenario: &Scenario, slower: u64) -> Limits {
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
    pub fn is_for(&self, target: &Target, settings: &Settings) -> bool {
        self.target == *target && self.settings == *settings
    }

    /// Runs a scenario and waits for its end.
    pub fn run(&mut self, scenario: &Scenario) -> Outcome {
        self.run_varied(scenario, Variation::None)
    }

    /// Runs a scenario with other inputs.
    pub fn run_varied(&mut self, scenario: &Scenario, variation: Variation) -> Outcome {
        let request = Request::Run(RunRequest { variation, ..request(scenario) });
        match self.ask(&request, limits(scenario, 1)) {
            Ok(answer) => Outcome::from(answer),
            Err(outcome) => outcome,
        }
    }

    /// Runs a scenario with a fault planted into the target.
    pub(crate) fn run_faulted(&mut self, scenario: &Scenario, planted: &Planted) -> Outcome {
        let request = Request::Faulted(request(scenario), planted.clone());
        match self.ask(&request, limits(scenario, SLOWER)) {
            Ok(answer) => Outcome::from(answer),
            Err(outcome) => outcome,
        }
    }

    /// Runs a scenario with a wrong parameter.
    pub(crate) fn run_spoilt(&mut self, scenario: &Scenario, fault: &str) -> Outcome {
        let request = Request::Spoilt(request(scenario), fault.to_owned());
        match self.ask(&request, limits(scenario, 1)) {
            Ok(answer) => Outcome::from(answer),
            Err(outcome) => outcome,
        }
    }

    /// Runs a scenario operation by operation beside the reference; gives the project of the first that is off, too, if
    /// that is asked for.
    ///
    /// # Errors
    /// How it ended instead.
    pub(crate) fn lockstep(
        &mut self,
        scenario: &Scenario,
        options: LockstepOptions,
    ) -> Result<(LockstepReport, Option<Project>), Outcome> {
        let request = Request::Lockstep(request(scenario), options);
        match self.ask(&request, limits(scenario, SLOWER))? {
            Answer::Notice(Notice::Lockstep(report, project)) => Ok((*report, project)),
            answer => Err(Outcome::from(answer)),
        }
    }

    /// The numbers of the operations of a scenario that each fault fits.
    ///
    /// # Errors
    /// How it ended instead.
    pub(crate) fn fitting(
        &mut self,
        scenario: &Scenario,
    ) -> Result<BTreeMap<String, Vec<usize>>, Outcome> {
        match self.ask(&Request::Fitting(request(scenario)), limits(scenario, SLOWER))? {
            Answer::Notice(Notice::Fitting(fitting)) => Ok(fitting),
            answer => Err(Outcome::from(answer)),
        }
    }

    /// The operations of a scenario on the reference; of one of them the line that asks for it, too.
    ///
    /// # Errors
    /// How it ended instead.
    pub(crate) fn follow(
        &mut self,
        scenario: &Scenario,
        located: Option<usize>,
    ) -> Result<Vec<Step>, Outcome> {
        let request = Request::Follow(request(scenario), located);
        match self.ask(&request, limits(scenario, SLOWER))? {
            Answer::Notice(Notice::Followed(steps)) => Ok(steps),
            answer => Err(Outcome::from(answer)),
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
        match self.ask(&Request::Measure, MEASURE_LIMIT.into()) {
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
        if answer.is_result() {
            self.process = Some(process);
        }
        Ok(answer)
    }
}
