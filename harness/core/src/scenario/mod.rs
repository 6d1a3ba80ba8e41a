//! Scenarios: what a YAML file asks, parsed and checked.
//!
//! One file of this folder for each part of the format; `load` reads files, everything else is
//! pure. Nothing here knows a target of this machine or a golden.

mod aliases;
mod bounded;
mod catalog;
mod driver_range;
mod entry_lines;
mod error;
mod expectation;
mod file;
mod inputs;
mod known_failure;
mod load;
mod merge;
mod parsed;
mod question;
mod reference_file;
mod relative_path;
mod requirements;
mod schema;
mod search;
mod seed;
mod selector;
mod slice;
mod tolerance;
mod tolerance_keys;
mod yaml;

use std::path::PathBuf;
use std::sync::Arc;

use burn_repro_target::{Dtype, Settings, Target};

pub use burn_repro_target::Determinism;

pub(crate) use aliases::check_aliases;
pub use bounded::Name;
pub use bounded::{OutputName, Sentence};
pub use catalog::{Catalog, Checked, Described};
pub use driver_range::DriverRange;
pub use error::{LoadError, Problem, ProblemAt};
pub use expectation::{Expectation, Published, Statistic};
pub use inputs::{InputDraw, InputSource};
pub use known_failure::{FailureCause, KnownFailure};
pub(crate) use load::examine;
pub use load::{ALL_FAULTS, load, load_file, parse};
pub use parsed::Parsed;
pub use question::Question;
pub use reference_file::ReferenceFile;
pub use relative_path::RelativePath;
pub use requirements::{RequiredFile, Requirements};
pub use schema::scenario_schema;
pub use search::{Unsearched, unsearched};
pub use seed::{Seed, Seeds};
pub use selector::BackendSelector;
pub use slice::Slice;
pub use tolerance::{BackendTolerance, OutputTolerance, Tolerance};

use crate::reason::{Reason, ReasonCode, joined};

/// Seconds a cell may take where the scenario says nothing.
pub(crate) const DEFAULT_TIME_LIMIT: u64 = 600;

/// The tag that leaves a scenario to runs that ask for it.
pub const NIGHTLY: &str = "nightly";

/// One scenario, parsed and checked.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Unique among the scenarios of a folder.
    pub name: String,
    /// The file it stands in.
    pub file: PathBuf,
    /// One line for people.
    pub description: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// The seed handed to the pipeline, or one for each sample.
    pub seed: Seeds,
    /// Number of inference steps.
    pub steps: usize,
    /// Number of samples generated at once.
    pub batch_size: usize,
    /// Where it runs.
    pub backends: Vec<BackendSelector>,
    /// How still Burn is held.
    pub determinism: Determinism,
    /// The default float type of the device.
    pub dtype: Dtype,
    /// How far a result may be from its golden.
    pub tolerance: Tolerance,
    /// Published numbers.
    pub expect: Vec<Expectation>,
    /// Somebody else's tensors, which every target is compared with.
    pub reference: Option<ReferenceFile>,
    /// Failures that are known.
    pub known_failures: Vec<KnownFailure>,
    /// Free words.
    pub tags: Vec<String>,
    /// Faults that its checks must notice, by the names of `repro mutation`; `all` for every one.
    pub must_catch: Vec<String>,
    /// Seconds a cell may take.
    pub time_limit: u64,
    /// Bytes a cell may take, where the scenario says it.
    pub memory_limit: Option<u64>,
    /// What must be on the machine.
    pub requirements: Requirements,
    /// What people should know of its files, each as one sentence.
    pub notices: Vec<String>,
    /// What is asked; a golden answers one question.
    pub question: Question,
    /// The file as it was read; a worker gets its text and parses it again.
    pub parsed: Arc<Parsed>,
}

impl Scenario {
    /// How a target is to be run for it.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings { determinism: self.determinism, ..Settings::from(self.dtype) }
    }

    /// The folder of its file.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        match self.file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => PathBuf::from("."),
        }
    }

    /// The known failure that it states for a target, if it states one.
    #[must_use]
    pub(crate) fn known_failure(&self, target: &Target) -> Option<&KnownFailure> {
        self.known_failures.iter().find(|known| known.is_about(target))
    }

    /// Whether the scenario is left to runs that ask for it.
    #[must_use]
    pub(crate) fn is_nightly(&self) -> bool {
        self.tags.iter().any(|tag| tag == NIGHTLY)
    }

    /// The first required file that is not here, with its help; empty where all are here.
    #[must_use]
    pub(crate) fn missing_files(&self) -> Vec<Reason> {
        let missing = self.requirements.files.iter().find(|file| !file.path.exists());
        missing.map_or(Vec::new(), |missing| {
            let text = format!("{} is not here", missing.path.display());
            vec![Reason::new(ReasonCode::MissingFile, text), Reason::help(&missing.how_to_get)]
        })
    }

    /// The first required file that is not here, as a sentence with its help.
    #[must_use]
    pub fn missing_requirement(&self) -> Option<String> {
        let missing = self.missing_files();
        (!missing.is_empty()).then(|| joined(&missing))
    }
}
