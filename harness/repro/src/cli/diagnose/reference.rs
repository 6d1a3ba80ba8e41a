//! What is to be said of a reference: whether it gives its golden, and where it left the golden's way.

use burn_repro_target::Discovery;

use crate::cli::Failure;
use burn_repro_core::diagnose::{ReferenceState, first_change};
use burn_repro_core::exit::Exit;
use burn_repro_core::golden::{Draft, GoldenError, Recorded, Store};
use burn_repro_core::reference::{ask_follow, reference_target, reference_worker, run_reference};
use burn_repro_core::scenario::Scenario;
use burn_repro_core::worker::WorkerCommand;

/// Whether the reference gives its golden, and where it left the golden's way if it does not.
pub(super) fn reference_state(
    scenario: &Scenario,
    store: &Store,
    discovery: &Discovery,
    command: &WorkerCommand,
) -> Result<ReferenceState, Failure> {
    let crashed = |message: String| Failure { exit: Exit::Crashed, message };
    let golden = match store.load(&scenario.name) {
        Ok(golden) => golden,
        Err(error @ GoldenError::Missing(_)) => {
            return Ok(ReferenceState::NoGolden(error.to_string()));
        }
        Err(error) => return Err(Failure { exit: Exit::Golden, message: error.to_string() }),
    };
    let nowhere = || crashed("the target of the reference is not available".into());
    let target = reference_target(discovery).ok_or_else(nowhere)?;
    let mut worker = reference_worker(discovery, command).ok_or_else(nowhere)?;
    let trace = run_reference(&mut worker, scenario).map_err(crashed)?;
    let recorded = Recorded::now(target, &scenario.folder());
    let draft = Draft::new(scenario, &trace, &[], recorded, Some(&golden));
    match draft {
        Ok(draft) if draft.agrees(&golden) => return Ok(ReferenceState::Same),
        Ok(_) => {}
        Err(error) => {
            let unknown = Some(error.to_string());
            return Ok(ReferenceState::Changed { first: None, unknown });
        }
    }
    let kept = golden.steps();
    if kept.is_empty() {
        let unknown =
            "the operation is unknown: the golden has no record of its operations".to_owned();
        return Ok(ReferenceState::Changed { first: None, unknown: Some(unknown) });
    }
    let steps = ask_follow(&mut worker, scenario).map_err(|outcome| crashed(outcome.reason()))?;
    let first = first_change(&kept, &steps);
    let unknown = first.is_none().then(|| {
        format!(
            "the {} operations in the golden's record are unchanged",
            kept.len().min(steps.len())
        )
    });
    Ok(ReferenceState::Changed { first, unknown })
}
