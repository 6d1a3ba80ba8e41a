//! From what a worker returned to a cell's report: compares with the golden, checks the published
//! numbers, and collects the findings that the verdict rests on. Pure.

mod against;
mod sentences;

use std::collections::BTreeMap;

use burn_repro_backends::{Class, Determinism};
use jiff::civil::Date;
use serde::Serialize;

pub use self::against::Against;
use self::against::first_record_outside;
pub(crate) use self::sentences::expectation_sentence;
use crate::compare::{Comparison, ExpectationResult, check_expectation};
use crate::golden::{Golden, GoldenError};
use crate::plan::{Cell, Skip};
use crate::repeat::Stability;
use crate::trace::{HostTensor, NamedTensor, Trace};
use crate::verdict::{Findings, Judgement, Verdict, apply_known_failure, judge};
use crate::worker::Outcome;

/// Everything that is said about one cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CellReport {
    /// The scenario's name.
    pub scenario: String,
    /// The target's name.
    pub target: String,
    /// The target's class.
    pub class: Class,
    /// What the scenario asks for.
    pub determinism: Determinism,
    /// The verdict.
    pub verdict: Verdict,
    /// Why; empty for a plain pass.
    pub reason: String,
    /// Wall time in seconds.
    pub seconds: f64,
    /// SHA-256 of the first noise drawn, what `repro noise` prints.
    pub noise_sha256: Option<String>,
    /// SHA-256 over all noise drawn.
    pub all_noise_sha256: Option<String>,
    /// SHA-256 of the weights, if the pipeline stated one.
    pub weights_sha256: Option<String>,
    /// Every output in numbers.
    pub outputs: BTreeMap<String, OutputReport>,
    /// Every published number beside the target's.
    pub expect: Vec<ExpectationResult>,
    /// The first kept intermediate tensor that is outside of the bound on elements.
    pub first_record_outside: Option<RecordReport>,
    /// What repeating it showed, if it was repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Stability>,
}

/// One output in numbers; the differences are there where a golden is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutputReport {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Sum of the absolute values.
    pub abs_sum: f64,
    /// Mean of the absolute values.
    pub abs_mean: f64,
    /// The difference from the golden.
    #[serde(flatten)]
    pub comparison: Option<Comparison>,
}

/// Where a difference begins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordReport {
    /// The intermediate tensor's name.
    pub name: String,
    /// Its largest absolute difference, where the golden keeps all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_abs_diff: Option<f64>,
    /// Its root mean squared difference as estimated from a sketch, where the golden keeps only that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rmse_estimate: Option<f64>,
}

impl RecordReport {
    /// How far it is, in words.
    #[must_use]
    pub fn distance(&self) -> String {
        match (self.max_abs_diff, self.rmse_estimate) {
            (Some(difference), _) => format!("by {difference:.3e}"),
            (None, estimate) => format!("by about {:.1e} RMS", estimate.unwrap_or(f64::NAN)),
        }
    }
}

impl CellReport {
    /// The report of a cell that was not run.
    #[must_use]
    pub fn skipped(skip: &Skip) -> Self {
        let judgement = Judgement::new(Verdict::Skipped, &skip.reason);
        Self::without_result(&skip.scenario, &skip.target, skip.class, skip.determinism, judgement)
    }

    fn without_result(
        scenario: &str,
        target: &str,
        class: Class,
        determinism: Determinism,
        judgement: Judgement,
    ) -> Self {
        Self {
            scenario: scenario.to_owned(),
            target: target.to_owned(),
            class,
            determinism,
            verdict: judgement.verdict,
            reason: judgement.reason,
            seconds: 0.0,
            noise_sha256: None,
            all_noise_sha256: None,
            weights_sha256: None,
            outputs: BTreeMap::new(),
            expect: Vec::new(),
            first_record_outside: None,
            repeats: None,
        }
    }

    /// Whether the cell was executed.
    #[must_use]
    pub fn ran(&self) -> bool {
        self.verdict != Verdict::Skipped
    }
}

