//! `repro list`: what is here, and for what is not: why, and how to get it.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn_repro_device::{Guarantee, guarantees};
use burn_repro_target::{Discovery, Fingerprint, Missing, Target};
use serde::Serialize;

use super::write::print_json;
use super::{Failure, ListArguments, say};
use crate::project::{Project, find_targets};
use burn_repro_core::exit::Exit;
use burn_repro_core::scenario::{Scenario, Unsearched, unsearched};
use burn_repro_core::worker::WorkerCommand;

/// A scenario as scripts see it.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    file: String,
    description: &'a str,
    pipeline: &'a str,
    backends: Vec<String>,
    tags: &'a [String],
    /// Why it cannot run here, if it cannot.
    missing: Option<String>,
}

#[derive(Serialize)]
struct Listing<'a> {
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<&'a Discovery>,
    /// What full determinism holds still on each target, and what it cannot hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    guarantees: Option<BTreeMap<String, Vec<Guarantee>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scenarios: Option<Vec<Listed<'a>>>,
    /// Folders and links below the scenarios' folder that were not searched for scenarios.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_searched: Option<Vec<NotSearched<'a>>>,
}

#[derive(Serialize)]
struct NotSearched<'a> {
    path: String,
    reason: &'a str,
}

/// `scenarios_alone` leaves targets out, `--targets` leaves scenarios out; both together show both.
pub(super) fn list(
    project: &Project,
    arguments: &ListArguments,
    scenarios_alone: bool,
) -> Result<Exit, Failure> {
    let scenarios = match arguments.targets && !scenarios_alone {
        true => None,
        false => Some(project.load().map_err(Failure::usage)?),
    };
    let not_searched = scenarios.as_ref().map(|_| unsearched(&project.scenarios));
    let command = WorkerCommand::current().map_err(Failure::internal)?;
    let discovery = (!scenarios_alone || arguments.targets).then(|| find_targets(&command));
    if arguments.json {
        let scenarios = scenarios.as_ref().map(|all| all.iter().map(listed).collect());
        let guarantees = discovery.as_ref().map(|discovery| {
            let of = |target: &'_ Target| (target.name.clone(), guarantees(target));
            discovery.targets.iter().map(of).collect()
        });
        let not_searched = not_searched.as_ref().map(|all| all.iter().map(left_out).collect());
        let targets = discovery.as_ref();
        let listing = Listing { version: 1, targets, guarantees, scenarios, not_searched };
        print_json(&listing)?;
        return Ok(Exit::Success);
    }
    let mut text = discovery
        .as_ref()
        .map_or(String::new(), |discovery| targets_text(discovery, arguments.targets));
    text.extend(scenarios.iter().flatten().map(|scenario| scenario_text(scenario)));
    text.extend(not_searched.iter().flatten().map(left_out).map(|NotSearched { path, reason }| {
        format!("{path} is not searched for scenarios: it {reason}\n")
    }));
    say(&text);
    Ok(Exit::Success)
}

fn listed(scenario: &Arc<Scenario>) -> Listed<'_> {
    Listed {
        name: &scenario.name,
        file: scenario.file.display().to_string(),
        description: &scenario.description,
        pipeline: &scenario.pipeline,
        backends: scenario.backends.iter().map(ToString::to_string).collect(),
        tags: &scenario.tags,
        missing: scenario.missing_requirement(),
    }
}

fn left_out(Unsearched { path, reason }: &Unsearched) -> NotSearched<'_> {
    NotSearched { path: path.display().to_string(), reason }
}

/// `--targets` alone says for each target, too, what full determinism holds still on it and what it cannot.
fn targets_text(discovery: &Discovery, with_guarantees: bool) -> String {
    let target = |target: &Target| {
        let mut text = format!("{:<24} {}\n", target.name, describe(&target.fingerprint));
        for Guarantee { held, what } in with_guarantees.then(|| guarantees(target)).iter().flatten()
        {
            let word = if *held { "held" } else { "not held" };
            text.push_str(&format!("{:<24}   {word}: {what}\n", ""));
        }
        text
    };
    let missing = |missing: &Missing| {
        format!("{:<24} not here: {}; {}\n", missing.name, missing.reason, missing.help)
    };
    discovery.targets.iter().map(target).chain(discovery.missing.iter().map(missing)).collect()
}

/// Device, API and driver of a GPU; the processor of a CPU target.
fn describe(fingerprint: &Fingerprint) -> String {
    let Some(device) = &fingerprint.device else { return fingerprint.cpu_model.clone() };
    let parts = [Some(device), fingerprint.api.as_ref(), fingerprint.driver.as_ref()];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn scenario_text(scenario: &Scenario) -> String {
    let tags =
        if scenario.tags.is_empty() { String::new() } else { scenario.tags.join(" ") + ": " };
    let mut text = format!("{:<36} {tags}{}\n", scenario.name, scenario.description);
    if let Some(missing) = scenario.missing_requirement() {
        text.push_str(&format!("{:<36} cannot run here: {missing}\n", ""));
    }
    text
}
