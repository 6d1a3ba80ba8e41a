//! Reads scenario files: from a folder to checked [`Scenario`]s, or to every error with its file,
//! line and column. Opens no device.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::bounded::Name;
use super::catalog::{Catalog, Checked, Described};
use super::error::{LoadError, Problem, ProblemAt};
use super::file::ScenarioFile;
use super::known_failure::placed;
use super::parsed::Parsed;
use super::question::Question;
use super::search::{Found, search};
use super::{DEFAULT_TIME_LIMIT, Scenario};

/// What stands for every fault in a scenario's `must_catch`.
pub const ALL_FAULTS: &str = "all";

/// A scenario is a page, not a data file; anything larger is a mistake or an attack.
const SIZE_LIMIT: u64 = 256 * 1024;

/// Reads every `*.yaml` and `*.yml` below `folder`, sorted by name. Links are followed; folders that hold a model and
/// hidden ones are not searched, see [`unsearched`](super::unsearched).
///
/// # Errors
/// All problems of all files at once, each with file, line, column and help.
pub fn load(folder: &Path, catalog: &dyn Catalog) -> Result<Vec<Scenario>, LoadError> {
    let found = search(folder);
    if found.files.is_empty() && found.problems.is_empty() {
        return Err(LoadError::new(vec![no_scenarios(folder, &found)]));
    }
    let Found { files, mut problems, .. } = found;
    let mut scenarios = Vec::new();
    for file in files {
        match load_file(&file, catalog) {
            Ok(scenario) => scenarios.push(scenario),
            Err(problem) => problems.push(problem),
        }
    }
    let (mut scenarios, duplicates) = unique(scenarios);
    problems.extend(duplicates);
    if !problems.is_empty() {
        return Err(LoadError::new(problems));
    }
    scenarios.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(scenarios)
}

/// Says of a folder without scenarios what was not searched in it.
fn no_scenarios(folder: &Path, found: &Found) -> ProblemAt {
    let left_out = found.unsearched.iter();
    let left_out = left_out
        .map(|left_out| format!("; not searched: {} {}", left_out.path.display(), left_out.reason));
    ProblemAt::file(folder, Problem::NoScenarios { not_searched: left_out.collect() })
}

/// Reads one scenario file.
///
/// # Errors
/// The first problem of the file.
pub fn load_file(file: &Path, catalog: &dyn Catalog) -> Result<Scenario, ProblemAt> {
    let unreadable = |error: std::io::Error| ProblemAt::file(file, Problem::Unreadable(error));
    let metadata = fs::metadata(file).map_err(unreadable)?;
    if !metadata.is_file() {
        // A pipe would never end.
        return Err(ProblemAt::file(file, Problem::NotAFile));
    }
    let length = metadata.len();
    if length > SIZE_LIMIT {
        return Err(ProblemAt::file(file, Problem::TooLarge { length, limit: SIZE_LIMIT }));
    }
    let bytes = fs::read(file).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| ProblemAt::file(file, Problem::NotText))?;
    parse(file, text, catalog)
}

