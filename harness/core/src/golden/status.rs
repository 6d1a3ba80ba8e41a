//! What lies in the golden folder: which goldens are new, changed, stale, damaged or missing, how large
//! and how old they are. Runs nothing.

use jiff::civil::Date;
use serde::Serialize;

use super::files::GoldenFiles;
use super::store::{Golden, GoldenError, Store};
use crate::scenario::Scenario;

/// How a scenario's golden stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GoldenState {
    /// It answers the scenario.
    Current,
    /// The first one waits for review.
    New,
    /// Another one waits for review.
    Changed,
    /// It answers another version of the scenario.
    Stale,
    /// A file is not what was written.
    Damaged,
    /// There is none.
    Missing,
    /// None answers the scenario, and none can be made here: something the scenario needs is absent, and files may be what
    /// it asks about.
    Unmade,
}

impl GoldenState {
    /// Whether there is something to do about it here.
    #[must_use]
    pub fn is_well(self) -> bool {
        matches!(self, Self::Current | Self::Unmade)
    }

    /// The word for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::New => "new",
            Self::Changed => "changed",
            Self::Stale => "stale",
            Self::Damaged => "damaged",
            Self::Missing => "missing",
            Self::Unmade => "unmade",
        }
    }
}

/// A scenario's golden as it lies in the folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GoldenStatus {
    /// The scenario's name.
    pub scenario: String,
    /// How it stands.
    pub state: GoldenState,
    /// Bytes of its files, or of those that wait.
    pub size: u64,
    /// The day it was recorded.
    pub recorded: Option<Date>,
    /// Days since then.
    pub age_days: Option<i32>,
    /// What differs or is wrong, each as one sentence.
    pub details: Vec<String>,
}

/// How the golden of one scenario stands.
#[must_use]
pub fn status(store: &Store, scenario: &Scenario, today: Date) -> GoldenStatus {
    let reviewed = store.load(&scenario.name);
    let pending = store.load_pending(&scenario.name);
    let files = match &pending {
        Ok(None) => store.files_of(&scenario.name),
        _ => GoldenFiles::pending(store.folder(), &scenario.name),
    };
    let (state, details) = match (&reviewed, &pending) {
        (_, Err(error)) => (GoldenState::Damaged, vec![format!("what waits for review: {error}")]),
        (Ok(golden), Ok(Some(new))) => (GoldenState::Changed, changes(golden, new)),
        (Err(GoldenError::Missing(_)), Ok(Some(_))) => (GoldenState::New, Vec::new()),
        (Err(error), Ok(Some(_))) => (GoldenState::Changed, vec![error.to_string()]),
        (Err(error @ GoldenError::Missing(_)), Ok(None)) => match scenario.missing_requirement() {
            Some(reason) => (GoldenState::Unmade, vec![reason]),
            None => (GoldenState::Missing, vec![error.to_string()]),
        },
        (Err(error), Ok(None)) => (GoldenState::Damaged, vec![error.to_string()]),
        (Ok(golden), Ok(None)) => {
            let weights = golden.text.weights_sha256.as_deref();
            match golden.text.stale_fields(scenario, weights) {
                fields if fields.is_empty() => (GoldenState::Current, Vec::new()),
                fields if scenario.missing_requirement().is_some() => (GoldenState::Unmade, fields),
                fields => (GoldenState::Stale, fields),
            }
        }
    };
    let shown = pending.ok().flatten().or(reviewed.ok());
    let recorded = shown.map(|golden| golden.text.recorded.date);
    let age_days = recorded.and_then(|day| Some(today.since(day).ok()?.get_days()));
    let (scenario, size) = (scenario.name.clone(), files.size());
    GoldenStatus { scenario, state, size, recorded, age_days, details }
}

/// What a new golden changes, in the numbers of its text.
#[expect(clippy::float_cmp, reason = "both are as they are printed")]
fn changes(old: &Golden, new: &Golden) -> Vec<String> {
    let mut changes = new.text.question.differences(&old.text.question);
    let pair = |what: &str, old: &dyn std::fmt::Display, new: &dyn std::fmt::Display| {
        format!("{what} is {new}, the golden's {old}")
    };
    if old.text.noise != new.text.noise {
        changes.push("the noise differs".into());
    }
    if old.text.weights_sha256 != new.text.weights_sha256 {
        changes.push("the weights differ".into());
    }
    for output in &new.text.outputs {
        let name = &output.name;
        match old.text.outputs.iter().find(|other| other.name == *name) {
            None => changes.push(format!("the output {name} is new")),
            Some(other) if other.shape != output.shape => {
                changes.push(pair(&format!("the shape of {name}"), &other.shape, &output.shape));
            }
            Some(other) if other.abs_sum != output.abs_sum => {
                changes.push(pair(&format!("abs_sum of {name}"), &other.abs_sum, &output.abs_sum));
            }
            Some(_) => {}
        }
    }
    let gone = old
        .text
        .outputs
        .iter()
        .filter(|output| !new.text.outputs.iter().any(|other| other.name == output.name));
    changes.extend(gone.map(|output| format!("the output {} is gone", output.name)));
    if changes.is_empty() && old.bytes != new.bytes {
        changes.push("single elements moved, or other intermediate tensors are kept".into());
    }
    changes
}
