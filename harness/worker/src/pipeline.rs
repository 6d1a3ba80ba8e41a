//! The seam between the harness and the computations it runs: what a pipeline is, what it is given
//! and what it may ask for.
//!
//! Nothing here knows a model, a sampler or a device; a pipeline in another crate implements
//! [`Pipeline`] and is put into a [`Registry`](crate::registry::Registry).

use std::path::PathBuf;

use burn::tensor::Device;
use schemars::{Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use crate::inputs::Inputs;
use crate::probe::Probe;
use burn_repro_core::scenario::{RelativePath, Requirements, Seed};
use burn_repro_core::trace::Dtype;

/// The error a pipeline may return: any error, shown to the user as it prints.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A computation that a scenario can name.
///
/// The harness runs it on the device of a target, and on a device that only records its operations: `run` reads no
/// tensor except through the probe. Every random number is drawn on the host and handed over through
/// [`Probe::noise`]; a pipeline calls neither `Tensor::random` nor `Device::seed`.
pub trait Pipeline: Send + Sync + 'static {
    /// The name that scenario files write after `pipeline:`.
    const NAME: &'static str;

    /// The type of `params:`. Derive `Deserialize` with `#[serde(deny_unknown_fields)]`, so that a
    /// misspelt key is refused with its line and column.
    type Params: DeserializeOwned + Send + Sync + 'static;

    /// Whether the pipeline draws from one generator for each sample where `seed` is a list; without it
    /// such a scenario is refused.
    const TAKES_SEED_LIST: bool = false;

    /// The JSON Schema of `params:`, for editors; `Some(generator.subschema_for::<Self::Params>())` where
    /// the type derives [`schemars::JsonSchema`].
    #[must_use]
    fn params_schema(_generator: &mut SchemaGenerator) -> Option<Schema> {
        None
    }

    /// Reads into the case what its short files say, such as a model's configuration, before [`validate`](Self::validate).
    /// Gives what people should know, each as one sentence: keys without effect, a file chosen among several. A file that is
    /// not here is left to [`requires`](Self::requires).
    ///
    /// # Errors
    /// A sentence that names the file and says what to do.
    fn complete(&self, _case: &mut Case<Self::Params>) -> Result<Vec<String>, BoxError> {
        Ok(Vec::new())
    }

    /// What the case's files add to its question, as keys of `params:`; a golden is stale when it changes.
    fn asks(&self, _case: &Case<Self::Params>) -> Option<serde_json::Value> {
        None
    }

    /// Reads long files, such as weights, and checks what they hold: once for a run, before any device is opened, and not
    /// again in its workers.
    ///
    /// # Errors
    /// A sentence that names the file and the place in it.
    fn examine(&self, _case: &Case<Self::Params>) -> Result<(), BoxError> {
        Ok(())
    }

    /// Checks what types cannot express, before any device is opened.
    ///
    /// # Errors
    /// A sentence that names the key and says what to write instead.
    fn validate(&self, _case: &Case<Self::Params>) -> Result<(), BoxError> {
        Ok(())
    }

    /// What this case needs from the machine; cheap, opens no device.
    fn requires(&self, _case: &Case<Self::Params>) -> Requirements {
        Requirements::default()
    }

    /// Wrong parameters that a good test notices, for `repro mutation`: a swapped schedule, a timestep off by one.
    #[must_use]
    fn faults() -> Vec<CaseFault<Self::Params>> {
        Vec::new()
    }

    /// Runs the case on `device` and hands every intermediate and final tensor to `probe`.
    ///
    /// # Errors
    /// Whatever stops the computation; a cell that returns an error never passes.
    fn run(
        &self,
        case: &Case<Self::Params>,
        device: &Device,
        probe: &mut Probe,
    ) -> Result<(), BoxError>;
}

/// A wrong parameter, to see whether a scenario's checks notice it.
pub struct CaseFault<P> {
    /// Its name in tables and scenario files: lower-case words joined by `-`.
    pub name: &'static str,
    /// What is wrong, in a few words.
    pub what: &'static str,
    /// Makes a case wrong; what leaves it as it is has no effect and is not counted.
    pub apply: fn(&mut Case<P>),
}

/// One scenario as a pipeline sees it.
#[derive(Debug, Clone)]
pub struct Case<P> {
    /// The scenario's name.
    pub scenario: String,
    /// The seed, as `torch.Generator().manual_seed(seed)` takes it; the first sample's where there
    /// are `seeds`.
    pub seed: Seed,
    /// A seed for each sample of the batch, where the scenario lists them; see
    /// [`Pipeline::TAKES_SEED_LIST`]. Empty otherwise.
    pub seeds: Vec<Seed>,
    /// Number of inference steps, at least 1.
    pub steps: usize,
    /// Number of samples generated at once, at least 1.
    pub batch_size: usize,
    /// The float type that the scenario asks for, in which diffusers and PyTorch draw noise. The `f64`
    /// reference of an `f32` scenario has `f32` here: it answers the same question.
    pub dtype: Dtype,
    /// The folder of the scenario file; [`RelativePath`]s start here.
    pub folder: PathBuf,
    /// The tensors of files that the scenario names; see [`Inputs::floats`].
    pub inputs: Inputs,
    /// The pipeline's own parameters.
    pub params: P,
}

impl<P> Case<P> {
    /// The path of a file or folder that the scenario names.
    #[must_use]
    pub fn resolve(&self, path: &RelativePath) -> PathBuf {
        self.folder.join(path.as_path())
    }
}