/// Parses the text of a scenario file; `file` gives the default name and the folder that paths
/// start from.
///
/// # Errors
/// The first problem of the text.
pub fn parse(file: &Path, text: String, catalog: &dyn Catalog) -> Result<Scenario, ProblemAt> {
    let parsed = Parsed::new(file, text)?;
    let keys = &parsed.keys;
    if keys.backends.is_empty() {
        return Err(parsed
            .invalid("backends", "expected at least one backend: name one or leave the key out"));
    }
    let Some(pipeline) = catalog.get(&keys.pipeline) else {
        let (name, known) = (keys.pipeline.clone(), catalog.names().join(", "));
        return Err(parsed.problem("pipeline", Problem::UnknownPipeline { name, known }));
    };
    if let Some(problem) = seeds_problem(keys, pipeline) {
        return Err(parsed.invalid("seed", problem));
    }
    let Checked { requirements, notices, asks } = pipeline.check(&parsed)?;
    let faults = [catalog.common_faults(), pipeline.fault_names()].concat();
    if let Some(unknown) = unknown_fault(&keys.must_catch, &faults) {
        return Err(parsed.invalid("must_catch", unknown));
    }
    let question = Question::new(keys).with(asks);
    if let Some(problem) = question.unwritable() {
        return Err(parsed.invalid("params", problem));
    }
    Ok(Scenario {
        question,
        notices,
        name: parsed.name.clone(),
        file: parsed.file.clone(),
        description: keys.description.clone(),
        pipeline: keys.pipeline.clone(),
        seed: keys.seed.clone(),
        steps: keys.steps.0,
        batch_size: keys.batch_size(),
        backends: keys.backends.clone(),
        determinism: keys.determinism,
        dtype: keys.dtype,
        tolerance: keys.tolerance.clone(),
        expect: keys.expect.clone(),
        reference: keys.reference.clone(),
        known_failures: placed(keys.known_failures.clone(), file, &parsed.text),
        tags: keys.tags.clone(),
        must_catch: keys.must_catch.clone(),
        memory_limit: keys.memory_limit.map(|limit| (limit.0 as u64) << 20),
        time_limit: keys.time_limit.map_or(DEFAULT_TIME_LIMIT, |limit| limit.0 as u64),
        requirements,
        parsed: Arc::new(parsed),
    })
}

/// What to say of a list of seeds that the batch or the pipeline cannot take.
fn seeds_problem<P>(parsed: &ScenarioFile<P>, pipeline: &dyn Described) -> Option<String> {
    if !parsed.seed.per_sample().is_empty() && !pipeline.takes_seed_list() {
        let name = &parsed.pipeline;
        return Some(format!("the pipeline `{name}` takes no list of seeds: expected one seed"));
    }
    parsed.batch_size_problem()
}

/// Reads the long files of a scenario, such as weights, and checks what they hold.
///
/// # Errors
/// The first problem of its files.
pub fn examine(scenario: &Scenario, catalog: &dyn Catalog) -> Result<(), ProblemAt> {
    let Some(pipeline) = catalog.get(&scenario.pipeline) else { return Ok(()) };
    pipeline.examine(&scenario.parsed)
}

/// The message for the first unknown fault.
fn unknown_fault(names: &[String], known: &[&str]) -> Option<String> {
    let unknown =
        names.iter().find(|name| *name != ALL_FAULTS && !known.contains(&name.as_str()))?;
    Some(format!("unknown fault `{unknown}`: expected `all` or some of {}", known.join(", ")))
}

/// The scenarios of different names, and what is wrong with the others. A file that a link leads to as well is one.
fn unique(scenarios: Vec<Scenario>) -> (Vec<Scenario>, Vec<ProblemAt>) {
    let mut first: BTreeMap<String, Scenario> = BTreeMap::new();
    let mut problems = Vec::new();
    for scenario in scenarios {
        let Scenario { name, file, .. } = &scenario;
        match first.entry(Name::in_any_case(name)) {
            Entry::Vacant(entry) => {
                entry.insert(scenario);
            }
            Entry::Occupied(entry) => {
                let Scenario { name: taken, file: other, .. } = entry.get();
                if name == taken && is_same_file(file, other) {
                    continue;
                }
                let (name, taken, other) = (name.clone(), taken.clone(), other.clone());
                let problem = match name == taken {
                    true => Problem::DuplicateName { name, other },
                    false => Problem::NameInAnotherCase { name, taken, other },
                };
                problems.push(scenario.parsed.problem("name", problem));
            }
        }
    }
    (first.into_values().collect(), problems)
}

fn is_same_file(file: &Path, other: &Path) -> bool {
    fs::canonicalize(file)
        .is_ok_and(|file| fs::canonicalize(other).is_ok_and(|other| file == other))
}
