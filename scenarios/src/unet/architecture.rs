//! What a model has to say of itself, so that its weights can be drawn, read and put in place.

use std::fmt::Debug;

use burn::module::Module;
use burn::tensor::Device;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ConfigError, MismatchedWeights, Parameter, Weights};

/// The configuration of a model of diffusers, with what follows from it.
pub trait Architecture:
    Debug
    + Clone
    + PartialEq
    + Default
    + Serialize
    + DeserializeOwned
    + JsonSchema
    + Send
    + Sync
    + 'static
{
    /// The class in diffusers.
    const CLASS: &'static str;
    /// What a pipeline calls the model: the key in `params:`, and the folder beside `model_index.json`.
    const PART: &'static str;
    /// What people call the model.
    const NOUN: &'static str;
    /// Whether it may be constructed right after another part of a pipeline, from the random numbers that follow.
    const FOLLOWS: bool = false;
    /// The model.
    type Model: Module;

    /// Checks what the types cannot express.
    ///
    /// # Errors
    /// The first key whose value cannot work, with what to write instead.
    fn validate(&self) -> Result<(), ConfigError>;

    /// Every parameter of the model, in the order in which torch draws them when diffusers constructs it.
    fn parameters(&self) -> Vec<Parameter>;

    /// Makes the model on a device, in the device's default float type.
    ///
    /// # Errors
    /// If the weights were made for another configuration.
    fn build(&self, weights: &Weights, device: &Device) -> Result<Self::Model, MismatchedWeights>;
}
