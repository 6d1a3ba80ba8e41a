//! A trace compared with a golden, output by output: every check that fails, and the numbers. Pure.

use std::collections::BTreeMap;

use burn_repro_target::Target;

use super::RecordReport;
use super::sentences::{differences, incomparable, sentences, sketch_sentence};
use crate::compare::{CompareError, Comparison, Want, compare};
use crate::golden::{Content, Golden, SKETCH_MARGIN, Summary, reduced, rmse_estimate, sketch};
use crate::reason::{Reason, ReasonCode};
use crate::scenario::Scenario;
use crate::tolerance::Measure;
use crate::tolerance::{Bound, Bounds};
use crate::trace::{HostTensor, NamedTensor, Trace};

/// What comparing a trace with a golden gave.
#[derive(Debug, Default)]
pub struct GoldenComparison {
    /// What is outside of its bound.
    pub mismatches: Vec<Reason>,
    /// The numbers, by output.
    pub comparisons: BTreeMap<String, Comparison>,
    /// How many outputs were compared.
    pub checks: usize,
}

impl GoldenComparison {
    /// Compares every output of either side.
    #[must_use]
    pub fn new(scenario: &Scenario, target: &Target, trace: &Trace, golden: &Golden) -> Self {
        let mut compared = Self::default();
        for summary in &golden.text.outputs {
            compared.add(scenario, target, trace, golden, summary);
        }
        for NamedTensor { name, .. } in &trace.outputs {
            if !golden.text.outputs.iter().any(|summary| summary.name == *name) {
                let text = format!("the golden has no output `{name}`");
                compared.mismatches.push(Reason::new(ReasonCode::UnknownOutput, text));
            }
        }
        for name in scenario.tolerance.named_outputs() {
            if trace.output(name).is_none() {
                let text = format!(
                    "`tolerance` names the output `{name}`, which the pipeline does not have"
                );
                compared.mismatches.push(Reason::new(ReasonCode::UnknownOutput, text));
            }
        }
        compared
    }

    /// Compares one output of the golden.
    #[must_use]
    pub(crate) fn of_output(
        scenario: &Scenario,
        target: &Target,
        trace: &Trace,
        golden: &Golden,
        name: &str,
    ) -> Self {
        let mut compared = Self::default();
        for summary in golden.text.outputs.iter().filter(|summary| summary.name == name) {
            compared.add(scenario, target, trace, golden, summary);
        }
        compared
    }

    fn add(
        &mut self,
        scenario: &Scenario,
        target: &Target,
        trace: &Trace,
        golden: &Golden,
        summary: &Summary,
    ) {
        self.checks += 1;
        match trace.output(&summary.name) {
            Some(got) => {
                let bounds = scenario.tolerance.bounds(target, &summary.name, got.dtype);
                self.output(&OutputCheck { scenario, golden, summary, bounds: &bounds }, got);
            }
            None => {
                let text = format!(
                    "the golden has the output `{}`, which the pipeline did not return",
                    summary.name
                );
                self.mismatches.push(Reason::new(ReasonCode::MissingOutput, text));
            }
        }
    }

    /// Whether something was compared and nothing is outside of its bound.
    pub(crate) fn passes(&self) -> bool {
        self.checks > 0 && self.mismatches.is_empty()
    }

    fn output(&mut self, check: &OutputCheck<'_>, got: &HostTensor) {
        let name = &check.summary.name;
        if got.shape != check.summary.shape.0 {
            let want = check.summary.shape.0.clone();
            let error = CompareError::Shape { got: got.shape.clone(), want };
            self.mismatches.push(incomparable(name, &error));
            return;
        }
        let dtype = check.scenario.dtype.into();
        if got.dtype.is_float() && got.dtype != dtype {
            let error = CompareError::Dtype { got: got.dtype, want: dtype };
            self.mismatches.push(incomparable(name, &error));
            return;
        }
        match check.golden.content(check.summary) {
            Content::Whole(want) => self.whole(check, got, want),
            Content::Reduced { side, means, sketch } => {
                self.mismatches.extend(check.far_by_sketch(got, sketch));
                self.means(check, &reduced(got, side), means, side);
            }
            Content::Sketch(sketch) => {
                self.mismatches.extend(check.far_by_sketch(got, sketch));
                self.mismatches.extend(check.unchecked(|_| true));
            }
        }
    }

    fn whole(&mut self, check: &OutputCheck<'_>, got: &HostTensor, want: &HostTensor) {
        let name = &check.summary.name;
        if got.dtype.is_float() != want.dtype.is_float() {
            let asked = check.scenario.dtype.into();
            let want = if want.dtype.is_float() { asked } else { want.dtype };
            let error = CompareError::Dtype { got: got.dtype, want };
            self.mismatches.push(incomparable(name, &error));
            return;
        }
        match check.compare(got, want) {
            Err(error) => self.mismatches.push(incomparable(name, &error)),
            Ok(comparison) => {
                self.mismatches.extend(sentences(name, got, &comparison, check.bounds));
                self.comparisons.insert(name.clone(), comparison);
            }
        }
    }

    /// Means of blocks. A mean is off by no more than its elements, so that what bounds every element
    /// bounds it as well; any other measure of means may come out better or worse than the elements'.
    fn means(&mut self, check: &OutputCheck<'_>, got: &HostTensor, want: &HostTensor, side: usize) {
        let what = format!("{} (means of {side} by {side})", check.summary.name);
        let holds = |measure| measure == Measure::MaxAbsDiff;
        let bounds = Bounds {
            abs_sum: Bound::new(f64::MAX, 0.0),
            pixel: Bound::new(check.allowed(), 0.0),
            limits: check.bounds.limits.clone().into_iter().filter(|(m, _)| holds(*m)).collect(),
        };
        self.mismatches.extend(check.unchecked(|measure| !holds(measure)));
        let want = Want { tensor: want, abs_sum: want.abs_sum(), dtype: got.dtype };
        match compare(got, want, &bounds) {
            Err(error) => self.mismatches.push(incomparable(&what, &error)),
            Ok(comparison) => {
                self.mismatches.extend(differences(&what, got, &comparison, &bounds));
                self.comparisons.insert(check.summary.name.clone(), comparison);
            }
        }
    }
}

