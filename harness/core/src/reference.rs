//! The reference: a scenario's pipeline in `f64` on one CPU target. Goldens are made from it, and cells
//! that disagree are compared with it.

use burn_repro_target::{Discovery, Dtype, Target};

use crate::golden::{Draft, Golden, Recorded, Step};
use crate::scenario::Scenario;
use crate::trace::Trace;
use crate::worker::{Outcome, SLOWER, Variation, Worker, WorkerCommand, limits, request};

/// The target that computes it. Not ndarray: Burn computes its `sigmoid` in `f32` whatever the
/// tensor's type, so that a run in `f64` is good to 2.5e-7 only.
pub(crate) const REFERENCE_TARGET: &str = "flex";

/// The target of the reference; it is on every machine.
#[must_use]
pub fn reference_target(discovery: &Discovery) -> Option<&Target> {
    discovery.targets.iter().find(|target| target.name == REFERENCE_TARGET)
}

/// A worker for references, if the target is here.
#[must_use]
pub fn reference_worker(discovery: &Discovery, command: &WorkerCommand) -> Option<Worker> {
    let target = reference_target(discovery)?.clone();
    Some(Worker::new(command.clone(), target, Dtype::F64.into()))
}

/// Runs the reference of a scenario.
///
/// # Errors
/// Why there is no result.
pub fn run_reference(worker: &mut Worker, scenario: &Scenario) -> Result<Trace, String> {
    run_reference_varied(worker, scenario, Variation::None)
}

/// The service that lists the operations of a scenario on the reference.
pub const FOLLOW: &str = "follow";

/// The operations of a scenario on the reference.
///
/// # Errors
/// How it ended instead.
pub fn ask_follow(worker: &mut Worker, scenario: &Scenario) -> Result<Vec<Step>, Outcome> {
    worker.call(FOLLOW, &request(scenario), limits(scenario, SLOWER))
}

/// The operations of a reference that does not give its golden, or has none: what a new golden remembers. None where
/// they cannot be followed one by one; the golden is as good without.
pub fn steps_if_changed(
    worker: &mut Worker,
    scenario: &Scenario,
    trace: &Trace,
    recorded: &Recorded,
    golden: Option<&Golden>,
) -> Vec<Step> {
    let unchanged = golden.is_some_and(|golden| {
        let draft = Draft::new(scenario, trace, &[], recorded.clone(), Some(golden));
        draft.is_ok_and(|draft| draft.agrees(golden))
    });
    if unchanged { Vec::new() } else { ask_follow(worker, scenario).unwrap_or_default() }
}

/// Runs the reference once more, and refuses one that gives other bits: it would be another golden each time.
///
/// # Errors
/// Where the two differ, and what makes them.
pub fn check_repeats(
    worker: &mut Worker,
    scenario: &Scenario,
    trace: &Trace,
) -> Result<(), String> {
    let again = run_reference(worker, scenario)?;
    match first_other(trace, &again) {
        None => Ok(()),
        Some((name, place)) => Err(format!(
            "the reference differs from itself: a second run gives another {name} at {place:?}. A pipeline draws on the \
             host, from the seed; `Tensor::random`, dropout and weights that `init` draws are other ones each time"
        )),
    }
}

/// The first tensor of two runs with other bits, and the place of the first such element.
fn first_other(left: &Trace, right: &Trace) -> Option<(String, Vec<usize>)> {
    let named = left.records.iter().chain(&left.outputs);
    let others = right.records.iter().chain(&right.outputs);
    named.zip(others).find_map(|(left, right)| {
        let mut pairs = left.tensor.values.iter().zip(&right.tensor.values);
        let flat = pairs.position(|(left, right)| left.to_bits() != right.to_bits())?;
        Some((left.name.clone(), left.tensor.coordinates(flat)))
    })
}

/// Runs the reference of a scenario with other inputs.
///
/// # Errors
/// Why there is no result.
pub fn run_reference_varied(
    worker: &mut Worker,
    scenario: &Scenario,
    variation: Variation,
) -> Result<Trace, String> {
    match worker.run_varied(scenario, variation) {
        Outcome::Finished(trace) => Ok(*trace),
        outcome => Err(format!("the reference failed on {REFERENCE_TARGET}: {}", outcome.reason())),
    }
}
