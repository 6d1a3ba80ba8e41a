//! Why a cell is what it is: each reason with a code for machines and a text for people, and how a record holds them.
//! Which reason decides is the verdict's matter. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// What kind of reason it is, for machines.
    pub code: ReasonCode,
    /// The reason, for people.
    pub text: String,
}

/// The kinds of reasons.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonCode {
    /// NaN or infinity in the result.
    NonFinite,
    /// There is no golden.
    MissingGolden,
    /// There is a golden that cannot be read.
    UnreadableGolden,
    /// The golden answers another version of the scenario.
    StaleGolden,
    /// The host noise is not the golden's.
    WrongNoise,
    /// An output has another shape than the golden's.
    WrongShape,
    /// An output has another type than the scenario's.
    WrongDtype,
    /// An output of the golden was not put out.
    MissingOutput,
    /// An output, or the output of a tolerance, that the golden or the pipeline does not have.
    UnknownOutput,
    /// A bound that this golden cannot check.
    UncheckedBound,
    /// A measure of an output is outside of its bound.
    OutsideTolerance,
    /// Where the elements are that differ.
    Place,
    /// The tolerance that would have passed.
    WouldPass,
    /// A published number is not met.
    PublishedNumber,
    /// A tensor differs from that of the outside reference.
    OutsideReference,
    /// Neither an output nor a published number was checked.
    NothingChecked,
    /// Repeating the cell gave other bits.
    Nondeterministic,
    /// The scenario states that the cell fails, and why.
    KnownFailure,
    /// The scenario states that the cell fails, and it passes.
    UnexpectedPass,
    /// The day has come on which a known failure is to be reviewed.
    ReviewDue,
    /// The scenario uses what is known to be wrong on the target.
    KnownDefect,
    /// The scenario asks for more than the target is known to hold.
    KnownLimit,
    /// The target rounds the inputs of a plain matrix product.
    RoundedProduct,
    /// The target cannot do what the scenario asks.
    Unsupported,
    /// The pipeline failed, or the device could not be opened.
    Failed,
    /// A thread panicked.
    Panicked,
    /// The device failed its self-test.
    BrokenDevice,
    /// The result holds unwritten memory.
    StaleMemory,
    /// The process died, or its answer arrived damaged.
    Crashed,
    /// What the process wrote to standard error before it died; in records, `last-words`.
    #[serde(rename = "last-words")]
    LastOutput,
    /// The time limit passed.
    TimedOut,
    /// It took more memory than it may.
    OutOfMemory,
    /// No target that the scenario names is here.
    AbsentBackend,
    /// A file that the scenario needs is not here.
    MissingFile,
    /// The scenario runs only when nightly scenarios are asked for.
    Nightly,
    /// What to do about the reasons before it.
    Help,
    /// Written by a program that gave reasons no code, or a code that this program does not know.
    #[serde(other)]
    Unclassified,
}

impl Reason {
    /// A reason.
    #[must_use]
    pub fn new(code: ReasonCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// What to do about the reasons before it.
    #[must_use]
    pub fn help(text: impl Into<String>) -> Self {
        Self::new(ReasonCode::Help, text)
    }
}

/// All texts in one line. It cannot be taken apart again: a text may hold the separator.
#[must_use]
pub fn joined(reasons: &[Reason]) -> String {
    lines(reasons, "; ")
}

/// All texts with something between each two.
#[must_use]
pub fn lines(reasons: &[Reason], between: &str) -> String {
    reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join(between)
}

/// Reasons as a record holds them: beside the list stands the joined text, which is all that older records have.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Written {
    /// Why, in one line; empty for a plain pass.
    reason: String,
    /// Why, one by one.
    #[serde(default)]
    reasons: Vec<Reason>,
}

/// Writes reasons as one text.
///
/// # Errors
/// As the serializer.
pub fn serialize<S: Serializer>(reasons: &[Reason], serializer: S) -> Result<S::Ok, S::Error> {
    Written { reason: joined(reasons), reasons: reasons.to_vec() }.serialize(serializer)
}

/// Reads reasons from one text.
///
/// # Errors
/// As the deserializer.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Reason>, D::Error> {
    let Written { reason, reasons } = Written::deserialize(deserializer)?;
    Ok(match reasons.is_empty() && !reason.is_empty() {
        true => vec![Reason::new(ReasonCode::Unclassified, reason)],
        false => reasons,
    })
}

#[cfg(test)]
mod tests;
