//! A model of a pipeline, as a scenario names it: from a seed, or from a diffusers folder.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use burn_repro::torch::Generator;
use burn_repro::{BoxError, Case, RelativePath, Requirements, Seed};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::folder::PipelineFolder;
use crate::diffusers::{Keyed, listed};
use crate::sampler::{FromFields, Scheduler};
use crate::unet::{Architecture, Extent, Weights};

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Keys<C>", bound = "C: Architecture")]
pub enum Part<C: Architecture> {
    /// `torch.manual_seed(init_seed)`, then the model's class with `config`.
    Seeded {
        /// The configuration.
        config: Box<C>,
        /// The seed of the weights.
        init_seed: Seed,
        /// Keys beside the configuration's own, which have no effect.
        ignored: Vec<String>,
    },
    /// The model's class with `config`, right after the part before: its weights are the random numbers that follow.
    Following {
        /// The configuration.
        config: Box<C>,
        /// Keys beside the configuration's own, which have no effect.
        ignored: Vec<String>,
    },
    /// A diffusers folder below the scenario's own.
    Folder {
        /// The folder.
        path: RelativePath,
        /// One sentence for those who do not have it.
        how_to_get: Option<String>,
        /// What is in it, once it has been read.
        opened: Option<Arc<PipelineFolder<C>>>,
    },
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, bound = "C: Architecture")]
#[schemars(bound = "C: Architecture")]
struct Keys<C: Architecture> {
    config: Option<Box<Keyed<C>>>,
    init_seed: Option<Seed>,
    path: Option<RelativePath>,
    how_to_get: Option<String>,
}

/// The keys of a part say neither or both of the two ways.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{part}` is either `config` with `init_seed`{following}, or `path` (with `how_to_get` if you like)"
)]
pub struct PartError {
    part: &'static str,
    following: &'static str,
}

/// The keys; which of them go together is the parser's matter.
impl<C: Architecture> JsonSchema for Part<C> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Part", C::CLASS).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Keys::<C>::json_schema(generator)
    }
}

impl<C: Architecture> TryFrom<Keys<C>> for Part<C> {
    type Error = PartError;

    fn try_from(keys: Keys<C>) -> Result<Self, PartError> {
        match (keys.config, keys.init_seed, keys.path, keys.how_to_get) {
            (Some(keyed), Some(init_seed), None, None) => {
                let Keyed { config, ignored, .. } = *keyed;
                Ok(Self::Seeded { config: Box::new(config), init_seed, ignored })
            }
            (Some(keyed), None, None, None) if C::FOLLOWS => {
                let Keyed { config, ignored, .. } = *keyed;
                Ok(Self::Following { config: Box::new(config), ignored })
            }
            (None, None, Some(path), how_to_get) => {
                Ok(Self::Folder { path, how_to_get, opened: None })
            }
            _ => {
                let following = if C::FOLLOWS { " or without" } else { "" };
                Err(PartError { part: C::PART, following })
            }
        }
    }
}

impl<C: Architecture> Part<C> {
    /// Reads the folder, if it is here, and the scheduler in it beside the one that the scenario writes. `start` is the
    /// folder that the path begins in, `used` are the parts of the pipeline. Gives what people should know of both.
    pub(super) fn complete<S: FromFields>(
        &mut self,
        start: &Path,
        scheduler: &mut Scheduler<S>,
        used: &[&str],
    ) -> Result<Vec<String>, BoxError> {
        let Self::Folder { path, opened, .. } = self else {
            let mut notices = scheduler.complete(None)?;
            notices.extend(self.notice());
            return Ok(notices);
        };
        let place = start.join(path.as_path());
        if !place.exists() {
            return Ok(scheduler.complete(None)?);
        }
        let folder = PipelineFolder::open(&place, used)?;
        folder.check_scheduler(scheduler.is_written())?;
        let file = folder.scheduler.as_ref();
        let file =
            file.map(|(file, inner)| (file, path.as_path().join(inner).display().to_string()));
        let mut notices =
            scheduler.complete(file.as_ref().map(|(file, at)| (*file, at.as_str())))?;
        notices.extend(folder.notices().to_vec());
        *opened = Some(Arc::new(folder));
        Ok(notices)
    }

