//! Checks a published number against what a target put out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json_float;
use crate::scenario::{Expectation, Published, Slice};
use crate::trace::HostTensor;

/// One number or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Numbers {
    /// A statistic.
    One(#[serde(deserialize_with = "json_float::or_nan")] f64),
    /// The values of a slice.
    Many(#[serde(deserialize_with = "json_float::all_or_nan")] Vec<f64>),
}

/// A published number beside the target's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectationResult {
    /// Who published it.
    pub source: String,
    /// The output and the part or statistic of it.
    pub what: String,
    /// Whether the target's number is close enough.
    pub pass: bool,
    /// The target's number; nothing where it could not be computed.
    pub got: Option<Numbers>,
    /// The published number.
    pub want: Numbers,
    /// The largest absolute difference that passes.
    pub tol: f64,
    /// The largest absolute difference; nothing where it could not be computed.
    pub difference: Option<f64>,
    /// Why the number could not be computed.
    pub problem: Option<String>,
}

/// Checks one expectation against the output of its name.
#[must_use]
pub fn check_expectation(
    expectation: &Expectation,
    output: Option<&HostTensor>,
) -> ExpectationResult {
    let (statistic, want, tol) = match &expectation.published {
        Published::Values { slice, values, tol } => {
            (slice.to_string(), Numbers::Many(values.clone()), *tol)
        }
        Published::AbsSum(published) => {
            (" abs_sum".into(), Numbers::One(published.value), published.tol.0)
        }
        Published::AbsMean(published) => {
            (" abs_mean".into(), Numbers::One(published.value), published.tol.0)
        }
    };
    let taken = output
        .ok_or_else(|| format!("the pipeline has no output `{}`", expectation.output))
        .and_then(|output| take(&expectation.published, output));
    let (got, problem) = match taken {
        Ok(got) => (Some(got), None),
        Err(problem) => (None, Some(problem)),
    };
    let difference = got.as_ref().map(|got| largest_difference(got, &want));
    ExpectationResult {
        source: expectation.source.clone(),
        what: format!("{}{statistic}", expectation.output),
        // A NaN is close to nothing.
        pass: difference.is_some_and(|difference| difference <= tol),
        got,
        want,
        tol,
        difference,
        problem,
    }
}

fn take(published: &Published, output: &HostTensor) -> Result<Numbers, String> {
    match published {
        Published::Values { slice, values, .. } => take_slice(slice, values.len(), output),
        Published::AbsSum(_) => Ok(Numbers::One(output.abs_sum())),
        Published::AbsMean(_) => Ok(Numbers::One(output.abs_mean())),
    }
}

fn take_slice(slice: &Slice, published: usize, output: &HostTensor) -> Result<Numbers, String> {
    let indices = slice.resolve(&output.shape)?;
    if indices.len() != published {
        return Err(format!(
            "the slice {slice} selects {} values of the shape {:?}, but {published} are published",
            indices.len(),
            output.shape
        ));
    }
    Ok(Numbers::Many(indices.into_iter().map(|index| output.values[index]).collect()))
}

/// Infinite as soon as one number is not finite.
fn largest_difference(got: &Numbers, want: &Numbers) -> f64 {
    let pairs: Vec<(f64, f64)> = match (got, want) {
        (Numbers::One(got), Numbers::One(want)) => vec![(*got, *want)],
        (Numbers::Many(got), Numbers::Many(want)) => {
            got.iter().copied().zip(want.iter().copied()).collect()
        }
        _ => return f64::INFINITY,
    };
    pairs
        .into_iter()
        .map(|(got, want)| (got - want).abs())
        .fold(0.0, |largest, d| if d.is_nan() { f64::INFINITY } else { f64::max(largest, d) })
}
