//! Why something is not here, and how to get it. Who finds that out is in `probe`, `adapters`, `cuda` and `child`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Class;

/// A target or a whole class that cannot run here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// The class (`cuda`) or the target (`cuda:0`).
    pub name: String,
    /// The class it belongs to.
    pub class: Class,
    /// Why it cannot run.
    pub reason: String,
    /// What to do about it; records of version 1 call it `cure`.
    #[serde(rename = "cure")]
    pub help: String,
}

impl Missing {
    /// Nothing of a whole class can run.
    pub fn class(class: Class, reason: impl Into<String>, help: impl Into<String>) -> Self {
        Self { name: class.to_string(), class, reason: reason.into(), help: help.into() }
    }
}
