//! Who differs from whom: where cells of a scenario disagree, the distances between all of them, the
//! golden and the reference in `f64`, and who is the outlier. Pure.

use burn_repro_backends::Target;
use serde::Serialize;

use crate::evaluate::Against;
use crate::golden::{Golden, REFERENCE_BOUND};
use crate::scenario::Scenario;
use crate::trace::{HostTensor, NamedTensor, Trace};

/// The name of the reference in `f64` among the members.
pub const REFERENCE: &str = "reference";
/// The name of the golden among the members.
pub const GOLDEN: &str = "golden";

/// The distances of one output between everybody who has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Disagreement {
    /// The scenario's name.
    pub scenario: String,
    /// The output.
    pub output: String,
    /// The reference, the golden, then every target.
    pub members: Vec<String>,
    /// Largest absolute differences, member by member; infinite (JSON: null) where a side is not
    /// finite or has another shape.
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
        let golden = golden.and_then(|golden| golden.tensor(name));
        let ballots: Vec<Ballot<'_>> = witnesses
            .iter()
            .map(|witness| Ballot::new(scenario, name, tensor, golden, witness))
            .collect();
        let others = witnesses.iter().map(|witness| witness.trace.output(name));
        let all: Vec<Option<&HostTensor>> =
            [Some(tensor), golden].into_iter().chain(others).collect();
        let names = witnesses.iter().map(|witness| witness.target.name.clone());
        let members = [REFERENCE.to_owned(), GOLDEN.to_owned()].into_iter().chain(names).collect();
        let row = |left: &Option<&HostTensor>| {
            all.iter().map(|right| distance(*left, *right)).collect::<Vec<_>>()
        };
        Disagreement {
            scenario: scenario.name.clone(),
            output: name.clone(),
            members,
            max_abs_diff: all.iter().map(row).collect(),
            conclusion: conclude(golden.map(|golden| agrees(golden, tensor)), &ballots),
        }
    };
    reference.outputs.iter().map(disagreement).collect()
}

/// Whether the reference still gives the golden.
fn agrees(golden: &HostTensor, reference: &HostTensor) -> bool {
    golden.shape == reference.shape
        && reference
            .values
            .iter()
            .zip(&golden.values)
            .all(|(&got, &want)| REFERENCE_BOUND.passes(got, want))
}

/// The largest absolute difference; infinite where there is none.
fn distance(left: Option<&HostTensor>, right: Option<&HostTensor>) -> f64 {
    let (Some(left), Some(right)) = (left, right) else { return f64::INFINITY };
    if left.shape != right.shape {
        return f64::INFINITY;
    }
    let differences =
        left.values.iter().zip(&right.values).map(|(left, right)| (left - right).abs());
    differences
        .fold(0.0, |largest, d| if d.is_finite() { f64::max(largest, d) } else { f64::INFINITY })
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
        golden: Option<&HostTensor>,
        witness: &Witness<'a>,
    ) -> Self {
        let output = witness.trace.output(name);
        let pixel = scenario.tolerance.bounds(witness.target, name).pixel;
        let within = |want: &HostTensor| {
            output.is_some_and(|got| {
                got.shape == want.shape
                    && got.values.iter().zip(&want.values).all(|(&g, &w)| pixel.passes(g, w))
            })
        };
        let largest = reference.values.iter().fold(0.0, |largest, v| f64::max(largest, v.abs()));
        Self {
            target: &witness.target.name,
            with_reference: within(reference),
            with_golden: golden.is_some_and(within),
            from_reference: distance(Some(reference), output),
            output,
            allowed: pixel.allowance(largest),
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
            distance(left.output, right.output) <= left.allowed + right.allowed
        };
        self.0.iter().all(|left| self.0.iter().all(|right| near(left, right)))
    }
}