    /// Reads the folder, if it is here, of a part whose scheduler does not count. Gives what people should know of it.
    pub(super) fn open(&mut self, start: &Path) -> Result<Vec<String>, BoxError> {
        let Self::Folder { path, opened, .. } = self else {
            return Ok(self.notice().into_iter().collect());
        };
        let place = start.join(path.as_path());
        if !place.exists() {
            return Ok(Vec::new());
        }
        let folder = PipelineFolder::of_model(&place)?;
        let notices = folder.notices().to_vec();
        *opened = Some(Arc::new(folder));
        Ok(notices)
    }

    /// A sentence on keys that have no effect.
    fn notice(&self) -> Option<String> {
        let (Self::Seeded { ignored, .. } | Self::Following { ignored, .. }) = self else {
            return None;
        };
        let keys = listed(ignored);
        let part = C::PART;
        (!ignored.is_empty()).then(|| format!("params.{part}.config: keys without effect: {keys}"))
    }

    /// Whether it is a folder that is not here, so that nobody knows what is in it.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Folder { opened: None, .. })
    }

    /// The configuration; of a folder, if it is here.
    pub(super) fn config(&self) -> Option<&C> {
        match self {
            Self::Seeded { config, .. } | Self::Following { config, .. } => Some(config),
            Self::Folder { opened, .. } => Some(opened.as_ref()?.model.config()),
        }
    }

    /// The configuration, checked. A folder that is not here is skipped elsewhere.
    pub(super) fn checked(&self) -> Result<&C, BoxError> {
        let config = self.config().ok_or("the model's folder has not been read")?;
        config.validate()?;
        Ok(config)
    }

    /// The folder, if the case needs one, and what the model asks of a target, beside what else is required.
    pub(super) fn requires<P>(
        &self,
        case: &Case<P>,
        requirements: Requirements,
        extent: impl FnOnce(&C) -> Extent,
    ) -> Requirements {
        let requirements = match self {
            Self::Seeded { .. } | Self::Following { .. } => requirements,
            Self::Folder { path, how_to_get, .. } => {
                let usual = "put the diffusers folder of the model there";
                let how_to_get = how_to_get.as_deref().unwrap_or(usual);
                requirements.file(case.resolve(path), how_to_get)
            }
        };
        let Some(config) = self.config() else { return requirements };
        let Extent { longest_reduction, largest_tensor } = extent(config);
        let [reduces, holds] = [requirements.longest_reduction, requirements.largest_tensor];
        requirements
            .reduces(longest_reduction.max(reduces.unwrap_or(0)))
            .holds(largest_tensor.max(holds.unwrap_or(0)))
    }

    /// Reads the weights of a folder and checks that they are numbers.
    pub(super) fn examine(&self) -> Result<(), BoxError> {
        match self {
            Self::Folder { opened: Some(folder), .. } => Ok(folder.model.examine()?),
            _ => Ok(()),
        }
    }

    /// The weights. A seed leaves its generator for the part that follows.
    pub(super) fn weights(&self, generator: &mut Option<Generator>) -> Result<Weights, BoxError> {
        match self {
            Self::Seeded { config, init_seed, .. } => {
                let seeded = generator.insert(Generator::manual_seed(init_seed.bits()));
                Ok(Weights::draw(config.as_ref(), seeded)?)
            }
            Self::Following { config, .. } => {
                let part = C::PART;
                let before = generator.as_mut().ok_or_else(|| {
                    format!("`{part}` follows no part with an `init_seed`; write one for `{part}`")
                })?;
                Ok(Weights::draw(config.as_ref(), before)?)
            }
            Self::Folder { opened: Some(folder), .. } => Ok(folder.model.weights()?),
            Self::Folder { opened: None, .. } => Err("the model's folder is not here".into()),
        }
    }
}
