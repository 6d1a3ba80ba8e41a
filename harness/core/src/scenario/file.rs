//! The scenario format, version 1, key by key, as serde reads it.
//!
//! Parsing only: defaults and refusals that need one value alone. What needs several values, the
//! file system or a pipeline is `load`'s work.

use std::borrow::Cow;
use std::collections::BTreeMap;

use burn_repro_target::Determinism;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

use super::bounded::{BatchSize, FormatVersion, MemoryLimit, Name, Steps, TimeLimit};
use super::expectation::Expectation;
use super::inputs::InputSource;
use super::known_failure::KnownFailure;
use super::reference_file::ReferenceFile;
use super::seed::{Seed, Seeds};
use super::selector::BackendSelector;
use super::tolerance::Tolerance;
use crate::trace::Dtype;

/// A value that a file may leave out.
#[derive(Debug, Clone)]
pub struct Given<P>(pub Option<P>);

impl<P> Default for Given<P> {
    fn default() -> Self {
        Self(None)
    }
}

/// What is written is there, a null too.
impl<'de, P: Deserialize<'de>> Deserialize<'de> for Given<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        P::deserialize(deserializer).map(|value| Self(Some(value)))
    }
}

impl<P: JsonSchema> JsonSchema for Given<P> {
    fn schema_name() -> Cow<'static, str> {
        P::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        P::json_schema(generator)
    }

    fn inline_schema() -> bool {
        P::inline_schema()
    }
}

/// A scenario file. `P` is the type of `params`, which belongs to the pipeline.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, bound(deserialize = "P: Deserialize<'de>"))]
pub struct ScenarioFile<P> {
    #[serde(rename = "version")]
    pub(crate) _version: FormatVersion,
    /// The file's stem if left out.
    #[serde(default)]
    pub name: Option<Name>,
    #[serde(default)]
    pub(crate) description: String,
    pub pipeline: String,
    /// One seed, or one for each sample of the batch; 0 if left out.
    #[serde(default = "first_seed")]
    pub seed: Seeds,
    #[serde(default = "one_step")]
    pub steps: Steps,
    /// As many as `seed` lists if left out, else 1.
    #[serde(default)]
    pub batch_size: Option<BatchSize>,
    #[serde(default)]
    pub params: Given<P>,
    /// Tensors that go into the model, by the names that its pipeline asks for.
    #[serde(default)]
    pub inputs: BTreeMap<String, InputSource>,
    #[serde(default = "every_class")]
    pub(crate) backends: Vec<BackendSelector>,
    #[serde(default)]
    pub(crate) determinism: Determinism,
    #[serde(default = "single_precision")]
    pub dtype: Dtype,
    #[serde(default)]
    pub(crate) tolerance: Tolerance,
    #[serde(default)]
    pub(crate) expect: Vec<Expectation>,
    /// Somebody else's tensors, which every target is compared with.
    #[serde(default)]
    pub reference: Option<ReferenceFile>,
    #[serde(default)]
    pub(crate) known_failures: Vec<KnownFailure>,
    /// Free words; `nightly` leaves the scenario to runs that ask for it.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Faults that its checks must notice, by the names of `repro mutation`; `all` for every one.
    #[serde(default)]
    pub must_catch: Vec<String>,
    /// Seconds a cell may take.
    #[serde(default)]
    pub time_limit: Option<TimeLimit>,
    /// MiB a cell may take.
    #[serde(default)]
    pub memory_limit: Option<MemoryLimit>,
}

impl<P> ScenarioFile<P> {
    /// The number of samples; [`batch_size_problem`](Self::batch_size_problem) checks it.
    pub fn batch_size(&self) -> usize {
        self.batch_size.map_or(self.seed.per_sample().len().max(1), |size| size.0)
    }

    /// diffusers refuses a list of generators that is not as long as the batch, and so do we.
    pub(crate) fn batch_size_problem(&self) -> Option<String> {
        let (seeds, batch_size) = (self.seed.per_sample().len(), self.batch_size());
        (seeds > 0 && seeds != batch_size).then(|| {
            format!(
                "`seed` lists {seeds} seeds for a batch of {batch_size}: expected one seed, or one for each \
                 sample of the batch"
            )
        })
    }
}

fn first_seed() -> Seeds {
    Seeds::One(Seed::from(0))
}

fn one_step() -> Steps {
    Steps(1)
}

fn single_precision() -> Dtype {
    Dtype::F32
}

fn every_class() -> Vec<BackendSelector> {
    burn_repro_target::Class::ALL.into_iter().map(BackendSelector::Class).collect()
}