fn conclude(golden_agrees: Option<bool>, ballots: &[Ballot<'_>]) -> String {
    let (with, against): (Vec<_>, Vec<_>) =
        ballots.iter().partition(|ballot| ballot.with_reference);
    let (with, against) = (Group(with), Group(against));
    let outlier = || match (with.is_empty(), against.0.len()) {
        (false, 1) => format!(
            "{} is the outlier: {:.1e} from the f64 reference, {} within {:.1e}",
            against.names(),
            against.largest(),
            with.names(),
            with.largest()
        ),
        (false, _) => format!(
            "{} are outliers: up to {:.1e} from the f64 reference, {} within {:.1e}",
            against.names(),
            against.largest(),
            with.names(),
            with.largest()
        ),
        (true, 1) => format!(
            "{} is {:.1e} from the f64 reference, and no other target ran that could say which is off",
            against.names(),
            against.largest()
        ),
        (true, _) if against.is_of_one_mind() => format!(
            "{} agree with each other and are up to {:.1e} from the f64 reference: what they share is in \
             question, be it single precision, the tolerance or the reference itself",
            against.names(),
            against.largest()
        ),
        (true, _) => format!(
            "{} are up to {:.1e} from the f64 reference and do not agree with each other either",
            against.names(),
            against.largest()
        ),
    };
    match golden_agrees {
        Some(true) if against.is_empty() => {
            format!(
                "nobody is an outlier: {} agree with the f64 reference, which gives the golden",
                with.names()
            )
        }
        None if against.is_empty() => {
            format!(
                "{} {} within {:.1e} of the f64 reference",
                with.names(),
                with.verb(),
                with.largest()
            )
        }
        None | Some(true) => outlier(),
        Some(false) if against.is_empty() => format!(
            "the golden is the outlier: the f64 reference no longer gives it, and {} {} within {:.1e} of the \
             reference",
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
        Some(false) => format!("the reference no longer gives the golden, and {}", outlier()),
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
    let says = distance.or(against.mismatches.first().cloned());
    (against.mismatches.is_empty(), says.unwrap_or("nothing to compare".into()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::trace::Dtype;

    fn tensor(value: f64) -> HostTensor {
        HostTensor { shape: vec![1], dtype: Dtype::F32, values: vec![value] }
    }

    /// The reference is 1, the tolerance 0.01.
    fn said(golden: Option<f64>, targets: &[(&'static str, f64)]) -> String {
        let outputs: Vec<HostTensor> = targets.iter().map(|(_, value)| tensor(*value)).collect();
        let ballot = |(&(target, value), output): (&(&'static str, f64), _)| Ballot {
            target,
            with_reference: (value - 1.0).abs() <= 0.01,
            with_golden: golden.is_some_and(|golden| (value - golden).abs() <= 0.01),
            from_reference: distance(Some(&tensor(1.0)), Some(output)),
            output: Some(output),
            allowed: 0.01,
        };
        let ballots: Vec<_> = targets.iter().zip(&outputs).map(ballot).collect();
        conclude(golden.map(|golden| agrees(&tensor(golden), &tensor(1.0))), &ballots)
    }

    #[rstest]
    #[case::one_target(Some(1.0), &[("flex", 1.001), ("ndarray", 1.5), ("wgpu:x", 1.002)],
        "ndarray is the outlier: 5.0e-1 from the f64 reference, flex and wgpu:x within 2.0e-3")]
    #[case::two_targets(Some(1.0), &[("flex", 1.001), ("ndarray", 1.5), ("wgpu:x", 0.2)],
        "ndarray and wgpu:x are outliers: up to 8.0e-1 from the f64 reference, flex within 1.0e-3")]
    #[case::the_golden(Some(2.0), &[("flex", 1.001), ("ndarray", 0.999)],
        "the golden is the outlier: the f64 reference no longer gives it, and flex and ndarray are within \
         1.0e-3 of the reference")]
    #[case::the_reference(Some(2.0), &[("flex", 1.0), ("ndarray", 2.001)],
        "the reference moved away from the golden and flex with it, ndarray still gives it: a change that \
         did not reach every backend, or a bug on the reference's own")]
    #[case::one_mind(Some(1.0), &[("flex", 1.5), ("ndarray", 1.501)],
        "flex and ndarray agree with each other and are up to 5.0e-1 from the f64 reference: what they \
         share is in question, be it single precision, the tolerance or the reference itself")]
    #[case::nobody(Some(1.0), &[("flex", 1.5), ("ndarray", 0.5)],
        "flex and ndarray are up to 5.0e-1 from the f64 reference and do not agree with each other either")]
    #[case::alone(Some(1.0), &[("flex", 1.5)],
        "flex is 5.0e-1 from the f64 reference, and no other target ran that could say which is off")]
    #[case::not_a_number(Some(1.0), &[("flex", 1.0), ("ndarray", f64::NAN)],
        "ndarray is the outlier: inf from the f64 reference, flex within 0.0e0")]
    #[case::golden_and_target(Some(2.0), &[("flex", 1.0), ("ndarray", 5.0)],
        "the reference no longer gives the golden, and ndarray is the outlier: 4.0e0 from the f64 \
         reference, flex within 0.0e0")]
    #[case::no_golden(None, &[("flex", 1.0), ("ndarray", 1.001)],
        "flex and ndarray are within 1.0e-3 of the f64 reference")]
    fn the_outlier_is_named(
        #[case] golden: Option<f64>,
        #[case] targets: &[(&'static str, f64)],
        #[case] sentence: &str,
    ) {
        assert_eq!(said(golden, targets), sentence);
    }
}
