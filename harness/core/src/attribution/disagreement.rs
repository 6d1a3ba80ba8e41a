//! The distances of one output between all targets, the golden and the reference, and what follows from them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Standing;
use super::conclusion::{Candidate, conclude};
use crate::compare::{Want, compare};
use crate::evaluate::{GoldenComparison, TargetResult};
use crate::golden::{Content, Golden, REFERENCE_BOUND, reduced, rmse_estimate, sketch};
use crate::json_float;
use crate::scenario::Scenario;
use crate::trace::{HostTensor, NamedTensor, Trace};

/// The members before the targets: the reference in `f64`, and the golden.
const REFERENCE_AND_GOLDEN: [&str; 2] = ["reference", "golden"];

/// The distances of one output between everybody who has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Disagreement {
    /// The scenario's name.
    pub scenario: String,
    /// The output.
    pub output: String,
    /// The reference, the golden, then every target; empty where an outside reference is what all differ from.
    pub members: Vec<String>,
    /// Largest absolute differences, member by member, from a golden as far as it keeps the elements;
    /// infinite (JSON: null) where a side is not finite or has another shape.
    #[serde(deserialize_with = "json_float::rows_or_infinity")]
    pub max_abs_diff: Vec<Vec<f64>>,
    /// Who the outlier is, in one sentence.
    pub conclusion: String,
}

