//! Reads scenario files: from a folder to checked [`Scenario`]s, or to every error with its file,
//! line and column. Opens no device.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::bounded::Name;
use super::error::{LoadError, Problem, ProblemAt};
use super::file::ScenarioFile;
use super::known_failure::placed;
use super::question::Question;
use super::{DEFAULT_TIME_LIMIT, Scenario};
use crate::power::{ALL_FAULTS, known_faults};
use crate::registry::{AnyPipeline, Registry};

/// A scenario is a page, not a data file; anything larger is a mistake or an attack.
const SIZE_LIMIT: u64 = 256 * 1024;

/// Reads every `*.yaml` and `*.yml` below `folder`, sorted by name.
///
/// # Errors
/// All problems of all files at once, each with file, line, column and cure.
pub fn load(folder: &Path, registry: &Registry) -> Result<Vec<Scenario>, LoadError> {
    let mut files = Vec::new();
    collect(folder, &mut files).map_err(|problem| LoadError::new(vec![problem]))?;
    if files.is_empty() {
        return Err(LoadError::new(vec![ProblemAt::file(folder, Problem::NoScenarios)]));
    }
    let mut scenarios = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        match load_file(&file, registry) {
            Ok(scenario) => scenarios.push(scenario),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(duplicates(&scenarios));
    if !problems.is_empty() {
        return Err(LoadError::new(problems));
    }
    scenarios.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(scenarios)
}

/// Reads one scenario file.
///
/// # Errors
/// The first problem of the file.
pub fn load_file(file: &Path, registry: &Registry) -> Result<Scenario, ProblemAt> {
    let unreadable = |error: std::io::Error| ProblemAt::file(file, Problem::Unreadable(error));
    let length = fs::metadata(file).map_err(unreadable)?.len();
    if length > SIZE_LIMIT {
        return Err(ProblemAt::file(file, Problem::TooLarge { length, limit: SIZE_LIMIT }));
    }
    let bytes = fs::read(file).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| ProblemAt::file(file, Problem::NotText))?;
    parse(file, text, registry)
}

/// Parses the text of a scenario file; `file` gives the default name and the folder that paths
/// start from.
///
/// # Errors
/// The first problem of the text.
pub fn parse(file: &Path, text: String, registry: &Registry) -> Result<Scenario, ProblemAt> {
    if text.trim().is_empty() {
        return Err(ProblemAt::file(file, Problem::Empty));
    }
    let parsed: ScenarioFile<serde_yaml::Value> = from_yaml(file, &text)?;
    let name = match &parsed.name {
        Some(name) => name.0.clone(),
        None => name_from_stem(file)?,
    };
    if parsed.backends.is_empty() {
        let problem = Problem::Invalid("no backends; name one or leave the key out".into());
        return Err(ProblemAt::key(file, &text, "backends", problem));
    }
    let Some(pipeline) = registry.get(&parsed.pipeline) else {
        let problem = Problem::UnknownPipeline {
            name: parsed.pipeline.clone(),
            known: registry.names().join(", "),
        };
        return Err(ProblemAt::key(file, &text, "pipeline", problem));
    };
    if let Some(problem) = seeds_problem(&parsed, pipeline) {
        return Err(ProblemAt::key(file, &text, "seed", Problem::Invalid(problem)));
    }
    let case = pipeline.prepare(&name, file, &text)?;
    if let Some(unknown) = unknown_fault(&parsed.must_catch, pipeline) {
        return Err(ProblemAt::key(file, &text, "must_catch", Problem::Invalid(unknown)));
    }
    let batch_size = parsed.batch_size();
    Ok(Scenario {
        question: Question::new(&parsed).with(case.asks()),
        notices: case.notices(),
        name,
        file: file.to_path_buf(),
        description: parsed.description,
        pipeline: parsed.pipeline,
        seed: parsed.seed,
        steps: parsed.steps.0,
        batch_size,
        backends: parsed.backends,
        determinism: parsed.determinism,
        dtype: parsed.dtype,
        tolerance: parsed.tolerance,
        expect: parsed.expect,
        known_failures: placed(parsed.known_failures, file, &text),
        tags: parsed.tags,
        must_catch: parsed.must_catch,
        memory_limit: parsed.memory_limit.map(|limit| (limit.0 as u64) << 20),
        time_limit: parsed.time_limit.map_or(DEFAULT_TIME_LIMIT, |limit| limit.0 as u64),
        requirements: case.requires(),
        text,
    })
}

/// What to say of a list of seeds that the batch or the pipeline cannot take.
fn seeds_problem<P>(parsed: &ScenarioFile<P>, pipeline: &dyn AnyPipeline) -> Option<String> {
    if !parsed.seed.per_sample().is_empty() && !pipeline.takes_seed_list() {
        let name = pipeline.name();
        return Some(format!("the pipeline `{name}` takes no list of seeds: expected one seed"));
    }
    parsed.batch_size_problem()
}

/// Reads the long files of a scenario, such as weights, and checks what they hold.
///
/// # Errors
/// The first problem of its files.
pub(crate) fn examine(scenario: &Scenario, registry: &Registry) -> Result<(), ProblemAt> {
    let Scenario { name, file, text, .. } = scenario;
    let Some(pipeline) = registry.get(&scenario.pipeline) else { return Ok(()) };
    pipeline
        .prepare(name, file, text)?
        .examine()
        .map_err(|error| ProblemAt::key(file, text, "params", Problem::Invalid(error.to_string())))
}

/// What to say of the first fault that nobody knows.
fn unknown_fault(names: &[String], pipeline: &dyn AnyPipeline) -> Option<String> {
    let known: Vec<&str> = known_faults(pipeline).into_iter().map(|(name, _)| name).collect();
    let unknown =
        names.iter().find(|name| *name != ALL_FAULTS && !known.contains(&name.as_str()))?;
    Some(format!("there is no fault `{unknown}`; write `all`, or some of {}", known.join(", ")))
}

/// Parses YAML into a type; an error carries file, line and column.
pub(crate) fn from_yaml<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, ProblemAt> {
    serde_yaml::from_str(text).map_err(|error| ProblemAt::yaml(file, text, &error))
}

fn name_from_stem(file: &Path) -> Result<String, ProblemAt> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    Name::new(&stem).map(|name| name.0).map_err(|reason| {
        let cure = format!("{reason}; rename the file or write `name:` into it");
        ProblemAt::file(file, Problem::Invalid(cure))
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), ProblemAt> {
    let unreadable = |error| ProblemAt::file(folder, Problem::Unreadable(error));
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let yaml = entry.extension().is_some_and(|kind| kind == "yaml" || kind == "yml");
        // Not `is_dir`, which follows links: a link to a parent folder would never end.
        let folder = entry.symlink_metadata().is_ok_and(|kind| kind.is_dir());
        if folder && !hidden {
            collect(&entry, files)?;
        } else if yaml && !hidden {
            files.push(entry);
        }
    }
    Ok(())
}

fn duplicates(scenarios: &[Scenario]) -> Vec<ProblemAt> {
    let mut first: BTreeMap<&str, &Scenario> = BTreeMap::new();
    let mut problems = Vec::new();
    for scenario in scenarios {
        if let Some(other) = first.get(scenario.name.as_str()) {
            let problem =
                Problem::DuplicateName { name: scenario.name.clone(), other: other.file.clone() };
            problems.push(ProblemAt::key(&scenario.file, &scenario.text, "name", problem));
        } else {
            first.insert(&scenario.name, scenario);
        }
    }
    problems
}
