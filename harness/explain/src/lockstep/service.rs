//! The services that go through a scenario operation by operation: the run's question and the worker's answer of each.

use std::time::Instant;

use burn_repro_device::Place;
use burn_repro_target::Fingerprint;
use serde_json::Value;

use super::run::{capture, follow, lockstep};
use super::{CapturedOperation, LockstepOptions, Runs};
use crate::minimal_repro::{FailingOperation, File, files};
use burn_repro_core::diagnose::{LockstepReport, OperationReport};
use burn_repro_core::reference::FOLLOW;
use burn_repro_core::scenario::Scenario;
use burn_repro_core::worker::{
    Answer, Outcome, RunRequest, SLOWER, Variation, Worker, limits, request,
};
use burn_repro_worker::BoxError;
use burn_repro_worker::{Opened, Service, question};

const LOCKSTEP: &str = "lockstep";

/// The services of this module.
pub const SERVICES: [Service; 2] = [
    Service { name: LOCKSTEP, answer: answer_lockstep },
    Service { name: FOLLOW, answer: answer_follow },
];

/// The files of an emitted project, or why there are none.
pub type Project = Result<Vec<File>, String>;

/// Runs a scenario operation by operation beside the reference; gives the project of the first that is off, too, if
/// that is asked for.
///
/// # Errors
/// How it ended instead.
pub fn ask_lockstep(
    worker: &mut Worker,
    scenario: &Scenario,
    options: &LockstepOptions,
) -> Result<(LockstepReport, Option<Project>), Outcome> {
    worker.call(LOCKSTEP, &(request(scenario), options), limits(scenario, SLOWER))
}

/// Runs the scenario beside the reference, and once as it is.
fn answer_lockstep(opened: &Opened<'_>, asked: Value) -> Result<Answer, BoxError> {
    let (request, options): (RunRequest, LockstepOptions) = question(asked)?;
    let begun = Instant::now();
    let plain = opened.prepared(&request)?.run(opened.device, Variation::None)?;
    let plain_seconds = begun.elapsed().as_secs_f64();
    let case = opened.prepared(&request)?;
    let pipeline = |place: &Place| case.run_streamed(place);
    let (report, trace) = lockstep(&pipeline, opened.device, opened.settings.dtype, &options)?;
    let plain_difference = trace.largest_difference(&plain).unwrap_or(f64::INFINITY);
    let report = LockstepReport { plain_seconds, plain_difference, ..report };
    let project = match options.minimal_repro {
        true => Some(catch(opened, &request, &pipeline, &options, report.first.as_ref())?),
        false => None,
    };
    let files = |caught| files(&caught).map_err(|error| error.to_string());
    let project: Option<Project> = project.map(|caught| caught.and_then(files));
    Ok(Answer::value(&(report, project))?)
}

/// The operations of the scenario on the reference.
fn answer_follow(opened: &Opened<'_>, asked: Value) -> Result<Answer, BoxError> {
    let (request, located): (RunRequest, Option<usize>) = question(asked)?;
    let case = opened.prepared(&request)?;
    Ok(Answer::value(&follow(&|place: &Place| case.run_streamed(place), located)?)?)
}

/// The operation that is off with what an issue has to say of it, or why it cannot be caught.
fn catch(
    opened: &Opened<'_>,
    request: &RunRequest,
    pipeline: &impl Runs,
    options: &LockstepOptions,
    first: Option<&OperationReport>,
) -> Result<Result<FailingOperation, String>, BoxError> {
    let Some(first) = first else {
        return Ok(Err("no operation is off, so no project was written".to_owned()));
    };
    let capture = || capture(pipeline, opened.device, opened.settings.dtype, options, first.number);
    let captured = if first.whole { None } else { capture()? };
    let missing =
        || format!("{} is not a single operation, so no project was written", first.title());
    Ok(captured.map(|captured| caught(opened, request, first, captured)).ok_or_else(missing))
}

fn caught(
    opened: &Opened<'_>,
    request: &RunRequest,
    first: &OperationReport,
    captured: CapturedOperation,
) -> FailingOperation {
    let CapturedOperation { operation, inputs, outputs, expected, got } = captured;
    FailingOperation {
        title: first.title(),
        scenario: scenario_name(request),
        target: opened.target.name.clone(),
        locator: opened.target.locator.clone(),
        operation,
        inputs,
        outputs,
        expected,
        got,
        allowed_ulp: first.allowed,
        facts: facts(&opened.target.fingerprint),
    }
}

/// What the scenario's file is called.
fn scenario_name(request: &RunRequest) -> String {
    request.file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// What computed it, for the text of an issue.
fn facts(fingerprint: &Fingerprint) -> Vec<(String, String)> {
    let named =
        |name: &str, value: &Option<String>| value.clone().map(|value| (name.to_owned(), value));
    let system = Some(format!("{} {}", fingerprint.os, fingerprint.arch));
    [
        named("Burn", &Some(fingerprint.burn.clone())),
        named("device", &fingerprint.device),
        named("driver", &fingerprint.driver),
        named("API", &fingerprint.api),
        named("processor", &Some(fingerprint.cpu_model.clone())),
        named("system", &system),
        named("rustc", &Some(fingerprint.rustc.clone())),
    ]
    .into_iter()
    .flatten()
    .collect()
}