/// Compares the outputs of all targets. `reference` is the run in `f64` as the code gives it now, which tells whether the
/// golden itself is wrong.
#[must_use]
pub fn disagreements(
    scenario: &Scenario,
    golden: Option<&Golden>,
    reference: &Trace,
    results: &[TargetResult<'_>],
) -> Vec<Disagreement> {
    let one = |output| disagreement(scenario, golden, output, results);
    reference.outputs.iter().map(one).collect()
}

fn disagreement(
    scenario: &Scenario,
    golden: Option<&Golden>,
    NamedTensor { name, tensor: reference }: &NamedTensor,
    results: &[TargetResult<'_>],
) -> Disagreement {
    let kept = golden.and_then(|golden| {
        let summary = golden.text.outputs.iter().find(|summary| summary.name == *name)?;
        Some(golden.content(summary))
    });
    let outputs: Vec<Member<'_>> = [Member::Tensor(Some(reference)), Member::Golden(kept)]
        .into_iter()
        .chain(results.iter().map(|result| Member::Tensor(result.trace.output(name))))
        .collect();
    let row = |left: &Member<'_>| outputs.iter().map(|right| left.distance(right)).collect();
    let max_abs_diff: Vec<Vec<f64>> = outputs.iter().map(row).collect();
    let matches_golden = |TargetResult { target, trace }: &TargetResult<'_>| {
        golden.is_some_and(|golden| {
            GoldenComparison::of_output(scenario, target, trace, golden, name).passes()
        })
    };
    let rows = results.iter().zip(&max_abs_diff[REFERENCE_AND_GOLDEN.len()..]);
    let candidates: Vec<Candidate<'_>> = rows
        .map(|(result, row)| Candidate {
            target: &result.target.name,
            standing: Standing {
                distance: row[0],
                passes: passes(scenario, name, reference, result),
            },
            matches_golden: matches_golden(result),
            distances: &row[REFERENCE_AND_GOLDEN.len()..],
        })
        .collect();
    let reference_gives = kept.map(|kept| gives(reference, kept));
    let conclusion = conclude(reference_gives, &candidates, rounding(scenario, reference));
    let targets = results.iter().map(|result| result.target.name.as_str());
    Disagreement {
        scenario: scenario.name.clone(),
        output: name.clone(),
        members: REFERENCE_AND_GOLDEN.into_iter().chain(targets).map(ToOwned::to_owned).collect(),
        max_abs_diff,
        conclusion,
    }
}

/// The largest distance that rounding can explain: half of the digits of the scenario's element type, beside the largest
/// element. It is the usual bound where nothing more is known of a computation.
fn rounding(scenario: &Scenario, reference: &HostTensor) -> f64 {
    let largest = reference.values.iter().fold(0.0, |largest, v| f64::max(largest, v.abs()));
    scenario.dtype.epsilon().sqrt() * largest
}

/// Whether an output is within the scenario's tolerance of the reference.
pub(super) fn passes(
    scenario: &Scenario,
    name: &str,
    reference: &HostTensor,
    result: &TargetResult<'_>,
) -> bool {
    result.trace.output(name).is_some_and(|got| {
        let bounds = scenario.tolerance.bounds(result.target, name, got.dtype);
        let want = Want { tensor: reference, abs_sum: reference.abs_sum(), dtype: got.dtype };
        compare(got, want, &bounds).is_ok_and(|comparison| comparison.passes())
    })
}

/// Whether the reference still gives what a golden keeps of it.
fn gives(reference: &HostTensor, kept: Content<'_>) -> bool {
    let same = |got: &HostTensor, want: &HostTensor| {
        let mut pairs = got.values.iter().zip(&want.values);
        got.shape == want.shape && pairs.all(|(&got, &want)| REFERENCE_BOUND.passes(got, want))
    };
    match kept {
        Content::Whole(want) => same(reference, want),
        Content::Reduced { side, means, sketch: want } => {
            same(&reduced(reference, side), means) && same(&sketch(&reference.values), want)
        }
        Content::Sketch(want) => same(&sketch(&reference.values), want),
    }
}

/// Somebody who has an output, or does not.
#[derive(Clone, Copy)]
enum Member<'a> {
    Tensor(Option<&'a HostTensor>),
    Golden(Option<Content<'a>>),
}

impl Member<'_> {
    /// The largest absolute difference, as far as a golden keeps the elements; of a sketch, the
    /// estimated root mean square. Infinite where there is none.
    fn distance(&self, other: &Self) -> f64 {
        let (tensor, kept) = match (self, other) {
            (Self::Tensor(Some(left)), Self::Tensor(Some(right))) => return distance(left, right),
            (Self::Tensor(Some(tensor)), Self::Golden(Some(kept)))
            | (Self::Golden(Some(kept)), Self::Tensor(Some(tensor))) => (*tensor, *kept),
            (Self::Golden(Some(_)), Self::Golden(Some(_))) => return 0.0,
            _ => return f64::INFINITY,
        };
        match kept {
            Content::Whole(want) => distance(tensor, want),
            Content::Reduced { side, means, .. } => distance(&reduced(tensor, side), means),
            Content::Sketch(want) => rmse_estimate(&sketch(&tensor.values), want),
        }
    }
}

/// The largest absolute difference; infinite where there is none.
fn distance(left: &HostTensor, right: &HostTensor) -> f64 {
    if left.shape != right.shape {
        return f64::INFINITY;
    }
    let pairs = left.values.iter().zip(&right.values);
    pairs.map(|(left, right)| (left - right).abs()).fold(0.0, |largest, difference| {
        if difference.is_finite() { f64::max(largest, difference) } else { f64::INFINITY }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{scenario, target};
    use crate::trace::Dtype;
    use burn_repro_target::Class;

    fn trace(dtype: Dtype, values: [f64; 2]) -> Trace {
        let tensor = HostTensor { shape: vec![2], dtype: dtype.into(), values: values.to_vec() };
        Trace { outputs: vec![NamedTensor { name: "image".into(), tensor }], ..Trace::default() }
    }

    /// The case that once made ndarray "the outlier": 1.8e-6 beside 1.5e-6, with a bound between them.
    #[test]
    fn tensors_as_far_as_rounding_makes_them_have_no_outlier() {
        let scenario = scenario("tiny", "tolerance: { pixel: { abs: 1.6e-6 } }");
        let reference = trace(Dtype::F64, [0.5, -1.0]);
        let traces = [1.5e-6, 1.8e-6].map(|off| trace(Dtype::F32, [0.5 + off, -1.0]));
        let targets = ["flex", "ndarray"].map(|name| target(name, Class::Cpu));
        let results: Vec<TargetResult<'_>> = targets
            .iter()
            .zip(&traces)
            .map(|(target, trace)| TargetResult { target, trace })
            .collect();
        let found = disagreements(&scenario, None, &reference, &results);
        assert_eq!(found[0].members, ["reference", "golden", "flex", "ndarray"]);
        assert!(found[0].max_abs_diff[0][1].is_infinite(), "there is no golden");
        let conclusion = &found[0].conclusion;
        assert!(
            conclusion.starts_with("no target is an outlier: flex and ndarray are 1.5e-6"),
            "{conclusion}"
        );
    }
}
