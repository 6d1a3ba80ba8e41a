//! From what a worker returned to a cell's report: compares with the golden, checks the published
//! numbers, and collects the findings that the verdict rests on. Pure.

mod expectation;
mod golden_comparison;
mod outside;
mod repeats;
mod report;
mod sentences;

use std::collections::BTreeMap;

use jiff::civil::Date;

pub use self::expectation::{ExpectationResult, Numbers, check_expectation};
use self::golden_comparison::records;
pub use self::golden_comparison::{GoldenComparison, TargetResult, golden_agreement};
pub use self::outside::{OutsideReport, OutsideTensor};
pub(crate) use self::repeats::evaluate_repeats;
pub use self::report::{CellReport, OutputReport, RecordReport};
pub use self::sentences::{expectation_sentence, round_up, to_pass};
use crate::golden::{Golden, GoldenError, Summary};
use crate::hash::sha256_hex;
use crate::outside::{OutsideError, OutsideReference};
use crate::plan::Cell;
use crate::reason::{Reason, ReasonCode};
use crate::tensor_file;
use crate::trace::{HostTensor, NamedTensor, Trace};
use crate::verdict::{Findings, Judgement, Verdict, apply_known_failure, judge};
use crate::worker::Outcome;

/// What a cell is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Our own result.
    pub golden: Result<&'a Golden, &'a GoldenError>,
    /// Somebody else's, where the scenario names one.
    pub outside: Result<Option<&'a OutsideReference>, &'a OutsideError>,
}

/// Without an outside reference.
impl<'a> From<Result<&'a Golden, &'a GoldenError>> for Wanted<'a> {
    fn from(golden: Result<&'a Golden, &'a GoldenError>) -> Self {
        Self { golden, outside: Ok(None) }
    }
}

/// Judges what a worker returned for a cell.
#[must_use]
pub fn evaluate(cell: &Cell, outcome: &Outcome, wanted: Wanted<'_>, today: Date) -> CellReport {
    let (scenario, target) = (&cell.scenario, &cell.target);
    let known = scenario.known_failure(target);
    let report = |judgement| {
        let judgement = apply_known_failure(judgement, known, today);
        let (name, determinism) = (&scenario.name, scenario.determinism);
        CellReport::without_result(name, &target.name, target.class, determinism, judgement)
    };
    let verdict = match outcome {
        Outcome::Finished(trace) => {
            let examined = Examined::new(cell, trace, wanted);
            return CellReport {
                noise_sha256: trace.noise.first_sha256.clone(),
                all_noise_sha256: trace.noise.all_sha256.clone(),
                weights_sha256: trace.weights_sha256.clone(),
                golden_sha256: wanted.golden.ok().map(|golden| golden.text.tensors_sha256.clone()),
                outputs: examined.outputs,
                expect: examined.expect,
                reference: examined.outside,
                first_record_outside: examined.steps.iter().find(|step| step.outside).cloned(),
                steps: examined.steps,
                ..report(judge(&examined.findings))
            };
        }
        Outcome::Unsupported(_) => Verdict::Skipped,
        Outcome::Failed(_) | Outcome::Crashed(_) => Verdict::Crashed,
        Outcome::TimedOut(_) => Verdict::TimedOut,
        Outcome::OutOfMemory { .. } => Verdict::OutOfMemory,
        Outcome::HiddenPanic(_) => Verdict::HiddenPanic,
        Outcome::BrokenDevice(_) => Verdict::BrokenDevice,
        Outcome::StaleMemory(_) => Verdict::StaleMemory,
    };
    report(Judgement::new(verdict, outcome.reasons()))
}

/// What examining a finished cell gave.
struct Examined {
    findings: Findings,
    outputs: BTreeMap<String, OutputReport>,
    expect: Vec<ExpectationResult>,
    outside: Option<OutsideReport>,
    steps: Vec<RecordReport>,
}

