//! The services that go through a scenario operation by operation: the run's question and the worker's answer of each.

use std::time::Instant;

use burn_repro_target::Fingerprint;
use serde_json::Value;

use super::LockstepOptions;
use super::run::{follow, lockstep};
use crate::minimal_repro::{FailingSlice, File, Slice, files};
use crate::operation::Description;
use burn_repro_core::diagnose::LockstepReport;
use burn_repro_core::reference::FOLLOW;
use burn_repro_core::scenario::Scenario;
use burn_repro_core::worker::{
    Answer, Outcome, RunRequest, SLOWER, Variation, Worker, limits, request,
};
use burn_repro_worker::{BoxError, Opened, Recording, Service, question};

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
    let recording = opened.prepared(&request)?.record(opened.device)?;
    let (report, trace, jumps) = lockstep(&recording, opened.device, &options)?;
    let plain_difference = trace.largest_difference(&plain).unwrap_or(f64::INFINITY);
    let report = LockstepReport { plain_seconds, plain_difference, ..report };
    let project: Option<Project> = match options.minimal_repro {
        true => Some(project(opened, &request, &recording, &options, (&report, jumps))?),
        false => None,
    };
    Ok(Answer::value(&(report, project))?)
}

/// The operations of the scenario on the reference.
fn answer_follow(opened: &Opened<'_>, asked: Value) -> Result<Answer, BoxError> {
    let request: RunRequest = question(asked)?;
    Ok(Answer::value(&follow(&opened.prepared(&request)?.record(opened.device)?)?)?)
}

/// The project of what is off, or why there is none: of the first operation that is off by itself, or of the first that is
/// off together with those before it.
fn project(
    opened: &Opened<'_>,
    request: &RunRequest,
    recording: &Recording,
    options: &LockstepOptions,
    (report, jumps): (&LockstepReport, Vec<usize>),
) -> Result<Project, BoxError> {
    let alone = report.first.as_ref().map(|first| first.number);
    for number in alone.into_iter().chain(jumps) {
        let fault = options.fault.as_ref();
        if let Some(slice) = Slice::cut(recording, opened.device, fault, number)? {
            let name = Description::of(&recording.operations[number]).name;
            let failing = FailingSlice {
                title: format!("{name} at {}", recording.place(number).0),
                scenario: scenario_name(request),
                target: opened.target.name.clone(),
                locator: opened.target.locator.clone(),
                slice,
                facts: facts(&opened.target.fingerprint),
            };
            return Ok(files(&failing).map_err(|error| error.to_string()));
        }
    }
    Ok(Err("no operation is off, so no project was written".to_owned()))
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
