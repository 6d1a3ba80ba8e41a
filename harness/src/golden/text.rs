//! The text half of a golden: what the scenario asked, which noise it used, and what came out, in
//! numbers that a person can review.

use serde::{Deserialize, Serialize};

use crate::scenario::{Bound, Scenario};
use crate::trace::{NamedTensor, Noise, Trace};

/// The version of the golden format; bumped when an older build could not read it.
const VERSION: u32 = 1;

/// The reviewable half of a golden.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenText {
    version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// SHA-256 of what was asked: pipeline, seed, steps, batch size, params.
    pub question_sha256: String,
    /// The noise that was drawn.
    pub noise: Noise,
    /// Every output.
    pub outputs: Vec<Summary>,
    /// The kept intermediate tensors, for finding where a difference begins.
    pub records: Vec<Summary>,
}

/// One tensor in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Sum of the absolute values.
    pub abs_sum: f64,
    /// Mean of the absolute values.
    pub abs_mean: f64,
}

/// Why a text is no golden.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// Not what this build writes.
    #[error("{0}")]
    Yaml(#[from] serde_yaml::Error),
    /// Another version of the format.
    #[error("is in golden format {0}, this build reads {VERSION}; update burn-repro")]
    Version(u32),
}

impl GoldenText {
    /// Summarises a reference run.
    #[must_use]
    pub fn new(scenario: &Scenario, trace: &Trace, records: &[NamedTensor]) -> Self {
        Self {
            version: VERSION,
            scenario: scenario.name.clone(),
            question_sha256: scenario.question_sha256.clone(),
            noise: trace.noise.clone(),
            outputs: trace.outputs.iter().map(Summary::new).collect(),
            records: records.iter().map(Summary::new).collect(),
        }
    }

    /// Parses the text of a golden.
    ///
    /// # Errors
    /// With line and column, or with the version that this build cannot read.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let found: Version = serde_yaml::from_str(text)?;
        if found.version != VERSION {
            return Err(TextError::Version(found.version));
        }
        Ok(serde_yaml::from_str(text)?)
    }

    /// The text as it is written.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        serde_yaml::to_string(self).expect("a golden's text has only plain values")
    }

    /// Whether another text says the same, its numbers within `bound`.
    #[must_use]
    pub fn agrees(&self, other: &Self, bound: Bound) -> bool {
        let agree = |left: &[Summary], right: &[Summary]| {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| left.agrees(right, bound))
        };
        self.scenario == other.scenario
            && self.question_sha256 == other.question_sha256
            && self.noise == other.noise
            && agree(&self.outputs, &other.outputs)
            && agree(&self.records, &other.records)
    }
}

impl Summary {
    fn new(named: &NamedTensor) -> Self {
        Self {
            name: named.name.clone(),
            shape: named.tensor.shape.clone(),
            abs_sum: ten_digits(named.tensor.abs_sum()),
            abs_mean: ten_digits(named.tensor.abs_mean()),
        }
    }

    fn agrees(&self, other: &Self, bound: Bound) -> bool {
        self.name == other.name
            && self.shape == other.shape
            && bound.passes(self.abs_sum, other.abs_sum)
            && bound.passes(self.abs_mean, other.abs_mean)
    }
}

/// Ten significant digits: what a person can read and what another libm leaves alone.
fn ten_digits(number: f64) -> f64 {
    format!("{number:.9e}").parse().expect("a printed number parses")
}
