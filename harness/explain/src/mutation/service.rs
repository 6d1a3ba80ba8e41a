//! The services that make a scenario wrong: the run's question and the worker's answer of each.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fault::InjectedFault;
use crate::lockstep::{fitting, with_fault};
use burn_repro_core::scenario::Scenario;
use burn_repro_core::worker::{
    Answer, Outcome, RunRequest, SLOWER, Variation, Worker, limits, request,
};
use burn_repro_worker::{BackwardPass, BoxError, Opened, Service, question};

const FAULTED: &str = "faulted";

const WRONG_PARAMETER: &str = "wrong-parameter";

const FITTING: &str = "fitting";

/// The services of this module.
pub const SERVICES: [Service; 3] = [
    Service { name: FAULTED, answer: answer_faulted },
    Service { name: WRONG_PARAMETER, answer: answer_wrong_parameter },
    Service { name: FITTING, answer: answer_fitting },
];

/// Runs a scenario with a fault planted into the target.
pub(super) fn ask_faulted(
    worker: &mut Worker,
    scenario: &Scenario,
    planted: &InjectedFault,
) -> Outcome {
    worker.trace(FAULTED, &(request(scenario), planted), limits(scenario, SLOWER))
}

/// Runs a scenario with a wrong parameter.
pub(super) fn ask_wrong_parameter(
    worker: &mut Worker,
    scenario: &Scenario,
    fault: &str,
) -> Outcome {
    worker.trace(WRONG_PARAMETER, &(request(scenario), fault), limits(scenario, 1))
}

/// The numbers of the operations of a scenario that each fault fits.
///
/// # Errors
/// How it ended instead.
pub(super) fn ask_fitting(
    worker: &mut Worker,
    scenario: &Scenario,
) -> Result<BTreeMap<String, Vec<usize>>, Outcome> {
    worker.call(FITTING, &request(scenario), limits(scenario, SLOWER))
}

fn answer_faulted(opened: &Opened<'_>, asked: Value) -> Result<Answer, BoxError> {
    let (request, planted): (RunRequest, InjectedFault) = question(asked)?;
    let recording = opened.prepared(&request)?.record(opened.device)?;
    with_fault(&recording, opened.device, Some(planted)).map(Answer::Finished)
}

fn answer_wrong_parameter(opened: &Opened<'_>, asked: Value) -> Result<Answer, BoxError> {
    let (request, fault): (RunRequest, String) = question(asked)?;
    let mut case = opened.prepared(&request)?;
    case.spoil(&fault)?;
    case.run(opened.device, Variation::None).map(Answer::Finished)
}

fn answer_fitting(opened: &Opened<'_>, asked: Value) -> Result<Answer, BoxError> {
    let request: RunRequest = question(asked)?;
    match opened.prepared(&request)?.record(opened.device) {
        Ok(recording) => Ok(Answer::value(&fitting(&recording))?),
        // Faults of parameters are left.
        Err(error) if error.is::<BackwardPass>() => {
            Ok(Answer::value(&BTreeMap::<String, Vec<usize>>::new())?)
        }
        Err(error) => Err(error),
    }
}
