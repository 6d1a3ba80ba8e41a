//! Where and from what a golden was made: told to people, never compared.

use std::path::Path;
use std::process::Command;

use burn_repro_target::Target;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::clock::today;

/// Where and from what a golden was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The day, in UTC.
    pub date: Date,
    /// The commit that was checked out, with `-dirty` where files differed from it; nothing outside
    /// of a git repository.
    pub commit: Option<String>,
    /// The target that computed it.
    pub target: String,
    /// Operating system and processor architecture.
    pub platform: String,
    /// The version of Burn.
    pub burn: String,
    /// Features of Burn that change results; none in a deterministic build.
    pub burn_features: Vec<String>,
    /// The compiler.
    pub rustc: String,
    /// Why it was accepted although the targets do not agree on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

impl Recorded {
    /// Here and now: what `target` computed, for scenarios in `folder`.
    #[must_use]
    pub fn now(target: &Target, folder: &Path) -> Self {
        let fingerprint = &target.fingerprint;
        Self {
            date: today(),
            commit: commit(folder),
            target: target.name.clone(),
            platform: format!("{} {}", fingerprint.os, fingerprint.arch),
            burn: fingerprint.burn.clone(),
            burn_features: fingerprint.features.clone(),
            rustc: fingerprint.rustc.clone(),
            because: None,
        }
    }
}

/// The commit that a folder stands at; nothing if git does not know, or is not here.
#[must_use]
pub fn commit(folder: &Path) -> Option<String> {
    let output = Command::new("git")
        // Whoever works in the repository meanwhile is not to meet a lock.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .arg("-C")
        .arg(folder)
        // Twelve digits, and no tag in their place: tags move.
        .args(["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}
