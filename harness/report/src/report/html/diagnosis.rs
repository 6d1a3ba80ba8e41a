//! The diagnosis of a cell in the data of the page. Pure: finding and reading the file is `folder`'s work, and the
//! sentences that are not a diagnosis's own are the script's.

use serde::Serialize;

use super::cell::{Step, step};
use burn_repro_core::diagnose::{Diagnosis, Growth, ReferenceState};
use burn_repro_core::diagnose::{OperationReport, ReadReport};
use burn_repro_core::folder::DiagnosisError;
use burn_repro_core::verdict::Verdict;

/// What the window of a cell shows under "Diagnosis".
#[derive(Debug, Serialize)]
pub(super) struct Section {
    /// Why there is nothing to show, if there is not.
    note: String,
    found: Option<Found>,
}

#[derive(Debug, Serialize)]
struct Found {
    conclusion: String,
    /// Of the plain run of the diagnosis: the cell may have had another one.
    verdict: Verdict,
    /// How often a fault that was planted on purpose changed something.
    planted: usize,
    reference: String,
    changed: Option<String>,
    /// Whether there is a golden to be out of tolerance with.
    has_golden: bool,
    first_outside: Option<Step>,
    growth: Option<String>,
    reads: Vec<Step>,
    operations: Vec<Operation>,
    /// How many operations were compared.
    compared: usize,
    stopped: bool,
    seconds: f64,
    plain_seconds: f64,
    plain_difference: f64,
}

#[derive(Debug, Serialize)]
struct Operation {
    number: usize,
    name: String,
    arguments: String,
    shapes: String,
    place: String,
    parameter: String,
    source: String,
    ulp: f64,
    allowed: f64,
    accumulated: f64,
    met: bool,
}

/// Nothing where there is no diagnosis.
pub(super) fn section(read: Result<Option<Diagnosis>, DiagnosisError>) -> Option<Section> {
    match read {
        Ok(diagnosis) => {
            Some(Section { note: String::new(), found: Some(Found::new(&diagnosis?)) })
        }
        Err(error) => {
            let note = format!("there is a diagnosis, but it is not shown: its file {error}");
            Some(Section { note, found: None })
        }
    }
}

impl Found {
    fn new(diagnosis: &Diagnosis) -> Self {
        let Diagnosis { verdict, reference, lockstep, .. } = diagnosis;
        let (state, changed) = of_reference(reference);
        Self {
            conclusion: diagnosis.conclusion.clone(),
            verdict: *verdict,
            planted: lockstep.struck,
            reference: state,
            changed,
            has_golden: !matches!(reference, ReferenceState::NoGolden(_)),
            first_outside: diagnosis.first_outside.as_ref().map(step),
            growth: diagnosis.growth.as_ref().map(Growth::words),
            reads: lockstep.reads.iter().map(of_read).collect(),
            operations: lockstep.worst.iter().map(Operation::new).collect(),
            compared: lockstep.operations,
            stopped: lockstep.stopped,
            seconds: lockstep.seconds,
            plain_seconds: lockstep.plain_seconds,
            plain_difference: lockstep.plain_difference,
        }
    }
}

/// What the reference does, and the first operation of it that is another one.
fn of_reference(state: &ReferenceState) -> (String, Option<String>) {
    match state {
        ReferenceState::Same => ("matches its golden".to_owned(), None),
        ReferenceState::NoGolden(reason) => {
            (format!("has no golden to compare with: {reason}"), None)
        }
        ReferenceState::Changed { first: Some(change), .. } => {
            ("no longer matches its golden".to_owned(), Some(change.words()))
        }
        ReferenceState::Changed { first: None, unknown } => {
            let changed = unknown.as_ref().map(|reason| format!("unknown: {reason}"));
            ("no longer matches its golden".to_owned(), changed)
        }
    }
}

/// Nothing is known of what it is allowed: the bounds are those of the golden's records.
fn of_read(read: &ReadReport) -> Step {
    Step { name: read.name.clone(), distance: read.difference, allowed: None, estimate: false }
}

impl Operation {
    fn new(operation: &OperationReport) -> Self {
        Self {
            number: operation.number,
            name: operation.name.clone(),
            arguments: operation.arguments.clone(),
            shapes: operation.shapes.clone(),
            place: operation.place.clone(),
            parameter: operation.parameter.clone().unwrap_or_default(),
            source: operation.source.clone().unwrap_or_default(),
            ulp: operation.local.ulp,
            allowed: operation.allowed,
            accumulated: operation.accumulated.ulp,
            met: operation.local.ulp <= operation.allowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_repro_core::diagnose::LockstepReport;
    use burn_repro_core::diagnose::{Evidence, first_change};
    use burn_repro_core::golden::{KeptStep, Step};

    fn evidence(reference: ReferenceState) -> Evidence {
        Evidence {
            scenario: "tiny".into(),
            target: "flex".into(),
            verdict: Verdict::Mismatch,
            reason: String::new(),
            first_outside: None,
            reference,
            lockstep: LockstepReport::default(),
        }
    }

    #[test]
    fn what_is_not_finite_is_outside_and_null() {
        let mut evidence = evidence(ReferenceState::Same);
        let off = |ulp: f64| {
            let mut operation = OperationReport { allowed: 2.0, ..OperationReport::default() };
            operation.local.ulp = ulp;
            operation
        };
        evidence.lockstep.worst = vec![off(f64::INFINITY), off(2.0)];
        let read = ReadReport { difference: f64::INFINITY, ..ReadReport::default() };
        evidence.lockstep.reads = vec![read];
        let section = section(Ok(Some(Diagnosis::new(evidence)))).unwrap();
        let told = serde_json::to_value(section).unwrap();
        let operations = &told["found"]["operations"];
        assert!(operations[0]["ulp"].is_null() && operations[0]["met"] == false, "{operations}");
        assert!(operations[1]["ulp"] == 2.0 && operations[1]["met"] == true, "{operations}");
        assert!(told["found"]["reads"][0]["distance"].is_null() && told["note"] == "", "{told}");
    }

    #[test]
    fn a_reference_that_changed_names_its_operation() {
        let step = |name: &str| Step { name: name.into(), ..Step::default() };
        let first = first_change(&[KeptStep::of(&step("exp"))], &[step("add_scalar")]);
        let known = of_reference(&ReferenceState::Changed { first, unknown: None });
        let words = "add_scalar number 0: it replaces another operation".to_owned();
        assert_eq!(known, ("no longer matches its golden".into(), Some(words)));
        let unknown = Some("the golden is old".to_owned());
        let (_, changed) = of_reference(&ReferenceState::Changed { first: None, unknown });
        assert_eq!(changed.as_deref(), Some("unknown: the golden is old"));
    }

    #[test]
    fn a_file_that_cannot_be_read_leaves_a_note() {
        assert!(section(Ok(None)).is_none());
        let told = section(Err(DiagnosisError::Version(2))).unwrap();
        assert!(told.note.contains("has version 2") && told.found.is_none(), "{told:?}");
    }
}
