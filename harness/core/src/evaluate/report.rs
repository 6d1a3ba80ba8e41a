//! The report of a cell: the types of reports and records.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use burn_repro_target::{Class, Determinism};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compare::Comparison;
use crate::evaluate::{ExpectationResult, OutsideReport};
use crate::exit::Exit;
use crate::json_float;
use crate::plan::Skip;
use crate::reason::{self, Reason, ReasonCode};
use crate::stability::Stability;
use crate::tolerance::Bounds;
use crate::verdict::{Judgement, Verdict};

/// Lines of [`CellReport::summary`] at most.
const SUMMARY_LINES: usize = 4;

/// The report of one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Why; empty for a plain pass. A record has the joined texts beside them, as `reason`.
    #[serde(flatten, with = "reason")]
    #[schemars(with = "reason::Written")]
    pub reasons: Vec<Reason>,
    /// Wall time in seconds.
    pub seconds: f64,
    /// SHA-256 of the first noise drawn, what `repro noise` prints.
    pub noise_sha256: Option<String>,
    /// SHA-256 over all noise drawn.
    pub all_noise_sha256: Option<String>,
    /// SHA-256 of the weights, if the pipeline stated one.
    pub weights_sha256: Option<String>,
    /// SHA-256 of the elements of the golden that it was compared with.
    #[serde(default)]
    pub golden_sha256: Option<String>,
    /// Every output in numbers.
    pub outputs: BTreeMap<String, OutputReport>,
    /// Every published number beside the target's.
    pub expect: Vec<ExpectationResult>,
    /// The cell beside the outside reference, where the scenario names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<OutsideReport>,
    /// Every intermediate tensor that the golden keeps, in order: how the distance grows.
    #[serde(default)]
    pub steps: Vec<RecordReport>,
    /// The first of them that is outside of the bound on elements.
    pub first_record_outside: Option<RecordReport>,
    /// What repeating it showed, if it was repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Stability>,
}

/// One output in numbers; the differences are there where a golden is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutputReport {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Sum of the absolute values.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub abs_sum: f64,
    /// Mean of the absolute values.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub abs_mean: f64,
    /// SHA-256 of the elements as they lay on the device, little-endian and row-major: equal where two targets agree
    /// bit for bit.
    #[serde(default)]
    pub sha256: String,
    /// The bounds that it is held to.
    #[serde(default)]
    pub bounds: Bounds,
    /// What the bound on elements allows the golden's largest one to be off.
    #[serde(default)]
    pub allowed: Option<f64>,
    /// The difference from the golden.
    #[serde(flatten)]
    pub comparison: Option<Comparison>,
}

/// An intermediate tensor beside the golden's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordReport {
    /// The intermediate tensor's name.
    pub name: String,
    /// Its largest absolute difference, where the golden keeps all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_abs_diff: Option<f64>,
    /// Its root mean squared difference as estimated from a sketch, where the golden keeps only that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rmse_estimate: Option<f64>,
    /// The largest distance that is within the bound on elements, beside the golden's largest element.
    #[serde(default, deserialize_with = "json_float::or_nan")]
    pub allowed: f64,
    /// Whether it is outside of the bound.
    #[serde(default)]
    pub outside: bool,
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

    /// How far it is, in numbers.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.max_abs_diff.or(self.rmse_estimate).unwrap_or(f64::NAN)
    }
}

impl CellReport {
    /// The order of records and reports: by scenario, class and target.
    pub fn in_order(left: &Self, right: &Self) -> Ordering {
        let key = |cell: &Self| (cell.scenario.clone(), cell.class, cell.target.clone());
        key(left).cmp(&key(right))
    }

    /// The report of a cell that was not run.
    #[must_use]
    pub fn skipped(skip: &Skip) -> Self {
        let judgement = Judgement::new(Verdict::Skipped, skip.reasons.clone());
        Self::without_result(&skip.scenario, &skip.target, skip.class, skip.determinism, judgement)
    }

