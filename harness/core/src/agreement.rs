//! Who differs from whom: where cells of a scenario disagree, the distances between all of them, the
//! golden and the reference in `f64`, and who is the outlier. Pure.

use burn_repro_target::Target;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compare::{Want, compare};
use crate::evaluate::Against;
use crate::golden::{Content, Golden, REFERENCE_BOUND, reduced, rmse_estimate, sketch};
use crate::number;
use crate::reference::REFERENCE_TARGET;
use crate::scenario::Scenario;
use crate::trace::{HostTensor, NamedTensor, Trace};

/// The name of the reference in `f64` among the members.
pub(crate) const REFERENCE: &str = "reference";
/// The name of the golden among the members.
pub(crate) const GOLDEN: &str = "golden";

/// The distances of one output between everybody who has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Disagreement {
    /// The scenario's name.
    pub scenario: String,
    /// The output.
    pub output: String,
    /// The reference, the golden, then every target.
    pub members: Vec<String>,
    /// Largest absolute differences, member by member, from a golden as far as it keeps the elements;
    /// infinite (JSON: null) where a side is not finite or has another shape.
    #[serde(deserialize_with = "number::rows_or_infinity")]
    pub max_abs_diff: Vec<Vec<f64>>,
    /// Who the outlier is, in one sentence.
    pub conclusion: String,
}

/// A target and what it put out.
#[derive(Debug, Clone, Copy)]
pub struct Witness<'a> {
    /// The target.
    pub target: &'a Target,
    /// Its trace.
    pub trace: &'a Trace,
}

/// Compares everybody's outputs. `reference` is the run in `f64` as the code gives it now, which
/// tells whether the golden itself is the one that is off.
#[must_use]
pub fn disagreements(
    scenario: &Scenario,
    golden: Option<&Golden>,
    reference: &Trace,
    witnesses: &[Witness<'_>],
) -> Vec<Disagreement> {
    let disagreement = |NamedTensor { name, tensor }: &NamedTensor| {
        let kept = golden.and_then(|golden| {
            let summary = golden.text.outputs.iter().find(|summary| summary.name == *name)?;
            Some(golden.content(summary))
        });
        let ballots: Vec<Ballot<'_>> = witnesses
            .iter()
            .map(|witness| Ballot::new(scenario, name, tensor, golden, witness))
            .collect();
        let members: Vec<Member<'_>> = [Member::Tensor(Some(tensor)), Member::Golden(kept)]
            .into_iter()
            .chain(witnesses.iter().map(|witness| Member::Tensor(witness.trace.output(name))))
            .collect();
        let names = witnesses.iter().map(|witness| witness.target.name.clone());
        let row = |left: &Member<'_>| members.iter().map(|right| left.distance(right)).collect();
        Disagreement {
            scenario: scenario.name.clone(),
            output: name.clone(),
            members: [REFERENCE, GOLDEN].map(ToOwned::to_owned).into_iter().chain(names).collect(),
            max_abs_diff: members.iter().map(row).collect(),
            conclusion: conclude(kept.map(|kept| gives(tensor, kept)), &ballots),
        }
    };
    reference.outputs.iter().map(disagreement).collect()
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
    let differences =
        left.values.iter().zip(&right.values).map(|(left, right)| (left - right).abs());
    differences.fold(0.0, |largest, difference| {
        if difference.is_finite() { f64::max(largest, difference) } else { f64::INFINITY }
    })
}

/// How one target stands to the reference and to the golden.
struct Ballot<'a> {
    target: &'a str,
    /// Within the scenario's tolerance of the reference.
    with_reference: bool,
    /// Within the scenario's tolerance of the golden.
    with_golden: bool,
    from_reference: f64,
    output: Option<&'a HostTensor>,
    /// What the tolerance allows an element.
    allowed: f64,
}

impl<'a> Ballot<'a> {
    fn new(
        scenario: &Scenario,
        name: &str,
        reference: &HostTensor,
        golden: Option<&Golden>,
        witness: &Witness<'a>,
    ) -> Self {
        let Witness { target, trace } = witness;
        let output = trace.output(name);
        let bounds = scenario.tolerance.bounds(target, name);
        let within = |got: &HostTensor| {
            let want = Want { tensor: reference, abs_sum: reference.abs_sum(), dtype: got.dtype };
            compare(got, want, &bounds).is_ok_and(|comparison| comparison.passes())
        };
        let with_golden = |golden| {
            let against = Against::of_output(scenario, target, trace, golden, name);
            against.checks > 0 && against.mismatches.is_empty()
        };
        let largest = reference.values.iter().fold(0.0, |largest, v| f64::max(largest, v.abs()));
        Self {
            target: &target.name,
            with_reference: output.is_some_and(within),
            with_golden: golden.is_some_and(with_golden),
            from_reference: output.map_or(f64::INFINITY, |got| distance(reference, got)),
            output,
            allowed: bounds.pixel.allowance(largest),
        }
    }
}

