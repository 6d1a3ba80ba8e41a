//! What a record says of a scenario: enough for reports to name it and to point at its lines.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::evaluate::CellReport;
use crate::scenario::Scenario;

/// A scenario, as far as reports speak of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioInfo {
    /// Its name.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// Its file, from the root of its repository where it lies in one.
    pub file: String,
    /// On which line of the file each of its keys stands.
    pub lines: BTreeMap<String, usize>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What people should know of its files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

impl ScenarioInfo {
    /// What reports say of the scenarios that a run has cells of.
    #[must_use]
    pub fn of_cells(scenarios: &[Arc<Scenario>], cells: &[CellReport]) -> Vec<Self> {
        let asked =
            |scenario: &&Arc<Scenario>| cells.iter().any(|report| report.scenario == scenario.name);
        scenarios.iter().filter(asked).map(|scenario| Self::new(scenario)).collect()
    }

    /// What is left to say where a record does not describe a scenario.
    #[must_use]
    pub fn unknown(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            file: String::new(),
            lines: BTreeMap::new(),
            tags: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// What reports say of a scenario.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            name: scenario.name.clone(),
            description: scenario.description.clone(),
            file: from_repository(&scenario.file),
            lines: key_lines(&scenario.parsed.text),
            tags: scenario.tags.clone(),
            notices: scenario.notices.clone(),
        }
    }
}

/// The file's path from the root of its repository, with `/`; as it was given where there is none.
fn from_repository(file: &Path) -> String {
    let known = fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let root = known.ancestors().skip(1).find(|folder| folder.join(".git").exists());
    let inner = root.and_then(|root| known.strip_prefix(root).ok()).unwrap_or(file);
    inner.display().to_string().replace('\\', "/")
}

/// The lines of the keys at the margin, counted from 1. It reads lines and not YAML: the parser gives no places.
fn key_lines(text: &str) -> BTreeMap<String, usize> {
    let key = |line: &str| {
        let (key, _) = line.split_once(':')?;
        let plain = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        (!key.is_empty() && key.chars().all(plain)).then(|| key.to_owned())
    };
    let lines = text.lines().enumerate();
    lines.filter_map(|(index, line)| Some((key(line)?, index + 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_at_the_margin_are_found() {
        let lines =
            key_lines("# a: 1\nversion: 1\n\ntolerance:\n  pixel: { abs: 1 }\nexpect: []\n");
        let found: Vec<(&str, usize)> =
            lines.iter().map(|(key, line)| (key.as_str(), *line)).collect();
        assert_eq!(found, [("expect", 6), ("tolerance", 4), ("version", 2)]);
    }

    #[test]
    fn a_file_is_named_from_the_root_of_its_repository() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/b/tiny.yaml");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "").unwrap();
        assert_eq!(from_repository(&file), file.display().to_string());
        fs::create_dir(folder.path().join(".git")).unwrap();
        assert_eq!(from_repository(&file), "a/b/tiny.yaml");
    }
}