impl Examined {
    fn new(cell: &Cell, trace: &Trace, wanted: Wanted<'_>) -> Self {
        let mut examined = Self {
            findings: Findings::default(),
            outputs: BTreeMap::new(),
            expect: Vec::new(),
            outside: None,
            steps: Vec::new(),
        };
        for NamedTensor { name, tensor } in &trace.outputs {
            examined.take_output(cell, name, tensor);
        }
        match wanted.golden {
            Ok(golden) => examined.compare_golden(cell, trace, golden),
            Err(error) => {
                let code = match error {
                    GoldenError::Missing(_) => ReasonCode::MissingGolden,
                    GoldenError::Half(_)
                    | GoldenError::Pointer(_)
                    | GoldenError::Corrupt { .. } => ReasonCode::UnreadableGolden,
                };
                examined.findings.missing_golden = vec![Reason::new(code, error.to_string())];
            }
        }
        for expectation in &cell.scenario.expect {
            let result = check_expectation(expectation, trace.output(&expectation.output));
            examined.findings.checks += 1;
            if !result.pass {
                let text = expectation_sentence(&result);
                examined.findings.mismatches.push(Reason::new(ReasonCode::PublishedNumber, text));
            }
            examined.expect.push(result);
        }
        match wanted.outside {
            Ok(None) => {}
            Ok(Some(reference)) => examined.compare_outside(cell, trace, reference),
            Err(error) => examined.findings.mismatches.push(outside::unreadable(error)),
        }
        examined
    }

    fn take_output(&mut self, cell: &Cell, name: &str, tensor: &HostTensor) {
        if let Some(flat) = tensor.first_non_finite()
            && self.findings.non_finite.is_empty()
        {
            let place = tensor.coordinates(flat);
            let value = tensor.values[flat];
            let text = format!("{name} is {value} at {place:?}");
            self.findings.non_finite = vec![Reason::new(ReasonCode::NonFinite, text)];
        }
        let report = OutputReport {
            shape: tensor.shape.clone(),
            abs_sum: tensor.abs_sum(),
            abs_mean: tensor.abs_mean(),
            sha256: sha256_hex(&tensor_file::to_bytes(tensor)),
            bounds: cell.scenario.tolerance.bounds(&cell.target, name, tensor.dtype),
            allowed: None,
            comparison: None,
        };
        self.outputs.insert(name.to_owned(), report);
    }

    fn compare_outside(&mut self, cell: &Cell, trace: &Trace, reference: &OutsideReference) {
        let report = OutsideReport::new(&cell.scenario, &cell.target, trace, reference);
        self.findings.checks += report.tensors.len();
        self.findings.mismatches.extend(report.reasons());
        self.outside = Some(report);
    }

    fn compare_golden(&mut self, cell: &Cell, trace: &Trace, golden: &Golden) {
        let Cell { scenario, target, .. } = cell;
        let stale = golden.text.stale_fields(scenario, trace.weights_sha256.as_deref());
        if !stale.is_empty() {
            // The numbers answer another question: comparing them would say nothing.
            let what = "the golden was made from another version of the scenario".to_owned();
            let texts = std::iter::once(what).chain(stale);
            let stale = texts.map(|text| Reason::new(ReasonCode::StaleGolden, text));
            let help = Reason::help(format!(
                "run `cargo test`, then review the golden with `cargo repro golden accept {}` or `cargo insta review`",
                scenario.name
            ));
            self.findings.stale_golden = stale.chain([help]).collect();
            return;
        }
        if golden.text.noise != trace.noise {
            let text = format!(
                "the noise is not the golden's: found {:?}, expected {:?}",
                trace.noise, golden.text.noise
            );
            self.findings.wrong_noise = vec![Reason::new(ReasonCode::WrongNoise, text)];
        }
        let compared = GoldenComparison::new(scenario, target, trace, golden);
        self.findings.checks += compared.checks;
        self.findings.mismatches.extend(compared.mismatches);
        for (name, comparison) in compared.comparisons {
            if let Some(report) = self.outputs.get_mut(&name) {
                report.comparison = Some(comparison);
            }
        }
        for Summary { name, min, max, .. } in &golden.text.outputs {
            if let Some(report) = self.outputs.get_mut(name) {
                report.allowed = Some(report.bounds.pixel.allowance(min.abs().max(max.abs())));
            }
        }
        self.steps = records(scenario, target, trace, golden);
    }
}

#[cfg(test)]
mod tests;