/// A target and its result.
#[derive(Debug, Clone, Copy)]
pub struct TargetResult<'a> {
    /// The target.
    pub target: &'a Target,
    /// Its trace.
    pub trace: &'a Trace,
}

/// Whether a target agrees with a golden, and how far it is, in words.
#[must_use]
pub fn golden_agreement(
    scenario: &Scenario,
    golden: &Golden,
    TargetResult { target, trace }: TargetResult<'_>,
) -> (bool, String) {
    if trace.noise != golden.text.noise {
        return (false, "drew other noise".into());
    }
    let compared = GoldenComparison::new(scenario, target, trace, golden);
    let distances = compared.comparisons.values().map(|comparison| comparison.max_abs_diff);
    let distance = distances.reduce(f64::max).map(|largest| format!("off by {largest:.1e}"));
    let first = || compared.mismatches.first().map(|reason| reason.text.clone());
    let says = distance.or_else(first);
    (compared.mismatches.is_empty(), says.unwrap_or("nothing to compare".into()))
}

/// One output of a golden and what it is checked with.
struct OutputCheck<'a> {
    scenario: &'a Scenario,
    golden: &'a Golden,
    summary: &'a Summary,
    bounds: &'a Bounds,
}

impl OutputCheck<'_> {
    fn compare(&self, got: &HostTensor, want: &HostTensor) -> Result<Comparison, CompareError> {
        let want = Want { tensor: want, abs_sum: self.summary.abs_sum, dtype: got.dtype };
        compare(got, want, self.bounds)
    }

    /// What an element may be off at most, by the largest one.
    fn allowed(&self) -> f64 {
        self.bounds.pixel.allowance(self.summary.min.abs().max(self.summary.max.abs()))
    }

    /// A bound that would not be checked is a failure, not a pass.
    fn unchecked(&self, is_unchecked: impl Fn(Measure) -> bool) -> Vec<Reason> {
        let name = &self.summary.name;
        let unchecked = self.bounds.limits.keys().filter(|measure| is_unchecked(**measure));
        unchecked
            .map(|measure| {
                let text = format!(
                    "the golden keeps {name} in part, so that `{measure}` cannot be checked: bound `pixel` instead"
                );
                Reason::new(ReasonCode::UncheckedBound, text)
            })
            .collect()
    }

    /// What a sketch and the extremes say against an output that is not kept whole. Every element
    /// within its bound implies all of it, so that nothing that is well fails here.
    fn far_by_sketch(&self, got: &HostTensor, want: &HostTensor) -> Vec<Reason> {
        let Summary { name, abs_sum, min, max, .. } = self.summary;
        let allowed = self.allowed();
        let estimate = rmse_estimate(&sketch(&got.values), want);
        let outside_tolerance = |text| Reason::new(ReasonCode::OutsideTolerance, text);
        let mut far = Vec::new();
        // A NaN is within nothing.
        let near = estimate <= allowed * SKETCH_MARGIN;
        if !near {
            far.push(sketch_sentence(name, estimate, allowed));
        }
        let extremes = [
            ("min", *min, got.values.iter().copied().fold(f64::INFINITY, f64::min)),
            ("max", *max, got.values.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        ];
        for (which, want, got) in extremes {
            // The text rounds its tenth digit.
            let near = (got - want).abs() <= allowed + 1.0e-9 * want.abs();
            if !near {
                let text = format!("{name} {which} is {got:.7}, the golden's {want:.7}");
                far.push(outside_tolerance(text));
            }
        }
        let sum = got.abs_sum();
        if !self.bounds.abs_sum.passes(sum, *abs_sum) {
            far.push(outside_tolerance(format!(
                "{name} abs_sum is {sum:.7}, the golden's {abs_sum:.7}: off by {:.3e}, allowed {:.3e}",
                (sum - abs_sum).abs(),
                self.bounds.abs_sum.allowance(*abs_sum)
            )));
        }
        far
    }
}

/// Every intermediate tensor that the golden keeps and the target recorded.
#[must_use]
pub(super) fn records(
    scenario: &Scenario,
    target: &Target,
    trace: &Trace,
    golden: &Golden,
) -> Vec<RecordReport> {
    let record = |summary: &Summary| {
        let got = trace.record(&summary.name)?;
        let bounds = scenario.tolerance.bounds(target, &summary.name, got.dtype);
        let check = OutputCheck { scenario, golden, summary, bounds: &bounds };
        let (name, allowed) = (summary.name.clone(), check.allowed());
        let report = RecordReport { name, allowed, ..RecordReport::default() };
        Some(match golden.content(summary) {
            Content::Whole(want) => {
                let comparison = check.compare(got, want).ok()?;
                let outside = comparison.outside > 0;
                RecordReport { max_abs_diff: Some(comparison.max_abs_diff), outside, ..report }
            }
            Content::Reduced { sketch: want, .. } | Content::Sketch(want) => {
                let estimate = rmse_estimate(&sketch(&got.values), want);
                let outside = estimate > allowed * SKETCH_MARGIN;
                RecordReport { rmse_estimate: Some(estimate), outside, ..report }
            }
        })
    };
    golden.text.records.iter().filter_map(record).collect()
}
