//! The text half of a golden: what the scenario asked, what it was made from and where, and what
//! came out, in numbers that a person can review.
//!
//! The text is sealed: its last line is a hash of everything above, and it holds the hash of the
//! elements, so that nothing in either half changes unnoticed.

use serde::{Deserialize, Serialize};

use super::recorded::Recorded;
use super::shape::Shape;
use crate::hash::sha256_hex;
use crate::scenario::{Question, Scenario, check_aliases};
use crate::tolerance::Bound;
use crate::trace::{Dtype, ElementType, HostTensor, Noise, Trace};

/// The version of the golden format; bumped when an older build could not read it.
const VERSION: u32 = 2;

/// The reviewable half of a golden.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenText {
    version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// What was asked.
    pub question: Question,
    /// SHA-256 of what was asked.
    pub question_sha256: String,
    /// The type that the reference was computed in.
    pub dtype: Dtype,
    /// The noise that was drawn.
    pub noise: Noise,
    /// SHA-256 of the weights, if the pipeline stated one.
    pub weights_sha256: Option<String>,
    /// Every output.
    pub outputs: Vec<Summary>,
    /// The kept intermediate tensors, for finding where a difference begins.
    pub records: Vec<Summary>,
    /// SHA-256 of the file that holds the elements.
    pub tensors_sha256: String,
    /// Where and from what the golden was made. Never compared.
    pub recorded: Recorded,
    /// SHA-256 of this text without this line.
    sha256: String,
}

/// One tensor in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// Sum of the absolute values.
    pub abs_sum: f64,
    /// Mean of the absolute values.
    pub abs_mean: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// What the other half has of it; all of it if left out.
    #[serde(default, skip_serializing_if = "Kept::is_whole")]
    pub kept: Kept,
    /// The side of the blocks whose means are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_side: Option<usize>,
    /// SHA-256 of the little-endian `f64` bytes, where not all elements are kept. What another
    /// machine's libm changes changes it, too: told to people, never compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// How much of a tensor a golden holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Every element.
    #[default]
    Whole,
    /// Means of blocks, and a sketch.
    Reduced,
    /// A sketch alone.
    Sketch,
}

impl Kept {
    fn is_whole(&self) -> bool {
        *self == Self::Whole
    }
}

/// Why a text is not a golden.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// Not what this build writes.
    #[error("{0}")]
    Yaml(#[from] serde_yaml::Error),
    /// Another version of the format.
    #[error("has golden format {0}: expected format {VERSION}; {help}", help = help_of(*.0))]
    Version(u32),
    /// Changed by other hands than the harness's.
    #[error("does not have the SHA-256 it states: it was changed by hand or damaged")]
    Seal,
}

fn help_of(version: u32) -> &'static str {
    if version > VERSION {
        "update burn-repro"
    } else {
        "run `cargo test` and review the new golden"
    }
}

impl GoldenText {
    /// Summarises a reference run.
    #[must_use]
    pub fn new(
        scenario: &Scenario,
        trace: &Trace,
        [outputs, records]: [Vec<Summary>; 2],
        tensors: &[u8],
        recorded: Recorded,
    ) -> Self {
        let dtype = trace
            .outputs
            .iter()
            .find_map(|named| match named.tensor.dtype {
                ElementType::Float(dtype) => Some(dtype),
                _ => None,
            })
            .unwrap_or(Dtype::F64);
        Self {
            version: VERSION,
            scenario: scenario.name.clone(),
            question: scenario.question.clone(),
            question_sha256: scenario.question.sha256(),
            dtype,
            noise: trace.noise.clone(),
            weights_sha256: trace.weights_sha256.clone(),
            outputs,
            records,
            tensors_sha256: sha256_hex(tensors),
            recorded,
            sha256: String::new(),
        }
        .sealed()
    }

