//! `unet:` of a scenario: a UNet from a seed or from a diffusers folder.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use burn_repro::Seed;
use burn_repro::{BoxError, Case, Probe, RelativePath, Requirements, within};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::folder::PipelineFolder;
use crate::diffusers::{Keyed, listed};
use crate::sampler::{FromFields, Scheduler};
use crate::unet::{UNet2DConfig, UNet2DModel, Weights};

/// Where a UNet comes from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Keys")]
pub enum Denoiser {
    /// `torch.manual_seed(init_seed)`, then `UNet2DModel(**config)`.
    Seeded {
        /// The configuration.
        config: Box<UNet2DConfig>,
        /// The seed of the weights.
        init_seed: Seed,
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
        opened: Option<Arc<PipelineFolder>>,
    },
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Keys {
    config: Option<Box<Keyed<UNet2DConfig>>>,
    init_seed: Option<Seed>,
    path: Option<RelativePath>,
    how_to_get: Option<String>,
}

/// The keys of `unet:` say neither or both of the two ways.
#[derive(Debug, thiserror::Error)]
#[error("`unet` is either `config` with `init_seed`, or `path` (with `how_to_get` if you like)")]
pub struct DenoiserError;

/// The keys; which of them go together is the parser's matter.
impl JsonSchema for Denoiser {
    fn schema_name() -> Cow<'static, str> {
        "Denoiser".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Keys::json_schema(generator)
    }
}

impl TryFrom<Keys> for Denoiser {
    type Error = DenoiserError;

    fn try_from(keys: Keys) -> Result<Self, DenoiserError> {
        match (keys.config, keys.init_seed, keys.path, keys.how_to_get) {
            (Some(keyed), Some(init_seed), None, None) => {
                let Keyed { config, ignored, .. } = *keyed;
                Ok(Self::Seeded { config: Box::new(config), init_seed, ignored })
            }
            (None, None, Some(path), how_to_get) => {
                Ok(Self::Folder { path, how_to_get, opened: None })
            }
            _ => Err(DenoiserError),
        }
    }
}

impl Denoiser {
    /// Reads the folder, if it is here, and the scheduler in it beside the one that the scenario writes. `start` is the
    /// folder that the path begins in. Gives what people should know of both.
    pub(super) fn complete<C: FromFields>(
        &mut self,
        start: &Path,
        scheduler: &mut Scheduler<C>,
    ) -> Result<Vec<String>, BoxError> {
        let (path, opened) = match self {
            Self::Seeded { ignored, .. } => {
                let mut notices = scheduler.complete(None)?;
                if !ignored.is_empty() {
                    let ignored = listed(ignored);
                    notices.push(format!("params.unet.config: keys without effect: {ignored}"));
                }
                return Ok(notices);
            }
            Self::Folder { path, opened, .. } => (path, opened),
        };
        let place = start.join(path.as_path());
        if !place.exists() {
            return Ok(scheduler.complete(None)?);
        }
        let folder = PipelineFolder::open(&place)?;
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

    /// Whether it is a folder that is not here, so that nobody knows what is in it.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Folder { opened: None, .. })
    }

    /// The folder, if the case needs one, and what the model asks of a target.
    pub(super) fn requires<P>(&self, case: &Case<P>) -> Requirements {
        let requirements = match self {
            Self::Seeded { .. } => Requirements::default(),
            Self::Folder { path, how_to_get, .. } => {
                let usual = "put the diffusers folder of the model there";
                let how_to_get = how_to_get.as_deref().unwrap_or(usual);
                Requirements::default().file(case.resolve(path), how_to_get)
            }
        };
        let Some(config) = self.config() else { return requirements };
        let Ok([batch_size, _, height, width]) = sample_shape(config, case.batch_size) else {
            return requirements;
        };
        let extent = config.extent(batch_size, height, width);
        requirements.reduces(extent.longest_reduction).holds(extent.largest_tensor)
    }

    /// The configuration; of a folder, if it is here.
    fn config(&self) -> Option<&UNet2DConfig> {
        match self {
            Self::Seeded { config, .. } => Some(config),
            Self::Folder { opened, .. } => Some(opened.as_ref()?.model.config()),
        }
    }

    /// Checks the configuration against what the sampler will feed it, and needs back: so many channels for those of
    /// the sample. A folder that is not here is skipped elsewhere.
    pub(super) fn validate<P>(
        &self,
        case: &Case<P>,
        output_channels: impl FnOnce(usize) -> usize,
    ) -> Result<(), BoxError> {
        let Some(config) = self.config() else { return Ok(()) };
        config.validate()?;
        let shape = sample_shape(config, case.batch_size)?;
        config.check_input(shape, &[0.0])?;
        let needed = output_channels(config.in_channels);
        if config.out_channels != needed {
            return Err(format!(
                "the sampler needs {needed} `out_channels`, the UNet has {}; a learned \
                 `variance_type` takes twice the `in_channels`, any other as many",
                config.out_channels
            )
            .into());
        }
        Ok(())
    }

    /// Reads the weights of a folder and checks that they are numbers.
    pub(super) fn examine(&self) -> Result<(), BoxError> {
        match self {
            Self::Folder { opened: Some(folder), .. } => Ok(folder.model.examine()?),
            _ => Ok(()),
        }
    }

    /// Makes the model on the device, and gives the shape of the samples it was made for.
    pub(super) fn load<P>(
        &self,
        case: &Case<P>,
        device: &Device,
        probe: &mut Probe,
    ) -> Result<(UNet2DModel, [usize; 4]), BoxError> {
        let config = self.config().ok_or("the model's folder has not been read")?;
        let weights = match self {
            Self::Seeded { config, init_seed, .. } => {
                Weights::initialise(config, init_seed.bits())?
            }
            Self::Folder { opened: Some(folder), .. } => folder.model.weights()?,
            Self::Folder { opened: None, .. } => {
                return Err("the model's folder is not here".into());
            }
        };
        probe.weights_sha256(weights.sha256());
        let shape = sample_shape(config, case.batch_size)?;
        let model = within("unet", || UNet2DModel::new(config, &weights, device))?;
        probe.model("unet", &model);
        Ok((model, shape))
    }
}

/// What a pipeline's folder says of the scheduler, the scenario does not, and is not the default: part of the question.
pub(super) fn asked<C: FromFields>(scheduler: &Scheduler<C>) -> Option<serde_json::Value> {
    let from_file = scheduler.from_file();
    (!from_file.is_empty()).then(|| serde_json::json!({ "scheduler": from_file }))
}

fn sample_shape(config: &UNet2DConfig, batch_size: usize) -> Result<[usize; 4], BoxError> {
    let size = config.sample_size.ok_or(
        "the UNet's `sample_size` is null; a pipeline needs the size of the sample to draw",
    )?;
    Ok([batch_size, config.in_channels, size.height, size.width])
}

/// The model as samplers call it: one time for the whole batch.
pub(super) fn denoise(model: &UNet2DModel) -> impl FnMut(Tensor<4>, f64) -> Tensor<4> {
    |sample, time| within("unet", || model.forward(sample, &[time]))
}
