//! `reference:`, a file of tensors that somebody else computed, such as PyTorch. Reading it is `outside`'s work.

use schemars::JsonSchema;
use serde::Deserialize;

use super::bounded::Sentence;
use super::relative_path::RelativePath;

/// Somebody else's tensors, which every target is compared with.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceFile {
    /// A safetensors file below the scenario's own folder. `repro record-script` prints what records one.
    pub file: RelativePath,
    /// Who computed it: `PyTorch 2.15, model.py@abc123`.
    pub source: Sentence,
    /// What a result in `f64` may be off from one that is in `f64` there as well, beside the largest element. Say beside it
    /// what was seen, and why.
    #[serde(default = "both_f64")]
    pub within: f64,
}

/// A constant that Burn rounds to `f32` moves a result by 1e-7, a wrong one by 1e-6 and more.
fn both_f64() -> f64 {
    1.0e-6
}