    pub(super) fn without_result(
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
            reasons: judgement.reasons,
            seconds: 0.0,
            noise_sha256: None,
            all_noise_sha256: None,
            weights_sha256: None,
            golden_sha256: None,
            outputs: BTreeMap::new(),
            expect: Vec::new(),
            reference: None,
            steps: Vec::new(),
            first_record_outside: None,
            repeats: None,
        }
    }

    /// What a terminal says of a cell that failed, in at most four lines: what differs, where, by how much, what would pass,
    /// and the command that says more. Lists of elements and the other measures are the report's.
    #[must_use]
    pub fn summary(&self) -> Vec<String> {
        let is_list = |code| matches!(code, ReasonCode::Place | ReasonCode::WouldPass);
        let told = self.reasons.iter().filter(|reason| !is_list(reason.code));
        let mut lines: Vec<String> = told.map(|reason| reason.text.clone()).collect();
        let first = self.first_record_outside.as_ref();
        let mut last: Vec<String> = Vec::new();
        last.extend(
            first.map(|first| format!("first outside: {} {}", first.name, first.distance())),
        );
        if matches!(self.verdict, Verdict::Mismatch | Verdict::NonFinite) {
            let Self { scenario, target, .. } = self;
            let is_outside = |reason: &Reason| reason.code == ReasonCode::OutsideReference;
            last.push(match self.reasons.iter().all(is_outside) {
                true => format!("next: `cargo repro parity {scenario}`"),
                false => format!("next: `cargo repro diagnose {scenario} --backend {target}`"),
            });
        }
        let room = SUMMARY_LINES - last.len();
        if lines.len() > room {
            let more = lines.len() - (room - 1);
            lines.truncate(room - 1);
            lines.push(format!("and {more} more reasons, in the report"));
        }
        [lines, last].concat()
    }

    /// Whether the cell was executed.
    #[must_use]
    pub fn ran(&self) -> bool {
        self.verdict != Verdict::Skipped
    }

    /// The largest difference of any output, where every output has a finite one.
    #[must_use]
    pub fn distance(&self) -> Option<f64> {
        let comparisons = self.outputs.values().filter_map(|output| output.comparison.as_ref());
        // Beside a NaN the distance of the other elements would mislead.
        let finite = comparisons.filter(|comparison| comparison.non_finite == 0);
        finite.map(|comparison| comparison.max_abs_diff).reduce(f64::max)
    }
}

impl Exit {
    /// What the cells of a run amount to.
    #[must_use]
    pub fn of(reports: &[CellReport]) -> Self {
        let ran =
            if reports.iter().any(CellReport::ran) { Self::Success } else { Self::NothingRan };
        reports.iter().map(|report| report.verdict.info().exit).fold(ran, Self::max)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn reports(verdicts: &[Verdict]) -> Vec<CellReport> {
        let skip = Skip {
            scenario: "s".into(),
            target: "flex".into(),
            class: Class::Cpu,
            determinism: Determinism::Full,
            reasons: Vec::new(),
        };
        let report = |&verdict| CellReport { verdict, ..CellReport::skipped(&skip) };
        verdicts.iter().map(report).collect()
    }

    #[rstest]
    #[case(&[], 4)]
    #[case(&[Verdict::Skipped], 4)]
    #[case(&[Verdict::Skipped, Verdict::Pass], 0)]
    #[case(&[Verdict::KnownFailure], 0)]
    #[case(&[Verdict::UnexpectedPass, Verdict::Pass], 100)]
    #[case(&[Verdict::NonFinite], 100)]
    #[case(&[Verdict::Mismatch, Verdict::StaleGolden], 101)]
    #[case(&[Verdict::Nondeterministic], 100)]
    #[case(&[Verdict::StaleMemory], 100)]
    #[case(&[Verdict::OutOfMemory, Verdict::MissingGolden], 102)]
    #[case(&[Verdict::HiddenPanic], 102)]
    #[case(&[Verdict::BrokenDevice], 102)]
    #[case(&[Verdict::Crashed, Verdict::MissingGolden], 102)]
    fn the_highest_applies(#[case] verdicts: &[Verdict], #[case] code: u8) {
        assert_eq!(Exit::of(&reports(verdicts)) as u8, code);
    }
}
