//! What a worker can be asked: a [`Service`] has a name, and answers a question in its own words. Whoever adds one writes
//! it in one file, question and answer, and registers it in the project; here is the one that runs a scenario.

use burn_repro_device::Device;
use burn_repro_target::{Settings, Target};
use serde::de::DeserializeOwned;
use serde_json::Value;

use burn_repro_core::scenario::Parsed;
use burn_repro_core::worker::{Answer, RUN, RunRequest};

use crate::pipeline::BoxError;
use crate::prepared::PreparedCase;
use crate::registry::Registry;

/// What a worker answers under a name.
#[derive(Clone, Copy)]
pub struct Service {
    /// What a request calls it.
    pub name: &'static str,
    /// Answers a question on the opened target.
    pub answer: fn(&Opened<'_>, Value) -> Result<Answer, BoxError>,
}

/// Runs a scenario.
pub const RUN_SERVICE: Service = Service { name: RUN, answer: run };

/// What a worker has opened.
pub struct Opened<'a> {
    /// The target.
    pub target: &'a Target,
    /// Its device.
    pub device: &'a Device,
    /// The settings of this process.
    pub settings: Settings,
    /// The pipelines that it knows.
    pub registry: &'a Registry,
}

impl Opened<'_> {
    /// The scenario of a request, parsed again.
    pub fn prepared(&self, request: &RunRequest) -> Result<Box<dyn PreparedCase>, BoxError> {
        let scenario = Parsed::new(&request.file, request.text.clone())?;
        let pipeline = self.registry.find(&scenario.keys.pipeline);
        Ok(pipeline.ok_or("the worker knows no such pipeline")?.prepare(&scenario)?)
    }
}

/// A question as its service reads it.
pub fn question<Q: DeserializeOwned>(question: Value) -> Result<Q, BoxError> {
    serde_json::from_value(question).map_err(|error| format!("read the question: {error}").into())
}

/// Runs one scenario.
fn run(opened: &Opened<'_>, asked: Value) -> Result<Answer, BoxError> {
    let request: RunRequest = question(asked)?;
    let case = opened.prepared(&request)?;
    case.run(opened.device, request.variation).map(Answer::Finished)
}
