//! `reference:`, a file of tensors that somebody else computed, such as PyTorch. Reading it is `outside`'s work.

use schemars::JsonSchema;
use serde::Deserialize;

use super::bounded::Sentence;
use super::relative_path::RelativePath;

/// Somebody else's tensors, which every target is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceFile {
    /// A safetensors file below the scenario's own folder. `repro record-script` prints what records one.
    pub file: RelativePath,
    /// Who computed it: `PyTorch 2.15, model.py@abc123`.
    pub source: Sentence,
}