/// `a`, `a and b`, `a, b and c`, with the largest distance from the reference.
struct Group<'a>(Vec<&'a Ballot<'a>>);

impl Group<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|ballot| ballot.target).collect();
        match names.split_last() {
            None => "no target".into(),
            Some((last, [])) => (*last).to_owned(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        }
    }

    fn largest(&self) -> f64 {
        self.0.iter().map(|ballot| ballot.from_reference).fold(0.0, f64::max)
    }

    /// `is` or `are`.
    fn verb(&self) -> &'static str {
        if self.0.len() == 1 { "is" } else { "are" }
    }

    /// Whether all are within what any two of them allow of each other.
    fn is_of_one_mind(&self) -> bool {
        let near = |left: &Ballot<'_>, right: &Ballot<'_>| {
            let both = left.output.zip(right.output);
            both.is_some_and(|(l, r)| distance(l, r) <= left.allowed + right.allowed)
        };
        self.0.iter().all(|left| self.0.iter().all(|right| near(left, right)))
    }
}

fn conclude(golden_agrees: Option<bool>, ballots: &[Ballot<'_>]) -> String {
    let (with, against): (Vec<_>, Vec<_>) =
        ballots.iter().partition(|ballot| ballot.with_reference);
    let (with, against) = (Group(with), Group(against));
    match golden_agrees {
        Some(true) if against.is_empty() => format!(
            "nobody is an outlier: {} agree with the f64 reference, which gives the golden; what is not met \
             is said above",
            with.names()
        ),
        None if against.is_empty() => format!(
            "{} {} within {:.1e} of the f64 reference",
            with.names(),
            with.verb(),
            with.largest()
        ),
        None | Some(true) => outlier(&with, &against),
        Some(false) if against.is_empty() => format!(
            "the golden is the outlier: the f64 reference no longer gives it, and {} {} within {:.1e} of the \
             reference; if that is meant, `cargo test` leaves a new golden for review",
            with.names(),
            with.verb(),
            with.largest()
        ),
        Some(false) if against.0.iter().all(|ballot| ballot.with_golden) => format!(
            "the reference moved away from the golden{}, {} still {} it: a change that did not reach every \
             backend, or a bug on the reference's own",
            if with.is_empty() { String::new() } else { format!(" and {} with it", with.names()) },
            against.names(),
            if against.0.len() == 1 { "gives" } else { "give" },
        ),
        Some(false) => {
            format!("the reference no longer gives the golden, and {}", outlier(&with, &against))
        }
    }
}

/// Who is off among targets that are not all with the reference.
fn outlier(with: &Group<'_>, against: &Group<'_>) -> String {
    let (names, largest) = (against.names(), against.largest());
    // The reference is computed on one of the targets, and shares its bugs.
    let own = matches!(with.0[..], [alone] if alone.target == REFERENCE_TARGET);
    let many = against.0.len() > 1;
    let of_one_mind = many && against.is_of_one_mind();
    if own && of_one_mind {
        return format!(
            "{} stands alone with the f64 reference, which is computed on it: {names} agree with each other \
             and are up to {largest:.1e} from both",
            with.names()
        );
    }
    if !with.is_empty() {
        let are = if many { "are outliers: up to" } else { "is the outlier:" };
        return format!(
            "{names} {are} {largest:.1e} from the f64 reference, {} within {:.1e}",
            with.names(),
            with.largest()
        );
    }
    match (many, of_one_mind) {
        (false, _) => format!(
            "{names} is {largest:.1e} from the f64 reference, and no other target ran that could say which \
             is off"
        ),
        (true, true) => format!(
            "{names} agree with each other and are up to {largest:.1e} from the f64 reference: what they \
             share is in question, be it single precision, the tolerance or the reference itself"
        ),
        (true, false) => format!(
            "{names} are up to {largest:.1e} from the f64 reference and do not agree with each other either"
        ),
    }
}

/// Whether a target's trace agrees with a golden, and how far it is, in words.
#[must_use]
pub fn says_of(scenario: &Scenario, golden: &Golden, witness: &Witness<'_>) -> (bool, String) {
    if witness.trace.noise != golden.text.noise {
        return (false, "drew other noise".into());
    }
    let against = Against::new(scenario, witness.target, witness.trace, golden);
    let distance = against.largest().map(|largest| format!("off by {largest:.1e}"));
    let first = || against.mismatches.first().map(|reason| reason.text.clone());
    let says = distance.or_else(first);
    (against.mismatches.is_empty(), says.unwrap_or("nothing to compare".into()))
}

#[cfg(test)]
mod tests;
