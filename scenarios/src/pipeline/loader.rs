//! The parts of a pipeline on the device, made one after the other as diffusers' tests construct them.

use burn::tensor::Device;
use burn_repro::torch::Generator;
use burn_repro::{BoxError, Probe, sha256_of_f32, within};

use super::part::Part;
use crate::unet::{Architecture, Weights};

/// Makes parts, and tells the probe of them.
pub(super) struct Loader<'a> {
    device: &'a Device,
    probe: &'a mut Probe,
    /// Where the weights of a part that follows begin.
    generator: Option<Generator>,
    /// Of all parts so far, for the hash.
    weights: Vec<Weights>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(device: &'a Device, probe: &'a mut Probe) -> Self {
        Self { device, probe, generator: None, weights: Vec::new() }
    }

    /// Makes the next part.
    pub(super) fn load<C: Architecture>(&mut self, part: &Part<C>) -> Result<C::Model, BoxError> {
        let weights = part.weights(&mut self.generator)?;
        let config = part.checked()?;
        let model = within(C::PART, || config.build(&weights, self.device))?;
        self.probe.model(C::PART, &model);
        self.weights.push(weights);
        Ok(model)
    }

    /// States the hash of all weights; that of a single part is diffusers' own, see [`Weights::sha256`].
    pub(super) fn finish(self) {
        let values: Vec<&[f32]> = self.weights.iter().flat_map(Weights::sorted).collect();
        self.probe.weights_sha256(sha256_of_f32(&values));
    }
}
