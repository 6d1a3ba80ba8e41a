//! Failures that are known: run all the same, and red as soon as they pass.

use std::path::Path;

use burn_repro_target::Target;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::bounded::Sentence;
use super::driver_range::DriverRange;
use super::entry_lines::entry_lines;
use super::selector::BackendSelector;

/// How a known failure must fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// The result differs from the golden or from a published number.
    Mismatch,
    /// The host noise differs from the golden's.
    WrongNoise,
    /// NaN or infinity in the result.
    NonFinite,
    /// The pipeline failed or its process died.
    Crashed,
    /// The time limit passed.
    TimedOut,
    /// It took more memory than it may.
    OutOfMemory,
    /// A thread panicked although the pipeline returned a result.
    HiddenPanic,
    /// The device failed its self-test.
    BrokenDevice,
    /// The result holds unwritten memory.
    StaleMemory,
    /// Repeating it gives other bits.
    Nondeterministic,
}

/// A cell that is known to fail, for a stated cause.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownFailure {
    /// Where it fails.
    pub backend: BackendSelector,
    /// Part of the adapter's or GPU's name, in any case; all if left out.
    #[serde(default)]
    pub adapter: Option<String>,
    /// The driver's versions; all if left out.
    #[serde(default)]
    pub driver: Option<DriverRange>,
    /// How it fails; failing in another way is not excused.
    pub cause: FailureCause,
    /// Why it fails.
    pub reason: Sentence,
    /// Where it is tracked.
    #[serde(default)]
    pub issue: Option<String>,
    /// The day from which the entry no longer excuses the failure.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub review_by: Option<Date>,
    /// Where the entry stands, in words.
    #[serde(skip)]
    pub place: String,
}

impl KnownFailure {
    /// Whether the entry is about a target, as it is on this machine.
    #[must_use]
    pub fn is_about(&self, target: &Target) -> bool {
        let fingerprint = &target.fingerprint;
        let device = fingerprint.device.as_deref().unwrap_or_default().to_lowercase();
        let driver = fingerprint.driver.as_deref().unwrap_or_default();
        self.backend.matches(target)
            && self.adapter.as_ref().is_none_or(|part| device.contains(&part.to_lowercase()))
            && self.driver.as_ref().is_none_or(|range| range.holds(driver))
    }
}

/// Tells every entry where it stands, so that a message can say what to delete.
pub(super) fn placed(mut entries: Vec<KnownFailure>, file: &Path, text: &str) -> Vec<KnownFailure> {
    let lines = entry_lines(text, "known_failures");
    let count = entries.len();
    for (index, entry) in entries.iter_mut().enumerate() {
        let file = file.display();
        entry.place = match lines.get(index).filter(|_| lines.len() == count) {
            Some(lines) if lines.start() == lines.end() => {
                format!("line {} of {file}", lines.start())
            }
            Some(lines) => format!("lines {} to {} of {file}", lines.start(), lines.end()),
            None => format!("entry {} of `known_failures` in {file}", index + 1),
        };
    }
    entries
}

#[cfg(test)]
mod tests {
    use burn_repro_target::{Class, Fingerprint, Locator};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::everywhere("", true)]
    #[case::adapter(", adapter: LLVMpipe", true)]
    #[case::other_adapter(", adapter: radeon", false)]
    #[case::driver(", driver: \"<23\"", true)]
    #[case::newer_driver(", driver: \">=23\"", false)]
    #[case::both(", adapter: llvm, driver: \">=22, <23\"", true)]
    #[case::one_of_both(", adapter: radeon, driver: \">=22, <23\"", false)]
    fn an_entry_is_about_some_adapters_and_drivers(#[case] more: &str, #[case] about: bool) {
        let text = format!("{{ backend: wgpu, cause: mismatch, reason: a known bug{more} }}");
        let entry: KnownFailure = serde_yaml::from_str(&text).unwrap();
        let fingerprint = Fingerprint {
            device: Some("llvmpipe (LLVM 15.0.6, 256 bits)".into()),
            driver: Some("llvmpipe Mesa 22.3.6 (LLVM 15.0.6)".into()),
            ..Fingerprint::default()
        };
        let (name, locator) = ("wgpu:llvmpipe".into(), Locator::Flex);
        let target = Target { name, class: Class::Wgpu, locator, fingerprint };
        assert_eq!(entry.is_about(&target), about);
    }

    #[rstest]
    #[case(
        "known_failures:\n  - { backend: wgpu, cause: mismatch, reason: a known bug }\n",
        "lines 1 to 2 of a.yaml"
    )]
    #[case(
        "known_failures: [{ backend: wgpu, cause: mismatch, reason: a known bug }]",
        "entry 1 of `known_failures` in a.yaml"
    )]
    fn an_entry_knows_where_it_stands(#[case] text: &str, #[case] place: &str) {
        #[derive(Deserialize)]
        struct File {
            known_failures: Vec<KnownFailure>,
        }
        let file: File = serde_yaml::from_str(text).unwrap();
        assert_eq!(placed(file.known_failures, Path::new("a.yaml"), text)[0].place, place);
    }
}
