//! Failures that are known: run all the same, and red as soon as they pass.

use jiff::civil::Date;
use serde::Deserialize;

use super::bounded::Sentence;
use super::selector::BackendSelector;
use crate::verdict::FailureCause;

/// A cell that is known to fail, for a stated cause.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFailure {
    /// Where it fails.
    pub backend: BackendSelector,
    /// How it fails; failing in another way is not excused.
    pub cause: FailureCause,
    /// Why it fails.
    pub reason: Sentence,
    /// Where it is tracked.
    #[serde(default)]
    pub issue: Option<String>,
    /// The day from which the entry no longer excuses the failure.
    #[serde(default)]
    pub review_by: Option<Date>,
}
