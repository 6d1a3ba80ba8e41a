//! Accepting a golden: what the targets say of it, when it is refused, and how it takes its place.
//!
//! A golden comes from the reference alone, and the reference runs on one target. So the others are
//! asked before it is believed: an intended change moves every backend, a bug moves one.

use std::fs;
use std::io;

use super::files::GoldenFiles;
use super::store::{Golden, Store};
use crate::scenario::Scenario;

/// What is known of a golden that is to be accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Whether the reference as it runs now gives the golden that waits.
    pub is_what_the_reference_gives: bool,
    /// Whether the elements agree with those of the golden there is; nothing if there is none.
    pub agrees_with_old: Option<bool>,
    /// The target that computes the reference.
    pub reference: String,
    /// The published numbers of the scenario that the reference does not meet, and what differs from an outside
    /// reference, each as one sentence.
    pub unmet: Vec<String>,
    /// What each target that ran says.
    pub targets: Vec<TargetEvidence>,
}

/// What one target says of a golden that is to be accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetEvidence {
    /// The target's name.
    pub target: String,
    /// The machine, where it is another one.
    pub machine: Option<String>,
    /// Whether its result lies within the scenario's tolerance of the golden that waits.
    pub agrees: bool,
    /// How far it is from it, or why it has no result.
    pub says: String,
}

/// Why a golden is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody reviews in CI, which this variable tells.
    #[error("`{0}` is set: a golden is accepted by a person, on that person's machine")]
    Ci(&'static str),
    /// What waits was left by another version of the code.
    #[error(
        "the pending golden is not what the reference gives now: run `cargo test` again and review the new one"
    )]
    Outdated,
    /// No target ran.
    #[error("no target of the scenario ran; `cargo repro list --targets` says why")]
    Unasked,
    /// Only the target that computes the reference ran.
    #[error(
        "only {0} ran, which computes the reference as well and shares its bugs. `--because \"…\"` accepts \
         all the same and is recorded in the golden"
    )]
    Alone(String),
    /// It contradicts what the scenario says others published or computed.
    #[error(
        "what others computed is not met: {0}. If the scenario computes something else now, remove these \
         numbers or record the reference anew; `--because \"…\"` accepts all the same and is recorded in the golden"
    )]
    Published(String),
    /// Not every target agrees.
    #[error(
        "{0}: an intended change moves every backend, a bug moves one. Find it with `cargo repro run`; \
         a target that may differ gets a tolerance with its reason, or an entry in `known_failures`. \
         `--because \"…\"` accepts all the same and is recorded in the golden"
    )]
    Disagreement(String),
}

impl Refusal {
    /// Whether a reason lifts it.
    #[must_use]
    pub fn yields_to_a_reason(&self) -> bool {
        matches!(self, Self::Disagreement(_) | Self::Alone(_) | Self::Published(_))
    }
}

impl TargetEvidence {
    /// What it is called: `flex`, or `flex of nightly` on another machine.
    #[must_use]
    pub fn label(&self) -> String {
        let place = self.machine.as_ref().map_or(String::new(), |machine| format!(" of {machine}"));
        format!("{}{place}", self.target)
    }
}

impl Evidence {
    /// Whether the golden may be accepted without a reason of its own.
    ///
    /// # Errors
    /// The first reason against it.
    pub fn judge(&self) -> Result<(), Refusal> {
        if !self.is_what_the_reference_gives {
            return Err(Refusal::Outdated);
        }
        if self.targets.is_empty() {
            return Err(Refusal::Unasked);
        }
        let name = |agrees: bool| {
            let targets = self.targets.iter().filter(|target| target.agrees == agrees);
            let named = |target: &TargetEvidence| match agrees {
                true => target.label(),
                false => format!("{} ({})", target.label(), target.says),
            };
            targets.map(named).collect::<Vec<_>>()
        };
        let (agree, differ) = (name(true), name(false));
        if differ.is_empty() {
            // On another machine the reference's own target shares its bugs as well.
            let alone = self.targets.iter().all(|target| target.target == self.reference);
            return match alone {
                _ if !self.unmet.is_empty() => Err(Refusal::Published(self.unmet.join("; "))),
                true => Err(Refusal::Alone(self.reference.clone())),
                false => Ok(()),
            };
        }
        let differ = differ.join(" and ");
        let agree = if agree.is_empty() { "no target".to_owned() } else { agree.join(" and ") };
        Err(Refusal::Disagreement(match self.agrees_with_old {
            Some(true) => {
                format!("the reference agrees with the old golden and only {differ} moved")
            }
            Some(false) => {
                format!("the reference moved and {agree} with it, {differ} did not follow")
            }
            None => format!("{agree} agrees with the new golden, {differ} does not"),
        }))
    }
}

