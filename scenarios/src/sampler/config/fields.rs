//! The keys as they stand in a file, whatever class it was written for, and the configuration that a class makes of
//! them.

use std::borrow::Cow;
use std::fmt;

use burn_repro::nearest;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{Config, NoiseConfig};
use crate::diffusers::{Keyed, over, schedulers, values};
use crate::sampler::{AllKeys, CLASSES, Sampler};

/// Keys of any sampler, beside those that are none's.
pub type Fields = Keyed<Class, (AllKeys, NoiseConfig)>;

/// The key that says which class a file was saved from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(description = "Every key of every sampler.")]
pub struct Class {
    #[serde(rename = "_class_name")]
    class_name: Option<ClassName>,
}

impl Class {
    /// The class that a file was saved from.
    pub(super) fn name(&self) -> Option<&str> {
        self.class_name.as_ref().map(|name| name.0.as_str())
    }
}

/// `_class_name`: any scheduler of diffusers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ClassName(String);

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
        let near = nearest(name, schedulers()).unwrap_or(CLASSES[0]);
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

/// The keys are no configuration of a sampler.
#[derive(Debug, thiserror::Error)]
pub enum ClassError {
    /// There is no `_class_name`.
    #[error("no `_class_name`; write `_class_name: {}` or another class", CLASSES[0])]
    Missing,
    /// Another scheduler's.
    #[error("`_class_name: {0}` is not supported; write another class, such as `{near}`", near = near(.0))]
    Unsupported(String),
    /// One whose noise does not come from torch's generator.
    #[error(
        "`_class_name: {0}` is not supported: its noise is a Brownian tree that the package torchsde draws \
         from a generator of its own, so that no seed gives diffusers' numbers; write {instead}",
        instead = "`DPMSolverMultistepScheduler` with `algorithm_type: sde-dpmsolver++`"
    )]
    Brownian(String),
    /// A key that several classes have, with a value that this one has not.
    #[error(transparent)]
    Value(#[from] serde_json::Error),
}

impl ClassError {
    /// Why a class of diffusers is no sampler here.
    pub(in crate::sampler) fn unsupported(class: &str) -> Self {
        const BROWNIAN: [&str; 2] = ["DPMSolverSDEScheduler", "CosineDPMSolverMultistepScheduler"];
        match BROWNIAN.contains(&class) {
            true => Self::Brownian(class.to_owned()),
            false => Self::Unsupported(class.to_owned()),
        }
    }
}

/// The class that was probably meant.
fn near(class: &str) -> &'static str {
    nearest(class, CLASSES.iter().copied()).unwrap_or(CLASSES[0])
}

/// A configuration that is made from the keys of any scheduler, as `from_config` does.
pub trait FromFields: Sized {
    /// The configuration of a class, where it does not follow from the type.
    ///
    /// # Errors
    /// If the keys are no configuration of the class, or do not say which one is meant.
    fn from_fields(class: Option<&str>, written: &Map<String, Value>) -> Result<Self, ClassError>;

    /// The class that it configures.
    fn class(&self) -> &'static str;

    /// The keys that the class has, with its defaults.
    fn defaults(&self) -> Map<String, Value>;
}

impl<S: Sampler> FromFields for Config<S> {
    fn from_fields(_: Option<&str>, written: &Map<String, Value>) -> Result<Self, ClassError> {
        let Self { noise, keys } = Self::default();
        let own = written.iter().filter(|(key, _)| !S::WITHOUT.contains(&key.as_str()));
        let own = own.map(|(key, value)| (key.clone(), value.clone())).collect();
        Ok(Self { noise: over(&noise, &own)?, keys: over(&keys, written)? })
    }

    fn class(&self) -> &'static str {
        S::CLASS
    }

    fn defaults(&self) -> Map<String, Value> {
        let Self { noise, keys } = Self::default();
        let shared =
            values(&noise).into_iter().filter(|(key, _)| !S::WITHOUT.contains(&key.as_str()));
        shared.chain(values(&keys)).collect()
    }
}
