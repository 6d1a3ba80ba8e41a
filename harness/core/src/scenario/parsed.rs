//! A scenario file whose keys are read once; what `params` means is its pipeline's matter.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_yaml::Value;

use super::bounded::Name;
use super::error::{Problem, ProblemAt};
use super::file::ScenarioFile;
use super::yaml::from_yaml;

/// A scenario file whose keys are read.
#[derive(Debug)]
pub struct Parsed {
    /// The file, from which paths start.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// The scenario's name: that of the file where it states none.
    pub name: String,
    /// The keys, with `params` as they are written.
    pub keys: ScenarioFile<Value>,
}

impl Parsed {
    /// Reads the keys in the text of a file.
    ///
    /// # Errors
    /// The first problem, with its place in the text.
    pub fn new(file: &Path, text: String) -> Result<Self, ProblemAt> {
        if text.trim().is_empty() {
            return Err(ProblemAt::file(file, Problem::Empty));
        }
        let keys: ScenarioFile<Value> = from_yaml(file, &text)?;
        let name = match &keys.name {
            Some(name) => name.0.clone(),
            None => name_from_stem(file)?,
        };
        Ok(Self { file: file.to_path_buf(), text, name, keys })
    }

    /// The parameters, as their type reads them.
    ///
    /// # Errors
    /// The first problem, with its place in the text.
    pub fn params<P: DeserializeOwned>(&self) -> Result<P, ProblemAt> {
        let missing = || self.invalid("pipeline", "it needs `params`, which are not there");
        let Some(value) = &self.keys.params.0 else {
            return P::deserialize(Value::Null).map_err(|_| missing());
        };
        let of_text = || {
            let keys = from_yaml::<ScenarioFile<P>>(&self.file, &self.text)?;
            keys.params.0.ok_or_else(missing)
        };
        match value {
            value if holds_null(value) => of_text(),
            // A value has lost its place, so that a problem is looked for in the text.
            value => P::deserialize(value).or_else(|_| of_text()),
        }
    }

    /// A problem of a key at the top level.
    #[must_use]
    pub fn invalid(&self, key: &str, problem: impl ToString) -> ProblemAt {
        self.problem(key, Problem::Invalid(problem.to_string()))
    }

    pub(super) fn problem(&self, key: &str, problem: Problem) -> ProblemAt {
        ProblemAt::key(&self.file, &self.text, key, problem)
    }
}

/// In a value serde_yaml takes a null for an empty mapping, in a text it does not.
fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Sequence(items) => items.iter().any(holds_null),
        Value::Mapping(keys) => keys.values().any(holds_null),
        Value::Tagged(tagged) => holds_null(&tagged.value),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn name_from_stem(file: &Path) -> Result<String, ProblemAt> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    Name::new(&stem).map(|name| name.0).map_err(|reason| {
        let help = format!("{reason}; rename the file or write `name:` into it");
        ProblemAt::file(file, Problem::Invalid(help))
    })
}
