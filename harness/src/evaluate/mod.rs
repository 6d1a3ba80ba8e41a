//! From what a worker returned to a cell's report: compares with the golden, checks the published
//! numbers, and collects the findings that the verdict rests on. Pure.

mod sentences;

use std::collections::BTreeMap;

use burn_repro_backends::Class;
use jiff::civil::Date;
use serde::Serialize;

use self::sentences::{expectation_sentence, sentences};
use crate::compare::{Comparison, ExpectationResult, check_expectation, compare};
use crate::golden::{Golden, GoldenError};
use crate::plan::{Cell, Skip};
use crate::scenario::Bounds;
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
    /// Every output in numbers.
    pub outputs: BTreeMap<String, OutputReport>,
    /// Every published number beside the target's.
    pub expect: Vec<ExpectationResult>,
    /// The first kept intermediate tensor that is outside of the bound on elements.
    pub first_record_outside: Option<RecordReport>,
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
    /// Its largest absolute difference.
    pub max_abs_diff: f64,
}

impl CellReport {
    /// The report of a cell that was not run.
    #[must_use]
    pub fn skipped(skip: &Skip) -> Self {
        let judgement = Judgement::new(Verdict::Skipped, &skip.reason);
        Self::without_result(&skip.scenario, &skip.target, skip.class, judgement)
    }

    fn without_result(scenario: &str, target: &str, class: Class, judgement: Judgement) -> Self {
        Self {
            scenario: scenario.to_owned(),
            target: target.to_owned(),
            class,
            verdict: judgement.verdict,
            reason: judgement.reason,
            seconds: 0.0,
            noise_sha256: None,
            all_noise_sha256: None,
            outputs: BTreeMap::new(),
            expect: Vec::new(),
            first_record_outside: None,
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
    let known = scenario.known_failures.iter().find(|known| known.backend.matches(target));
    let report = |judgement| {
        let judgement = apply_known_failure(judgement, known, today);
        CellReport::without_result(&scenario.name, &target.name, target.class, judgement)
    };
    let failed = |verdict, reason: &str| report(Judgement::new(verdict, reason));
    match outcome {
        Outcome::Finished(trace) => {
            let examined = Examined::new(cell, trace, golden);
            CellReport {
                noise_sha256: trace.noise.first_sha256.clone(),
                all_noise_sha256: trace.noise.all_sha256.clone(),
                outputs: examined.outputs,
                expect: examined.expect,
                first_record_outside: examined.first_record_outside,
                ..report(judge(&examined.findings))
            }
        }
        Outcome::Unsupported(reason) => failed(Verdict::Skipped, reason),
        Outcome::Failed(reason) | Outcome::Crashed(reason) => failed(Verdict::Crashed, reason),
        Outcome::TimedOut(seconds) => failed(
            Verdict::TimedOut,
            &format!("no result after {seconds} s; raise `time_limit` if it is only slow"),
        ),
    }
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
        let bounds = cell.scenario.tolerance.bounds(&cell.target);
        let text = &golden.text;
        if text.question_sha256 != cell.scenario.question_sha256 {
            // The numbers answer another question: comparing them would say nothing.
            self.findings.stale_golden = Some(
                "the scenario asks something else than its golden answers (pipeline, seed, steps, \
                 batch_size or params changed); run `cargo test` and review the golden"
                    .into(),
            );
            return;
        }
        if text.noise != trace.noise {
            self.findings.wrong_noise = Some(format!(
                "the noise is not the golden's: {:?} against {:?}",
                trace.noise, text.noise
            ));
        }
        for summary in &text.outputs {
            let want = golden.tensor(&summary.name).expect("the store checks both halves");
            self.compare_output(&summary.name, trace, want, summary.abs_sum, &bounds);
        }
        for NamedTensor { name, .. } in &trace.outputs {
            if !text.outputs.iter().any(|summary| summary.name == *name) {
                self.findings.mismatches.push(format!("the golden has no output `{name}`"));
            }
        }
        self.first_record_outside = text.records.iter().find_map(|summary| {
            let want = golden.tensor(&summary.name)?;
            let got = trace.record(&summary.name)?;
            let comparison = compare(got, want, want.abs_sum(), &bounds).ok()?;
            let name = summary.name.clone();
            let report = RecordReport { name, max_abs_diff: comparison.max_abs_diff };
            (comparison.outside > 0).then_some(report)
        });
    }

    fn compare_output(
        &mut self,
        name: &str,
        trace: &Trace,
        want: &HostTensor,
        want_abs_sum: f64,
        bounds: &Bounds,
    ) {
        self.findings.checks += 1;
        let Some(got) = trace.output(name) else {
            self.findings
                .mismatches
                .push(format!("the golden has the output `{name}`, it was not put out"));
            return;
        };
        match compare(got, want, want_abs_sum, bounds) {
            Err(error) => self.findings.mismatches.push(format!("{name}: {error}")),
            Ok(comparison) => {
                self.findings.mismatches.extend(sentences(name, got, &comparison, bounds));
                if let Some(report) = self.outputs.get_mut(name) {
                    report.comparison = Some(comparison);
                }
            }
        }
    }
}