/// Puts a golden in its place and takes away what waited for review.
///
/// # Errors
/// What the file system says; the golden there was is then untouched.
pub fn accept(
    store: &Store,
    scenario: &Scenario,
    golden: &Golden,
    because: Option<&str>,
) -> io::Result<()> {
    let mut text = golden.text.clone();
    text.recorded.because = because.map(ToOwned::to_owned);
    let files = store.files_of(&scenario.name);
    files.write(&scenario.description, &text.sealed().to_yaml(), &golden.bytes)?;
    for file in GoldenFiles::pending(store.folder(), &scenario.name).all() {
        // Somebody else may have been quicker; what is left is shown by `status`.
        let _ = fs::remove_file(file);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn evidence(old: Option<bool>, targets: &[(&str, bool)]) -> Evidence {
        let target = |&(name, agrees): &(&str, bool)| TargetEvidence {
            target: name.split(" of ").next().unwrap_or_default().into(),
            machine: name.split_once(" of ").map(|(_, machine)| machine.into()),
            agrees,
            says: "off by 1.0e0".into(),
        };
        Evidence {
            is_what_the_reference_gives: true,
            agrees_with_old: old,
            reference: "flex".into(),
            unmet: Vec::new(),
            targets: targets.iter().map(target).collect(),
        }
    }

    #[rstest]
    #[case::every_target_followed(Some(false), &[("flex", true), ("ndarray", true)], None)]
    #[case::the_first_golden(None, &[("flex", true), ("ndarray", true)], None)]
    #[case::only_one_target_moved(
        Some(true), &[("flex", true), ("ndarray", false)],
        Some("the reference agrees with the old golden and only ndarray (off by 1.0e0) moved")
    )]
    #[case::the_reference_target_alone_moved(
        Some(false), &[("flex", true), ("ndarray", false), ("wgpu:x", false)],
        Some("the reference moved and flex with it, ndarray (off by 1.0e0) and wgpu:x (off by 1.0e0) \
              did not follow")
    )]
    #[case::nobody_followed(
        Some(false), &[("flex", false)],
        Some("the reference moved and no target with it, flex (off by 1.0e0) did not follow")
    )]
    #[case::the_first_golden_is_disputed(
        None, &[("flex", true), ("ndarray", false)],
        Some("flex agrees with the new golden, ndarray (off by 1.0e0) does not")
    )]
    #[case::only_the_references_own_target(
        Some(false), &[("flex", true)], Some("only flex ran, which computes the reference")
    )]
    #[case::the_references_own_target_elsewhere(
        Some(false), &[("flex", true), ("flex of ci", true)], Some("only flex ran")
    )]
    #[case::another_target_alone(Some(false), &[("wgpu:x", true)], None)]
    #[case::nobody_was_asked(Some(false), &[], Some("no target of the scenario ran"))]
    fn a_bug_moves_one(
        #[case] old: Option<bool>,
        #[case] targets: &[(&str, bool)],
        #[case] refusal: Option<&str>,
    ) {
        let said = evidence(old, targets).judge().err().map(|refusal| refusal.to_string());
        match refusal {
            None => assert_eq!(said, None),
            Some(part) => assert!(said.as_deref().unwrap().contains(part), "{said:?}"),
        }
    }

    #[test]
    fn a_published_number_that_is_not_met_is_a_refusal() {
        let unmet = vec!["image abs_sum of them: off by 1.0e0, allowed 1.0e-3".to_owned()];
        let evidence = Evidence {
            unmet: unmet.clone(),
            ..evidence(Some(false), &[("flex", true), ("ndarray", true)])
        };
        assert_eq!(evidence.judge(), Err(Refusal::Published(unmet[0].clone())));
    }

    #[test]
    fn what_the_reference_no_longer_gives_is_refused_first() {
        let outdated = Evidence {
            is_what_the_reference_gives: false,
            ..evidence(Some(false), &[("flex", true)])
        };
        assert_eq!(outdated.judge(), Err(Refusal::Outdated));
    }
}
