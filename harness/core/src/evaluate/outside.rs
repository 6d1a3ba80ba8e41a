//! A trace compared with an outside reference, tensor by tensor in the order of execution. Pure.

use burn_repro_target::Target;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compare::{Comparison, Want, compare};
use crate::outside::{OutsideError, OutsideReference};
use crate::reason::{Reason, ReasonCode};
use crate::scenario::Scenario;
use crate::tolerance::Bound;
use crate::trace::{Dtype, HostTensor, NamedTensor, Trace};

/// What is left of a sum of `f64`s about 1 that is 0 in exact arithmetic, such as the gradient of a bias before a norm.
const ROUNDING: f64 = 1.0e-15;

/// A tensor whose elements are all smaller is rounding alone: its sum says nothing.
const NOTHING: f64 = 1.0e-12;

/// Names of a list that a sentence gives at most.
const NAMED: usize = 3;

/// A cell beside an outside reference.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutsideReport {
    /// Who computed it.
    pub source: String,
    /// SHA-256 of its file.
    pub sha256: String,
    /// Every tensor that both sides have, in the order of execution.
    pub tensors: Vec<OutsideTensor>,
    /// What the cell recorded or put out, and the reference does not have.
    pub only_in_cell: Vec<String>,
    /// What the reference has, and the cell does not.
    pub only_in_reference: Vec<String>,
}

/// One tensor of a cell beside that of an outside reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutsideTensor {
    /// Its name.
    pub name: String,
    /// What the bound on elements allows the reference's largest one to be off.
    pub allowed: f64,
    /// Whether a bound is not met. The comparison beside it has a number of that name.
    #[serde(rename = "is_outside")]
    pub outside: bool,
    /// Why the two cannot be compared, if they cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The difference.
    #[serde(flatten)]
    pub comparison: Option<Comparison>,
}

impl OutsideTensor {
    /// How far it is, in words.
    #[must_use]
    pub fn distance(&self) -> String {
        match (&self.comparison, &self.problem) {
            (Some(comparison), _) if comparison.non_finite > 0 => {
                format!("{} elements are NaN or infinite", comparison.non_finite)
            }
            (Some(comparison), _) if comparison.outside == 0 && !comparison.abs_sum_passes => {
                format!(
                    "each element is within {:.1e}, but the sum of absolute values is off by {:.1e} of itself",
                    self.allowed, comparison.abs_sum_rel_to_pass
                )
            }
            (Some(comparison), _) => {
                format!("off by {:.1e}, allowed {:.1e}", comparison.max_abs_diff, self.allowed)
            }
            (None, problem) => problem.clone().unwrap_or_default(),
        }
    }

    /// The largest difference; infinite where there is none.
    #[must_use]
    pub fn largest(&self) -> f64 {
        let finite = self.comparison.as_ref().filter(|comparison| comparison.non_finite == 0);
        finite.map_or(f64::INFINITY, |comparison| comparison.max_abs_diff)
    }
}

impl OutsideReport {
    /// Compares what both sides have.
    #[must_use]
    pub fn new(
        scenario: &Scenario,
        target: &Target,
        trace: &Trace,
        reference: &OutsideReference,
    ) -> Self {
        let OutsideReference { source, sha256, .. } = reference;
        let (source, sha256) = (source.clone(), sha256.clone());
        let mut report = Self { source, sha256, ..Self::default() };
        for NamedTensor { name, tensor } in trace.records.iter().chain(&trace.outputs) {
            match reference.tensor(name) {
                Some(want) => report.tensors.push(beside(scenario, target, name, tensor, want)),
                None => report.only_in_cell.push(name.clone()),
            }
        }
        let is_compared = |name: &&str| report.tensors.iter().any(|tensor| tensor.name == *name);
        let rest = reference.names().filter(|name| !is_compared(name));
        report.only_in_reference = rest.map(ToOwned::to_owned).collect();
        report
    }

    /// The first tensor outside of its bounds, in the order of execution.
    #[must_use]
    pub fn first_outside(&self) -> Option<&OutsideTensor> {
        self.tensors.iter().find(|tensor| tensor.outside)
    }

    /// What is wrong: one sentence on the first and the worst, or that nothing was compared.
    #[must_use]
    pub fn reasons(&self) -> Vec<Reason> {
        let Self { source, tensors, only_in_cell, only_in_reference, .. } = self;
        if tensors.is_empty() {
            let text = format!(
                "nothing was compared with {source}: it has {}, the cell recorded {}; give them the same names",
                some(only_in_reference),
                some(only_in_cell)
            );
            return vec![Reason::new(ReasonCode::NothingChecked, text)];
        }
        let Some(first) = self.first_outside() else { return Vec::new() };
        let outside: Vec<&OutsideTensor> = tensors.iter().filter(|tensor| tensor.outside).collect();
        let worst = outside.iter().max_by(|left, right| left.largest().total_cmp(&right.largest()));
        let (count, all) = (outside.len(), tensors.len());
        let worst = match worst.filter(|worst| worst.name != first.name) {
            Some(worst) => format!(", the worst is `{}`: {}", worst.name, worst.distance()),
            None => String::new(),
        };
        let text = format!(
            "differs from {source} from `{}` on: {}; {count} of {all} tensors are outside{worst}",
            first.name,
            first.distance()
        );
        vec![Reason::new(ReasonCode::OutsideReference, text)]
    }
}

/// What is wrong with a reference that could not be read.
pub(super) fn unreadable(error: &OutsideError) -> Reason {
    Reason::new(ReasonCode::NothingChecked, error.to_string())
}

fn beside(
    scenario: &Scenario,
    target: &Target,
    name: &str,
    got: &HostTensor,
    tensor: &HostTensor,
) -> OutsideTensor {
    let mut bounds = scenario.tolerance.bounds(target, name, got.dtype);
    let largest = tensor.values.iter().fold(0.0, |largest, value| f64::max(largest, value.abs()));
    // However wide the tolerance of a narrower type is.
    let within = scenario.reference.as_ref().map_or(0.0, |reference| reference.within);
    let exact = within * largest + ROUNDING;
    if largest < NOTHING {
        let elements = tensor.values.len() as f64;
        bounds.abs_sum = Bound::new(elements * bounds.pixel.allowance(largest), 0.0);
    }
    if [got.dtype, tensor.dtype] == [Dtype::F64.into(); 2]
        && exact < bounds.pixel.allowance(largest)
    {
        bounds.pixel = Bound::new(exact, 0.0);
    }
    let want = Want { tensor, abs_sum: tensor.abs_sum(), dtype: got.dtype };
    let compared = compare(got, want, &bounds);
    OutsideTensor {
        name: name.to_owned(),
        allowed: bounds.pixel.allowance(largest),
        outside: !compared.as_ref().is_ok_and(Comparison::passes),
        problem: compared.as_ref().err().map(ToString::to_string),
        comparison: compared.ok(),
    }
}

/// The first names of a list, and how many there are beside them.
fn some(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "no tensor".to_owned(),
        count if count > NAMED => format!("{} and {} more", shown.join(", "), count - NAMED),
        _ => shown.join(", "),
    }
}

#[cfg(test)]
mod tests;
