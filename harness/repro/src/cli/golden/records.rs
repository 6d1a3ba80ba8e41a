//! What run records of other machines hold for `golden accept --from`: goldens that nobody could write there, as in CI,
//! and what every target there put out.

use std::path::PathBuf;

use burn_repro_target::Target;

use crate::cli::Failure;
use burn_repro_core::evaluate::{TargetResult, golden_agreement};
use burn_repro_core::golden::{Golden, REFERENCE_BOUND, TargetEvidence};
use burn_repro_core::reason::joined;
use burn_repro_core::scenario::Scenario;
use burn_repro_core::trace::{Noise, Trace};
use burn_repro_report::matrix::{Located, Matrix, read};

/// The records of other machines; none where nobody named any.
#[derive(Default)]
pub(super) struct Records {
    matrix: Matrix,
    given: bool,
}

impl Records {
    /// Reads the records below folders.
    pub(super) fn read(folders: &[PathBuf]) -> Result<Self, Failure> {
        if folders.is_empty() {
            return Ok(Self::default());
        }
        let found = read(folders);
        match found.missing.is_empty() {
            // A target that is left out might be the one that contradicts.
            false => Err(Failure::usage(found.missing.join(" "))),
            true => Ok(Self { matrix: found.matrix, given: true }),
        }
    }

    /// Whether somebody named some.
    pub(super) fn are_given(&self) -> bool {
        self.given
    }

    /// The golden that waits in the records.
    ///
    /// # Errors
    /// If it cannot be read, or the records hold several that differ.
    pub(super) fn pending(&self, scenario: &str) -> Result<Option<Golden>, String> {
        let mut pending: Option<Golden> = None;
        for folder in self.matrix.machines.iter().flat_map(|machine| &machine.folders) {
            let found = folder.references().load_pending(scenario).map_err(|e| e.to_string())?;
            match (&pending, found) {
                (Some(first), Some(other)) if !first.text.agrees(&other.text, REFERENCE_BOUND) => {
                    return Err("the records hold goldens that differ; name one of them".into());
                }
                (None, found) => pending = found,
                _ => {}
            }
        }
        Ok(pending)
    }

    /// What each of their targets says of a golden; one that `is_known` to fail says nothing.
    pub(super) fn evidence(
        &self,
        scenario: &Scenario,
        golden: &Golden,
        is_known: impl Fn(&Target) -> bool,
    ) -> Vec<TargetEvidence> {
        let cells = self.matrix.cells().filter(|located| {
            located.cell.report.scenario == scenario.name && located.cell.report.ran()
        });
        let evidence = |located: Located<'_>| {
            let report = &located.cell.report;
            let target = located.machine.targets(&report.target).next();
            if target.is_some_and(&is_known) {
                return None;
            }
            let outputs = located.cell.folder.outputs(report);
            let (agrees, says) = match (outputs, target) {
                (_, _) if report.outputs.is_empty() => {
                    (false, format!("{}: {}", report.verdict, joined(&report.reasons)))
                }
                // Without its outputs or its target it might contradict.
                (Err(reason), _) => (false, reason),
                (Ok(_), None) => (false, "its target is not in the record".into()),
                (Ok(outputs), Some(target)) => {
                    let noise = Noise {
                        // Records count no draws; the hash over all of them says more.
                        draws: golden.text.noise.draws,
                        first_sha256: report.noise_sha256.clone(),
                        all_sha256: report.all_noise_sha256.clone(),
                    };
                    let trace = Trace { noise, outputs, ..Trace::default() };
                    golden_agreement(scenario, golden, TargetResult { target, trace: &trace })
                }
            };
            let machine = Some(located.machine.name.clone());
            Some(TargetEvidence { target: report.target.clone(), machine, agrees, says })
        };
        cells.filter_map(evidence).collect()
    }
}