/// Judges what a worker returned for a cell.
#[must_use]
pub fn evaluate(
    cell: &Cell,
    outcome: &Outcome,
    golden: Result<&Golden, &GoldenError>,
    today: Date,
) -> CellReport {
    let (scenario, target) = (&cell.scenario, &cell.target);
    let known = scenario.known_failure(target);
    let report = |judgement| {
        let judgement = apply_known_failure(judgement, known, today);
        let (name, determinism) = (&scenario.name, scenario.determinism);
        CellReport::without_result(name, &target.name, target.class, determinism, judgement)
    };
    let verdict = match outcome {
        Outcome::Finished(trace) => {
            let examined = Examined::new(cell, trace, golden);
            return CellReport {
                noise_sha256: trace.noise.first_sha256.clone(),
                all_noise_sha256: trace.noise.all_sha256.clone(),
                weights_sha256: trace.weights_sha256.clone(),
                outputs: examined.outputs,
                expect: examined.expect,
                first_record_outside: examined.first_record_outside,
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
    report(Judgement::new(verdict, outcome.reason()))
}

/// What examining a finished cell gave.
struct Examined {
    findings: Findings,
    outputs: BTreeMap<String, OutputReport>,
    expect: Vec<ExpectationResult>,
    first_record_outside: Option<RecordReport>,
}

impl Examined {
    fn new(cell: &Cell, trace: &Trace, golden: Result<&Golden, &GoldenError>) -> Self {
        let mut examined = Self {
            findings: Findings::default(),
            outputs: BTreeMap::new(),
            expect: Vec::new(),
            first_record_outside: None,
        };
        for NamedTensor { name, tensor } in &trace.outputs {
            examined.take_output(name, tensor);
        }
        match golden {
            Ok(golden) => examined.compare_golden(cell, trace, golden),
            Err(error) => examined.findings.missing_golden = Some(error.to_string()),
        }
        for expectation in &cell.scenario.expect {
            let result = check_expectation(expectation, trace.output(&expectation.output));
            examined.findings.checks += 1;
            if !result.pass {
                examined.findings.mismatches.push(expectation_sentence(&result));
            }
            examined.expect.push(result);
        }
        examined
    }

    fn take_output(&mut self, name: &str, tensor: &HostTensor) {
        if let Some(flat) = tensor.first_non_finite() {
            let place = tensor.coordinates(flat);
            let value = tensor.values[flat];
            self.findings.non_finite.get_or_insert(format!("{name} is {value} at {place:?}"));
        }
        let report = OutputReport {
            shape: tensor.shape.clone(),
            abs_sum: tensor.abs_sum(),
            abs_mean: tensor.abs_mean(),
            comparison: None,
        };
        self.outputs.insert(name.to_owned(), report);
    }

    fn compare_golden(&mut self, cell: &Cell, trace: &Trace, golden: &Golden) {
        let Cell { scenario, target } = cell;
        let stale = golden.text.stale_fields(scenario, trace.weights_sha256.as_deref());
        if !stale.is_empty() {
            // The numbers answer another question: comparing them would say nothing.
            self.findings.stale_golden = Some(format!(
                "the golden answers another version of the scenario; {}; run `cargo test`, then review \
                 the golden with `cargo insta review` or `cargo repro golden accept {}`",
                stale.join("; "),
                scenario.name
            ));
            return;
        }
        if golden.text.noise != trace.noise {
            self.findings.wrong_noise = Some(format!(
                "the noise is not the golden's: {:?} against {:?}",
                trace.noise, golden.text.noise
            ));
        }
        let against = Against::new(scenario, target, trace, golden);
        self.findings.checks += against.checks;
        self.findings.mismatches.extend(against.mismatches);
        for (name, comparison) in against.comparisons {
            if let Some(report) = self.outputs.get_mut(&name) {
                report.comparison = Some(comparison);
            }
        }
        self.first_record_outside = first_record_outside(scenario, target, trace, golden);
    }
}
