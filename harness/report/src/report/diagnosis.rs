//! A diagnosis as text.

use comfy_table::Table;

use super::text_table::plain;
use burn_repro_core::diagnose::{Diagnosis, ReferenceState, short};
use burn_repro_core::diagnose::{LockstepReport, OperationReport};

/// The whole diagnosis; the conclusion comes last, where a terminal ends.
pub fn diagnosis(diagnosis: &Diagnosis) -> String {
    let Diagnosis { scenario, target, verdict, reason, lockstep, .. } = diagnosis;
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let mut lines = vec![format!("{scenario} on {target}: {verdict}{why}")];
    lines.push(reference(&diagnosis.reference));
    lines.push(match &diagnosis.first_outside {
        Some(first) => format!("first out of tolerance: {}, {}", first.name, first.distance()),
        None => "no intermediate tensor is out of tolerance".into(),
    });
    lines.extend(distance(diagnosis));
    lines.push(compared(lockstep));
    lines.push(String::new());
    lines.push(table(&lockstep.worst).to_string());
    lines.push(String::new());
    lines.push(format!("conclusion: {}", diagnosis.conclusion));
    if let Some(Ok(sentence)) = &lockstep.emitted {
        lines.push(format!("project: {sentence}"));
    }
    lines.join("\n") + "\n"
}

fn reference(state: &ReferenceState) -> String {
    match state {
        ReferenceState::Same => "the reference matches its golden".into(),
        ReferenceState::NoGolden(reason) => format!("there is no golden to compare with: {reason}"),
        ReferenceState::Changed { first: Some(change), .. } => {
            format!(
                "the reference no longer matches its golden; first different operation: {}",
                change.words()
            )
        }
        ReferenceState::Changed { unknown, .. } => {
            let why = unknown.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
            format!("the reference no longer matches its golden{why}")
        }
    }
}

/// The distance from the reference, and how it grows.
fn distance(diagnosis: &Diagnosis) -> Option<String> {
    let worst = diagnosis
        .lockstep
        .reads
        .iter()
        .max_by(|left, right| left.difference.total_cmp(&right.difference))?;
    let growth =
        diagnosis.growth.as_ref().map_or(String::new(), |growth| format!("; {}", growth.words()));
    Some(format!(
        "distance from the reference, step by step: at most {:.3e} ({}){growth}",
        worst.difference, worst.name
    ))
}

fn compared(lockstep: &LockstepReport) -> String {
    let stopped = if lockstep.stopped { ", until the first tensor out of tolerance" } else { "" };
    let own = match lockstep.plain_difference {
        0.0 => "its result is the plain run's, bit for bit".to_owned(),
        difference => format!("its result is {difference:.1e} from the plain run's"),
    };
    format!(
        "{} operations compared in {:.2} s{stopped} (plain run {:.2} s); {own}",
        lockstep.operations, lockstep.seconds, lockstep.plain_seconds
    )
}

fn table(operations: &[OperationReport]) -> Table {
    let mut table = plain(["ULP", "allowed", "accumulated", "operation", "where"], 0..3);
    for operation in operations {
        table.add_row([
            short(operation.local.ulp),
            short(operation.allowed),
            short(operation.accumulated.ulp),
            format!("{} {}", operation.name, operation.arguments).trim().to_owned(),
            place(operation),
        ]);
    }
    table
}

/// Where an operation stands: scope, parameter, line.
fn place(operation: &OperationReport) -> String {
    let parts = [Some(&operation.place), operation.parameter.as_ref(), operation.source.as_ref()];
    let parts: Vec<&str> =
        parts.into_iter().flatten().map(String::as_str).filter(|part| !part.is_empty()).collect();
    match parts.is_empty() {
        true => format!("operation {}", operation.number),
        false => parts.join("\n"),
    }
}
