//! Numbers that others published for a scenario, checked on every target beside the golden.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::bounded::{OutputName, Sentence};
use super::slice::Slice;
use crate::tolerance::NonNegative;

/// One published number or slice, with its source.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Expectation {
    /// Who published it, and where.
    pub source: String,
    /// The output it is about.
    pub output: String,
    /// What was published.
    pub published: Published,
}

/// What was published.
#[derive(Debug, Clone, PartialEq)]
pub enum Published {
    /// Values of a part of the output.
    Values {
        /// The part.
        slice: Slice,
        /// The values, row-major.
        values: Vec<f64>,
        /// The largest absolute difference that passes.
        tol: f64,
    },
    /// The sum of the absolute values.
    AbsSum(Statistic),
    /// The mean of the absolute values.
    AbsMean(Statistic),
}

/// One published statistic.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statistic {
    /// The published value.
    pub value: f64,
    /// The largest absolute difference that passes.
    pub tol: NonNegative,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Raw {
    source: Sentence,
    output: OutputName,
    #[serde(default)]
    slice: Option<Slice>,
    #[serde(default)]
    values: Option<Vec<f64>>,
    #[serde(default)]
    tol: Option<NonNegative>,
    #[serde(default)]
    abs_sum: Option<Statistic>,
    #[serde(default)]
    abs_mean: Option<Statistic>,
}

/// The keys; which of them go together is the parser's matter.
impl JsonSchema for Expectation {
    fn schema_name() -> Cow<'static, str> {
        "Expectation".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Raw::json_schema(generator)
    }
}

impl TryFrom<Raw> for Expectation {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        let published = match (raw.slice, raw.values, raw.tol, raw.abs_sum, raw.abs_mean) {
            (Some(slice), Some(values), Some(tol), None, None) if !values.is_empty() => {
                Published::Values { slice, values, tol: tol.0 }
            }
            (None, None, None, Some(statistic), None) => Published::AbsSum(statistic),
            (None, None, None, None, Some(statistic)) => Published::AbsMean(statistic),
            _ => {
                return Err("an expectation is one of: `slice`, `values` and `tol` together; \
                            `abs_sum: { value, tol }`; `abs_mean: { value, tol }`"
                    .into());
            }
        };
        Ok(Self { source: raw.source.0, output: raw.output.0, published })
    }
}