    /// Parses the text of a golden.
    ///
    /// # Errors
    /// With line and column, or with the version that this build cannot read, or if the text is not
    /// as it was written.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        check_aliases(text)?;
        let found: Version = serde_yaml::from_str(text)?;
        if found.version != VERSION {
            return Err(TextError::Version(found.version));
        }
        let golden: Self = serde_yaml::from_str(text)?;
        if golden.sha256 != golden.seal()? {
            return Err(TextError::Seal);
        }
        Ok(golden)
    }

    /// The text as it is written.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        serde_yaml::to_string(self).expect("a golden's text has only plain values")
    }

    /// Bytes of the question in the text.
    pub(super) fn question_bytes(&self) -> usize {
        let question = serde_yaml::to_string(&self.question).expect("it has only plain values");
        // Two of indentation, and the end of the line.
        question.lines().map(|line| line.len() + 3).sum()
    }

    /// The text with its seal renewed, after a change.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.sha256 = self.seal().expect("a golden's text has only plain values");
        self
    }

    /// Fails where a key has a tag: such a text can be read and not be written.
    fn seal(&self) -> Result<String, serde_yaml::Error> {
        let unsealed = Self { sha256: String::new(), ..self.clone() };
        Ok(sha256_hex(serde_yaml::to_string(&unsealed)?.as_bytes()))
    }

    /// Whether another text says the same, its numbers within `bound`. Where it was recorded says
    /// nothing about the result.
    #[must_use]
    pub fn agrees(&self, other: &Self, bound: Bound) -> bool {
        let agree = |left: &[Summary], right: &[Summary]| {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| left.agrees(right, bound))
        };
        self.scenario == other.scenario
            && self.question_sha256 == other.question_sha256
            && self.dtype == other.dtype
            && self.noise == other.noise
            && self.weights_sha256 == other.weights_sha256
            && self.tensors_sha256 == other.tensors_sha256
            && agree(&self.outputs, &other.outputs)
            && agree(&self.records, &other.records)
    }

    /// What differs from what a scenario asks and used, field by field; nothing if the golden
    /// answers the scenario.
    #[must_use]
    pub(crate) fn stale_fields(
        &self,
        scenario: &Scenario,
        weights_sha256: Option<&str>,
    ) -> Vec<String> {
        let mut fields = scenario.question.differences(&self.question);
        if fields.is_empty() && scenario.question.sha256() != self.question_sha256 {
            fields.push("the hash of the inputs differs".into());
        }
        let weights = self.weights_sha256.as_deref();
        if weights != weights_sha256 {
            let [now, then] = [weights_sha256, weights].map(|hash| hash.unwrap_or("not stated"));
            fields.push(format!("weights_sha256 is {now}, the golden's {then}"));
        }
        fields
    }
}

impl Summary {
    /// The numbers of a finite tensor that is kept whole.
    #[must_use]
    pub fn whole(name: &str, tensor: &HostTensor) -> Self {
        let values = || tensor.values.iter().copied();
        Self {
            name: name.to_owned(),
            shape: Shape(tensor.shape.clone()),
            abs_sum: ten_digits(tensor.abs_sum()),
            abs_mean: ten_digits(tensor.abs_mean()),
            min: ten_digits(values().fold(f64::INFINITY, f64::min)),
            max: ten_digits(values().fold(f64::NEG_INFINITY, f64::max)),
            kept: Kept::Whole,
            block_side: None,
            sha256: None,
        }
    }

    /// The numbers of a finite tensor of which a sketch is kept, and the means of blocks where they
    /// have a side.
    #[must_use]
    pub fn part(name: &str, tensor: &HostTensor, block_side: Option<usize>) -> Self {
        let bytes: Vec<u8> = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let kept = if block_side.is_some() { Kept::Reduced } else { Kept::Sketch };
        let sha256 = Some(sha256_hex(&bytes));
        Self { kept, block_side, sha256, ..Self::whole(name, tensor) }
    }

    /// Whether the text's numbers are those of the kept elements, as far as both are printed.
    pub(super) fn describes(&self, tensor: &HostTensor) -> bool {
        let Self { abs_sum, abs_mean, min, max, .. } = Self::whole(&self.name, tensor);
        // The tenth digit is rounded.
        let near = |got: f64, want: f64| Bound::new(1.0e-12, 1.0e-9).passes(got, want);
        near(self.abs_sum, abs_sum)
            && near(self.abs_mean, abs_mean)
            && near(self.min, min)
            && near(self.max, max)
    }

    fn agrees(&self, other: &Self, bound: Bound) -> bool {
        self.name == other.name
            && self.shape == other.shape
            && (self.kept, self.block_side) == (other.kept, other.block_side)
            && bound.passes(self.abs_sum, other.abs_sum)
            && bound.passes(self.abs_mean, other.abs_mean)
            && bound.passes(self.min, other.min)
            && bound.passes(self.max, other.max)
    }
}

/// Ten significant digits: what a person can read and what another libm leaves alone.
fn ten_digits(number: f64) -> f64 {
    format!("{number:.9e}").parse().expect("a printed number parses")
}
