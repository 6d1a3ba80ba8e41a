//! Replays a recording in each way and makes a report of what the replay kept.

use std::collections::BTreeMap;
use std::time::Instant;

use burn_repro_device::Device;
use burn_repro_device::ir::OperationIr;
use serde::{Deserialize, Serialize};

use super::both::Lockstep;
use super::follow::Follow;
use super::single::Single;
use super::stats::{OpResult, Subject};
use crate::fault::{FAULTS, InjectedFault};
use crate::operation::{Description, shapes};
use burn_repro_core::diagnose::{LockstepReport, OperationReport};
use burn_repro_core::golden::Step;
use burn_repro_core::tolerance::Bound;
use burn_repro_core::trace::Trace;
use burn_repro_worker::{BoxError, Recording};

/// How a lockstep is done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LockstepOptions {
    /// A fault to plant into the target.
    pub fault: Option<InjectedFault>,
    /// The bound whose first breach ends the comparison.
    pub until: Option<Bound>,
    /// Whether the first operation that is off is to be cut out as a project of its own.
    pub minimal_repro: bool,
}

/// Replays a recording in lockstep; the trace is the target's, and the numbers are those of operations whose error is not
/// explained by their inputs.
///
/// # Errors
/// What stops the replay.
pub(super) fn lockstep(
    recording: &Recording,
    device: &Device,
    options: &LockstepOptions,
) -> Result<(LockstepReport, Trace, Vec<usize>), BoxError> {
    let begun = Instant::now();
    let mut replay = Lockstep::new(recording, device, options.fault.clone(), options.until);
    let trace = recording.replay(&mut replay)?;
    let jumps = std::mem::take(&mut replay.jumps);
    let mut report = reported(replay);
    report.seconds = begun.elapsed().as_secs_f64();
    Ok((report, trace, jumps))
}

fn reported(replay: Lockstep<'_>) -> LockstepReport {
    let mut inaccurate: Vec<(String, usize)> = replay.kept.inaccurate.clone().into_iter().collect();
    inaccurate.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let struck = replay.struck();
    LockstepReport {
        operations: replay.kept.operations,
        worst: replay.kept.worst.iter().map(told).collect(),
        first: replay.kept.first.as_ref().map(told),
        inaccurate,
        reads: replay.reads,
        stopped: replay.stopped,
        struck,
        ..LockstepReport::default()
    }
}

fn told(compared: &OpResult) -> OperationReport {
    let name = compared.kind.name();
    let (arguments, shapes) = match &compared.kind {
        Subject::Host(shape) => (String::new(), format!("-> {shape:?}")),
        Subject::Operation(operation) => (Description::of(operation).arguments, shapes(operation)),
    };
    OperationReport {
        number: compared.number,
        place: compared.place.to_string(),
        parameter: compared.parameter.as_deref().map(str::to_owned),
        name,
        arguments,
        shapes,
        source: compared.source.clone(),
        local: compared.local,
        accumulated: compared.accumulated,
        whole: false,
        allowed: compared.allowed,
    }
}

/// Replays a recording on a target alone, with a fault if one is planted.
///
/// # Errors
/// What stops the replay, or if the fault cannot be planted.
pub(crate) fn with_fault(
    recording: &Recording,
    device: &Device,
    fault: Option<InjectedFault>,
) -> Result<Trace, BoxError> {
    recording.replay(&mut Single::new(device, fault))
}

/// The numbers of the operations that each fault fits.
pub(crate) fn fitting(recording: &Recording) -> BTreeMap<&'static str, Vec<usize>> {
    let mut fitting: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
    for (number, operation) in recording.operations.iter().enumerate() {
        let fits = FAULTS.iter().filter(|fault| match operation {
            OperationIr::Init(made) => fault.is_of_host_data() && made.out.dtype.is_float(),
            operation => (fault.fits)(operation),
        });
        fits.for_each(|fault| fitting.entry(fault.name).or_default().push(number));
    }
    fitting
}

/// Follows a recording on the reference.
///
/// # Errors
/// If a result cannot be read.
pub(super) fn follow(recording: &Recording) -> Result<Vec<Step>, BoxError> {
    let mut follow = Follow::new(recording);
    recording.replay(&mut follow)?;
    Ok(follow.followed)
}
