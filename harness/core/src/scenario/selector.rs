//! Which targets a line of a scenario or of the command line means: a class or one target.

use std::fmt;
use std::str::FromStr;

use crate::checked;
use burn_repro_target::{Class, Target};
use serde::{Deserialize, Deserializer};

/// `cpu`, `wgpu`, `cuda`, or the name of one target such as `ndarray` or `wgpu:llvmpipe`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendSelector {
    /// Every target of a class.
    Class(Class),
    /// The target of that name.
    Target {
        /// The class the name belongs to.
        class: Class,
        /// The full name.
        name: String,
    },
}

impl BackendSelector {
    /// Whether the target is meant.
    #[must_use]
    pub fn matches(&self, target: &Target) -> bool {
        match self {
            Self::Class(class) => *class == target.class,
            Self::Target { name, .. } => *name == target.name,
        }
    }

    /// The class of the targets that are meant.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Class(class) | Self::Target { class, .. } => *class,
        }
    }
}

impl FromStr for BackendSelector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(class) = text.parse() {
            return Ok(Self::Class(class));
        }
        match Class::of_target(text) {
            Some(class) => Ok(Self::Target { class, name: text.to_owned() }),
            None => Err(format!(
                "unknown backend `{text}`: expected a class (`cpu`, `wgpu`, `cuda`) or a target that `repro list \
                 --targets` shows (`ndarray`, `flex`, `cubecl-cpu`, `wgpu:NAME`, `vulkan:NAME`, `cuda:INDEX`)"
            )),
        }
    }
}

impl fmt::Display for BackendSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(class) => class.fmt(formatter),
            Self::Target { name, .. } => formatter.write_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for BackendSelector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::text(deserializer, "a backend", str::parse)
    }
}
