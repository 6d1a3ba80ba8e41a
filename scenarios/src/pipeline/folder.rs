//! The folder that a scenario's `unet: { path }` names: a model's, or a whole pipeline's with a scheduler of its own. The
//! same of any other part.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn_repro::BoxError;
use serde_json::Value;

use crate::diffusers::{listed, read_json};
use crate::sampler::Fields;
use crate::unet::{Architecture, Folder};

/// What a pipeline's folder is known by.
const MODEL_INDEX: &str = "model_index.json";
/// Where a scheduler lies: in a folder of its own, or at the root as in google/ddpm-cifar10-32.
const SCHEDULERS: [&str; 2] = ["scheduler/scheduler_config.json", "scheduler_config.json"];

/// A folder whose short files have been read.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineFolder<C> {
    pub(super) model: Folder<C>,
    /// The scheduler and its path inside of the folder.
    pub(super) scheduler: Option<(Fields, PathBuf)>,
    /// Where a scheduler should lie, if there should be one.
    promised: Option<PathBuf>,
    notices: Vec<String>,
}

impl<C: Architecture> PipelineFolder<C> {
    /// Reads the configurations in a folder, and the headers of the weights; `used` are the parts that a pipeline has.
    pub(super) fn open(folder: &Path, used: &[&str]) -> Result<Self, BoxError> {
        let index = folder.join(MODEL_INDEX);
        let index: BTreeMap<String, Value> = match index.is_file() {
            true => read_json(&index, |text| serde_json::from_str(text))?,
            false => BTreeMap::new(),
        };
        let scheduler = SCHEDULERS.iter().find(|file| folder.join(file).is_file());
        let scheduler = scheduler
            .map(|file| Fields::read(&folder.join(file)).map(|read| (read, file.into())))
            .transpose()?;
        let is_promised = is_part(index.get("scheduler")) || folder.join("scheduler").is_dir();
        let promised = (is_promised && scheduler.is_none()).then(|| folder.join(SCHEDULERS[0]));
        let model = Folder::open(folder)?;
        let unused = index
            .iter()
            .filter(|(name, part)| is_part(Some(part)) && !used.contains(&name.as_str()));
        let unused = listed(unused.map(|(name, _)| name));
        let unused = (!unused.is_empty())
            .then(|| format!("parts of {MODEL_INDEX} that are not used: {unused}"));
        let notices = unused.into_iter().chain(model.notices().to_vec()).collect();
        Ok(Self { model, scheduler, promised, notices })
    }

    /// Reads one part alone.
    pub(super) fn of_model(folder: &Path) -> Result<Self, BoxError> {
        let model: Folder<C> = Folder::open(folder)?;
        let notices = model.notices().to_vec();
        Ok(Self { model, scheduler: None, promised: None, notices })
    }

    /// What people should know of the folder.
    pub(super) fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Refuses a pipeline whose scheduler is not here, unless the scenario writes one.
    pub(super) fn check_scheduler(&self, is_written: bool) -> Result<(), BoxError> {
        match &self.promised {
            Some(path) if !is_written => Err(format!(
                "find the scheduler: {} is not there; download it from where {MODEL_INDEX} came from, or write \
                 `scheduler:` beside `unet:`",
                path.display()
            )
            .into()),
            _ => Ok(()),
        }
    }
}

/// Whether an entry of a `model_index.json` is a part with a class: `["diffusers", "DDPMScheduler"]`.
fn is_part(entry: Option<&Value>) -> bool {
    entry.and_then(Value::as_array).is_some_and(|names| names.iter().any(|name| !name.is_null()))
}
