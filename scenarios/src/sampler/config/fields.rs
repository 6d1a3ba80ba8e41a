//! The keys as they stand in a file, with diffusers' defaults, and what each class makes of them.
//!
//! One list for both classes, because the config of one is read for the other, and for any other scheduler's; values are
//! judged in `validate`.

use std::borrow::Cow;
use std::fmt;

use burn_repro::nearest;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{DdimConfig, DdpmConfig, NoiseConfig, SchedulerConfig};
use crate::diffusers::{Keyed, schedulers};
use crate::sampler::{PredictionType, VarianceType};
use crate::schedule::{BetaSchedule, TimestepSpacing};

/// Every key of either class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    #[serde(rename = "_class_name")]
    pub(super) class_name: Option<ClassName>,
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

/// `_class_name`: any scheduler of diffusers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ClassName(String);

impl ClassName {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

// By a visitor, whose errors have a place in the file.
impl<'de> Deserialize<'de> for ClassName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ClassNameVisitor)
    }
}

struct ClassNameVisitor;

impl Visitor<'_> for ClassNameVisitor {
    type Value = ClassName;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a scheduler class of diffusers")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<ClassName, E> {
        if schedulers().any(|known| known == name) {
            return Ok(ClassName(name.to_owned()));
        }
        let near = nearest(name, schedulers()).unwrap_or("DDIMScheduler");
        let name = name.escape_debug();
        Err(E::custom(format!(
            "unknown variant `{name}`: `_class_name` is a scheduler class of diffusers, such as `{near}`"
        )))
    }
}

impl JsonSchema for ClassName {
    fn schema_name() -> Cow<'static, str> {
        "SchedulerClass".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": schedulers().collect::<Vec<_>>() })
    }
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            class_name: None,
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

/// The keys do not say which of the two schedulers is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClassError {
    /// There is no `_class_name`.
    #[error("no `_class_name`; write `_class_name: DDIMScheduler` or `_class_name: DDPMScheduler`")]
    Missing,
    /// Another scheduler's.
    #[error("`_class_name: {0}` is not supported; write `DDIMScheduler` or `DDPMScheduler`")]
    Unsupported(String),
}

/// A configuration that is made from the keys of any scheduler, as `from_config` does.
pub trait FromFields: Sized {
    /// The configuration.
    fn from_fields(fields: Fields) -> Result<Self, ClassError>;

    /// The class that it configures.
    fn class(&self) -> &'static str;

    /// The key of [`Fields`] that the class does not have.
    fn foreign(&self) -> &'static str;
}

impl FromFields for DdimConfig {
    fn from_fields(fields: Fields) -> Result<Self, ClassError> {
        let set_alpha_to_one = fields.set_alpha_to_one.unwrap_or(true);
        Ok(Self { noise: fields.into(), set_alpha_to_one })
    }

    fn class(&self) -> &'static str {
        "DDIMScheduler"
    }

    fn foreign(&self) -> &'static str {
        "variance_type"
    }
}

impl FromFields for DdpmConfig {
    fn from_fields(fields: Fields) -> Result<Self, ClassError> {
        let variance_type = fields.variance_type.unwrap_or_default();
        Ok(Self { noise: fields.into(), variance_type })
    }

    fn class(&self) -> &'static str {
        "DDPMScheduler"
    }

    fn foreign(&self) -> &'static str {
        "set_alpha_to_one"
    }
}

impl FromFields for SchedulerConfig {
    fn from_fields(fields: Fields) -> Result<Self, ClassError> {
        match fields.class_name.as_ref().map(ClassName::as_str) {
            Some("DDIMScheduler") => DdimConfig::from_fields(fields).map(Self::Ddim),
            Some("DDPMScheduler") => DdpmConfig::from_fields(fields).map(Self::Ddpm),
            Some(other) => Err(ClassError::Unsupported(other.to_owned())),
            None => Err(ClassError::Missing),
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Ddim(config) => config.class(),
            Self::Ddpm(config) => config.class(),
        }
    }

    fn foreign(&self) -> &'static str {
        match self {
            Self::Ddim(config) => config.foreign(),
            Self::Ddpm(config) => config.foreign(),
        }
    }
}

/// A configuration alone, without what else was written.
macro_rules! read_by_fields {
    ($($config:ident),*) => {$(
        impl<'de> Deserialize<'de> for $config {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let keyed: Keyed<Fields> = Keyed::deserialize(deserializer)?;
                Self::from_fields(keyed.config).map_err(D::Error::custom)
            }
        }
    )*};
}

read_by_fields!(DdimConfig, DdpmConfig, SchedulerConfig);
