//! What the doctor found out about a machine, version 1: what `--json` writes and scripts read.

use burn_repro_target::{Missing, Target};
use serde::Serialize;

use super::arithmetic::Arithmetic;
use super::examine::ProbeResult;
use super::finding::{Finding, findings};
use super::grade::Severity;
use super::operations::{ALLOCATE, MEBIBYTES, probes};
use super::outcome::ProbeOutcome;
use super::probe::Probe;
use burn_repro_core::exit::Exit;

/// The version of the record format.
const VERSION: u32 = 1;

/// A machine, examined.
#[derive(Debug, Serialize)]
pub struct DoctorRecord {
    version: u32,
    /// The version of the harness.
    burn_repro: &'static str,
    /// When it began, in UTC.
    pub started: String,
    /// How long it took.
    pub seconds: f64,
    /// The exit code.
    pub exit_code: u8,
    /// The exit.
    #[serde(skip)]
    pub exit: Exit,
    /// What was asked, by target.
    pub targets: Vec<TargetReport>,
    /// What is not here, and why.
    pub missing: Vec<Missing>,
}

/// A target, examined.
#[derive(Debug, Serialize)]
pub struct TargetReport {
    /// The target.
    pub target: Target,
    /// How it computes.
    pub arithmetic: Arithmetic,
    /// The worst first.
    pub findings: Vec<Finding>,
    /// The probes.
    pub probes: Vec<ProbeRecord>,
}

/// A probe and how it ended.
#[derive(Debug, Serialize)]
pub struct ProbeRecord {
    pub operation: &'static str,
    pub input: String,
    pub seconds: f64,
    pub outcome: ProbeOutcome,
    /// The worst that it found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

impl DoctorRecord {
    /// The record of targets that were examined.
    pub fn new(
        started: jiff::Timestamp,
        targets: Vec<TargetReport>,
        missing: Vec<Missing>,
    ) -> Self {
        let answered =
            |examined: &TargetReport| examined.probes.iter().all(|asked| asked.outcome.is_answer());
        let exit = match targets.iter().all(answered) {
            _ if targets.is_empty() => Exit::NothingRan,
            true => Exit::Success,
            false => Exit::Crashed,
        };
        Self {
            version: VERSION,
            burn_repro: env!("CARGO_PKG_VERSION"),
            started: started.to_string(),
            seconds: jiff::Timestamp::now().duration_since(started).as_secs_f64(),
            exit_code: exit as u8,
            exit,
            targets,
            missing,
        }
    }
}

impl TargetReport {
    /// What the ends of all probes say about a target.
    pub fn new(target: &Target, ended: Vec<ProbeResult>) -> Self {
        let (mut arithmetic, mut found, mut asked) =
            (Arithmetic::default(), Vec::new(), Vec::new());
        let mut allocations = Vec::new();
        let probes = probes();
        for ended in ended {
            let Some(probe) = probes.get(ended.probe) else { continue };
            let mut new = findings(&target.name, probe, &ended);
            let severity = new.iter().map(|finding| finding.severity).max();
            if let ProbeOutcome::Fact(fact) = ended.outcome {
                arithmetic.take(fact);
            }
            // The same that was not asked is not said for every probe.
            let again = matches!(ended.outcome, ProbeOutcome::NotAsked(_))
                && asked.last().is_some_and(|last: &ProbeRecord| {
                    matches!(last.outcome, ProbeOutcome::NotAsked(_))
                });
            if !again {
                found.append(&mut new);
            }
            if probe.operation == ALLOCATE && !matches!(ended.outcome, ProbeOutcome::NotAsked(_)) {
                let measured = matches!(ended.outcome, ProbeOutcome::Measured { .. });
                allocations.push(measured && severity.is_none());
            }
            let ProbeResult { seconds, outcome, .. } = ended;
            let Probe { operation, input, .. } = probe;
            let input = input.clone();
            asked.push(ProbeRecord { operation, input, seconds, outcome, severity });
        }
        let sized: Vec<(usize, bool)> = MEBIBYTES.into_iter().zip(allocations).collect();
        arithmetic.take_allocations(&sized);
        found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Self { target: target.clone(), arithmetic, findings: found, probes: asked }
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
