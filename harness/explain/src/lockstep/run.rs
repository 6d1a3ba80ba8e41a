//! Runs a pipeline on each kind of stream and makes a report of what the stream kept.

use std::collections::BTreeMap;
use std::time::Instant;

use burn_repro_device::{Device, Executor, Place, Stream, StreamDevice};
use burn_repro_target::Dtype;

use super::both::Lockstep;
use super::follow::Follow;
use super::single::Single;
use super::stats::{CapturedOperation, OpResult, Subject};
use crate::fault::InjectedFault;
use crate::operation::{Description, shapes};
use burn_repro_core::diagnose::{LockstepReport, OperationReport};
use burn_repro_core::golden::Step;
use burn_repro_core::tolerance::Bound;
use burn_repro_core::trace::Trace;
use burn_repro_worker::BoxError;
use burn_repro_worker::names;
use serde::{Deserialize, Serialize};

/// A pipeline with its case: runs on the device of a stream.
pub(crate) trait Runs {
    fn on(&self, place: &Place) -> Result<Trace, BoxError>;
}

impl<F: Fn(&Place) -> Result<Trace, BoxError>> Runs for F {
    fn on(&self, place: &Place) -> Result<Trace, BoxError> {
        self(place)
    }
}

/// How a lockstep is done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LockstepOptions {
    /// A fault to plant into the target.
    pub fault: Option<InjectedFault>,
    /// The bound whose first breach ends the comparison.
    pub until: Option<Bound>,
    /// Whether the lines of the model are looked for.
    pub locate: bool,
    /// Whether the first operation that is off is to be caught as a project of its own.
    pub minimal_repro: bool,
}

/// Runs a pipeline on a stream; gives what the pipeline recorded.
fn on_stream<S: Stream + 'static, T>(
    stream: S,
    pipeline: &impl Runs,
    finish: impl FnOnce(&mut S) -> T,
) -> Result<(Trace, T), BoxError> {
    names::forget();
    let opened = StreamDevice::open(stream);
    let trace = pipeline.on(opened.device())?;
    Ok((trace, opened.with(finish)))
}

/// Runs a pipeline in lockstep; the trace is the target's.
///
/// # Errors
/// What stops the pipeline, or the comparison.
pub fn lockstep(
    pipeline: &impl Runs,
    device: &Device,
    float: Dtype,
    options: &LockstepOptions,
) -> Result<(LockstepReport, Trace), BoxError> {
    let begun = Instant::now();
    let stream = Lockstep::new(device, float, options.fault.clone(), options.until);
    let (trace, (mut report, failure)) = on_stream(stream, pipeline, |stream| {
        let failure = stream.take_failure();
        (reported(stream), failure)
    })?;
    if let Some(reason) = failure {
        return Err(reason.into());
    }
    report.seconds = begun.elapsed().as_secs_f64();
    if options.locate {
        locate(&mut report, pipeline, device, float)?;
    }
    Ok((report, trace))
}

/// Runs a pipeline in lockstep once more, to catch one operation with everything that it is given and gives.
///
/// # Errors
/// What stops the pipeline.
pub(crate) fn capture(
    pipeline: &impl Runs,
    device: &Device,
    float: Dtype,
    options: &LockstepOptions,
    number: usize,
) -> Result<Option<CapturedOperation>, BoxError> {
    let stream = Lockstep::new(device, float, options.fault.clone(), None).capturing(number);
    let (_, (captured, failure)) =
        on_stream(stream, pipeline, |stream| (stream.captured.take(), stream.take_failure()))?;
    failure.map_or(Ok(captured), |reason| Err(reason.into()))
}

fn reported(stream: &mut Lockstep) -> LockstepReport {
    let mut inaccurate: Vec<(String, usize)> = stream.kept.inaccurate.clone().into_iter().collect();
    inaccurate.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    LockstepReport {
        operations: stream.kept.operations,
        worst: stream.kept.worst.iter().map(told).collect(),
        first: stream.kept.first.as_ref().map(told),
        inaccurate,
        reads: std::mem::take(&mut stream.reads),
        stopped: stream.stopped,
        struck: stream.struck(),
        ..LockstepReport::default()
    }
}

fn told(compared: &OpResult) -> OperationReport {
    let name = compared.kind.name();
    let (arguments, shapes) = match &compared.kind {
        Subject::Host(shape) => (String::new(), format!("-> {shape:?}")),
        Subject::Whole(_, shape) => {
            ("the backend's own, in one piece".to_owned(), format!("{shape:?} -> {shape:?}"))
        }
        Subject::Operation(operation) => (Description::of(operation).arguments, shapes(operation)),
    };
    OperationReport {
        number: compared.number,
        place: compared.place.to_string(),
        parameter: compared.parameter.as_deref().map(str::to_owned),
        name,
        arguments,
        shapes,
        source: None,
        local: compared.local,
        accumulated: compared.accumulated,
        whole: matches!(compared.kind, Subject::Whole(..)),
        allowed: compared.allowed,
    }
}

/// Runs the pipeline once more, to see which lines ask for the operations that are told.
fn locate(
    report: &mut LockstepReport,
    pipeline: &impl Runs,
    device: &Device,
    float: Dtype,
) -> Result<(), BoxError> {
    let numbers: Vec<usize> =
        report.worst.iter().chain(&report.first).map(|operation| operation.number).collect();
    let stream = Single::new(Executor::new(device, float), None).locating(numbers);
    let (_, lines) = on_stream(stream, pipeline, |stream| stream.located().clone())?;
    for operation in report.worst.iter_mut().chain(&mut report.first) {
        operation.source = lines.get(&operation.number).cloned().flatten();
    }
    Ok(())
}

/// Runs a pipeline on a target alone, with a fault if one is planted.
///
/// # Errors
/// What stops the pipeline, or if the fault cannot be planted.
pub(crate) fn with_fault(
    pipeline: &impl Runs,
    device: &Device,
    float: Dtype,
    fault: Option<InjectedFault>,
) -> Result<Trace, BoxError> {
    let stream = Single::new(Executor::new(device, float), fault);
    let (trace, failure) = on_stream(stream, pipeline, Single::take_failure)?;
    failure.map_or(Ok(trace), |reason| Err(reason.into()))
}

/// The numbers of the operations that each fault fits.
///
/// # Errors
/// What stops the pipeline.
pub fn fitting(
    pipeline: &impl Runs,
    device: &Device,
    float: Dtype,
) -> Result<BTreeMap<&'static str, Vec<usize>>, BoxError> {
    let stream = Single::new(Executor::new(device, float), None).listing();
    Ok(on_stream(stream, pipeline, |stream| stream.fitting())?.1)
}

/// Follows a pipeline on the reference, and looks for the line that asks for one operation.
///
/// # Errors
/// What stops the pipeline, or if a result cannot be read.
pub fn follow(pipeline: &impl Runs, located: Option<usize>) -> Result<Vec<Step>, BoxError> {
    let (_, (followed, failure)) = on_stream(Follow::new(located), pipeline, |stream| {
        (std::mem::take(&mut stream.followed), stream.take_failure())
    })?;
    failure.map_or(Ok(followed), |reason| Err(reason.into()))
}
