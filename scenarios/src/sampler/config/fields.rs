//! The keys as they stand in a file, with diffusers' defaults, and which class may have which.
//!
//! One list for both classes, because the config of one is read for the other; values are judged
//! in `validate`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{DdimConfig, DdpmConfig, NoiseConfig, SchedulerConfig};
use crate::sampler::{PredictionType, VarianceType};
use crate::schedule::{BetaSchedule, TimestepSpacing};

/// Every key of either class.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    #[serde(rename = "_class_name")]
    class_name: Option<ClassName>,
    /// Which release wrote the file; nothing depends on it.
    #[serde(rename = "_diffusers_version")]
    #[schemars(with = "serde_json::Value")]
    diffusers_version: Option<IgnoredAny>,
    num_train_timesteps: usize,
    beta_start: f64,
    beta_end: f64,
    beta_schedule: BetaSchedule,
    trained_betas: Option<Vec<f64>>,
    variance_type: Option<VarianceType>,
    clip_sample: bool,
    set_alpha_to_one: Option<bool>,
    steps_offset: usize,
    prediction_type: PredictionType,
    thresholding: bool,
    dynamic_thresholding_ratio: f64,
    clip_sample_range: f64,
    sample_max_value: f64,
    timestep_spacing: TimestepSpacing,
    rescale_betas_zero_snr: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
enum ClassName {
    #[serde(rename = "DDIMScheduler")]
    Ddim,
    #[serde(rename = "DDPMScheduler")]
    Ddpm,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            class_name: None,
            diffusers_version: None,
            num_train_timesteps: 1000,
            beta_start: 0.0001,
            beta_end: 0.02,
            beta_schedule: BetaSchedule::default(),
            trained_betas: None,
            variance_type: None,
            clip_sample: true,
            set_alpha_to_one: None,
            steps_offset: 0,
            prediction_type: PredictionType::default(),
            thresholding: false,
            dynamic_thresholding_ratio: 0.995,
            clip_sample_range: 1.0,
            sample_max_value: 1.0,
            timestep_spacing: TimestepSpacing::default(),
            rescale_betas_zero_snr: false,
        }
    }
}

impl From<Fields> for NoiseConfig {
    fn from(fields: Fields) -> Self {
        Self {
            num_train_timesteps: fields.num_train_timesteps,
            beta_start: fields.beta_start,
            beta_end: fields.beta_end,
            beta_schedule: fields.beta_schedule,
            trained_betas: fields.trained_betas,
            clip_sample: fields.clip_sample,
            clip_sample_range: fields.clip_sample_range,
            thresholding: fields.thresholding,
            dynamic_thresholding_ratio: fields.dynamic_thresholding_ratio,
            sample_max_value: fields.sample_max_value,
            prediction_type: fields.prediction_type,
            timestep_spacing: fields.timestep_spacing,
            steps_offset: fields.steps_offset,
            rescale_betas_zero_snr: fields.rescale_betas_zero_snr,
        }
    }
}

impl Default for NoiseConfig {
    fn default() -> Self {
        Fields::default().into()
    }
}

/// A key that the scheduler does not have, or a scheduler that is not the one asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClassError {
    #[error(
        "`variance_type` belongs to DDPMScheduler; take it out, or say `_class_name: \
         DDPMScheduler` if this is a DDPM config"
    )]
    VarianceType,
    #[error("`set_alpha_to_one` belongs to DDIMScheduler; take it out")]
    SetAlphaToOne,
    #[error("`_class_name: DDIMScheduler` where DDPM runs; give a DDPMScheduler config")]
    NotDdpm,
    #[error("no `_class_name`; write `_class_name: DDIMScheduler` or `_class_name: DDPMScheduler`")]
    Missing,
}

impl TryFrom<Fields> for DdimConfig {
    type Error = ClassError;

    fn try_from(fields: Fields) -> Result<Self, ClassError> {
        if fields.class_name == Some(ClassName::Ddpm) {
            return Ok(Self::from_ddpm(DdpmConfig::try_from(fields)?));
        }
        if fields.variance_type.is_some() {
            return Err(ClassError::VarianceType);
        }
        let set_alpha_to_one = fields.set_alpha_to_one.unwrap_or(true);
        Ok(Self { noise: fields.into(), set_alpha_to_one })
    }
}

impl TryFrom<Fields> for DdpmConfig {
    type Error = ClassError;

    fn try_from(fields: Fields) -> Result<Self, ClassError> {
        if fields.class_name == Some(ClassName::Ddim) {
            return Err(ClassError::NotDdpm);
        }
        if fields.set_alpha_to_one.is_some() {
            return Err(ClassError::SetAlphaToOne);
        }
        let variance_type = fields.variance_type.unwrap_or_default();
        Ok(Self { noise: fields.into(), variance_type })
    }
}

impl TryFrom<Fields> for SchedulerConfig {
    type Error = ClassError;

    fn try_from(fields: Fields) -> Result<Self, ClassError> {
        match fields.class_name {
            Some(ClassName::Ddim) => Ok(Self::Ddim(fields.try_into()?)),
            Some(ClassName::Ddpm) => Ok(Self::Ddpm(fields.try_into()?)),
            None => Err(ClassError::Missing),
        }
    }
}

/// The keys of either class; which of them a class has is the parser's matter.
macro_rules! described_by_fields {
    ($($config:ident),*) => {$(
        impl JsonSchema for $config {
            fn schema_name() -> Cow<'static, str> {
                stringify!($config).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                Fields::json_schema(generator)
            }
        }
    )*};
}

described_by_fields!(DdimConfig, DdpmConfig, SchedulerConfig);
