//! The worker's side of everything that goes through a scenario operation by operation.

use std::time::Instant;

use burn_repro_device::{Device, Place};
use burn_repro_target::{Dtype, Fingerprint, Settings, Target};

use super::protocol::{Answer, Notice, RunRequest};
use super::serve::prepared;
use crate::emit::{Caught, files};
use crate::fault::Planted;
use crate::lockstep::{self, Captured, LockstepOptions, LockstepReport, OperationReport, Runs};
use crate::pipeline::BoxError;
use crate::registry::Registry;
use crate::worker::Variation;

/// What a worker has opened.
pub(super) struct Opened<'a> {
    pub(super) target: &'a Target,
    pub(super) device: &'a Device,
    pub(super) settings: Settings,
    pub(super) registry: &'a Registry,
}

impl Opened<'_> {
    fn float(&self) -> Dtype {
        self.settings.dtype
    }

    /// Runs the scenario beside the reference, and once as it is.
    pub(super) fn lockstep(
        &self,
        request: &RunRequest,
        options: &LockstepOptions,
    ) -> Result<Answer, BoxError> {
        let begun = Instant::now();
        let plain = prepared(request, self.registry)?.run(self.device, Variation::None)?;
        let plain_seconds = begun.elapsed().as_secs_f64();
        let case = prepared(request, self.registry)?;
        let pipeline = |place: &Place| case.run_streamed(place);
        let (report, trace) = lockstep::lockstep(&pipeline, self.device, self.float(), options)?;
        let plain_difference = trace.largest_difference(&plain).unwrap_or(f64::INFINITY);
        let report = LockstepReport { plain_seconds, plain_difference, ..report };
        let project = match options.emit {
            true => Some(self.catch(request, &pipeline, options, report.first.as_ref())?),
            false => None,
        };
        let files = |caught| files(&caught).map_err(|error| error.to_string());
        let project = project.map(|caught| caught.and_then(files));
        Ok(Answer::Notice(Notice::Lockstep(Box::new(report), project)))
    }

    /// The operation that is off with what an issue has to say of it, or why it cannot be caught.
    fn catch(
        &self,
        request: &RunRequest,
        pipeline: &impl Runs,
        options: &LockstepOptions,
        first: Option<&OperationReport>,
    ) -> Result<Result<Caught, String>, BoxError> {
        let Some(first) = first else {
            return Ok(Err("no operation is off, so that no project was written".to_owned()));
        };
        let capture =
            || lockstep::capture(pipeline, self.device, self.float(), options, first.number);
        let captured = if first.whole { None } else { capture()? };
        let missing =
            || format!("{} is no single operation: no project was written", first.title());
        Ok(captured.map(|captured| self.caught(request, first, captured)).ok_or_else(missing))
    }

    fn caught(&self, request: &RunRequest, first: &OperationReport, captured: Captured) -> Caught {
        let Captured { operation, inputs, outputs, expected, got } = captured;
        Caught {
            title: first.title(),
            scenario: scenario_name(request),
            target: self.target.name.clone(),
            locator: self.target.locator.clone(),
            operation,
            inputs,
            outputs,
            expected,
            got,
            allowed_ulp: first.allowed,
            facts: facts(&self.target.fingerprint),
        }
    }

    /// Runs the scenario with a fault planted into the target.
    pub(super) fn faulted(
        &self,
        request: &RunRequest,
        planted: &Planted,
    ) -> Result<Answer, BoxError> {
        let case = prepared(request, self.registry)?;
        let pipeline = |place: &Place| case.run_streamed(place);
        let fault = Some(planted.clone());
        lockstep::with_fault(&pipeline, self.device, self.float(), fault).map(Answer::Finished)
    }

    /// The operations that each fault fits.
    pub(super) fn fitting(&self, request: &RunRequest) -> Result<Answer, BoxError> {
        let case = prepared(request, self.registry)?;
        let pipeline = |place: &Place| case.run_streamed(place);
        let fitting = lockstep::fitting(&pipeline, self.device, self.float())?;
        let fitting = fitting.into_iter().map(|(name, numbers)| (name.to_owned(), numbers));
        Ok(Answer::Notice(Notice::Fitting(fitting.collect())))
    }

    /// The operations of the scenario on the reference.
    pub(super) fn follow(
        &self,
        request: &RunRequest,
        located: Option<usize>,
    ) -> Result<Answer, BoxError> {
        let case = prepared(request, self.registry)?;
        let steps = lockstep::follow(&|place: &Place| case.run_streamed(place), located)?;
        Ok(Answer::Notice(Notice::Followed(steps)))
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
