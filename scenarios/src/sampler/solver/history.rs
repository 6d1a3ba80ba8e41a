//! The predictions of earlier steps.

use burn::tensor::Tensor;

/// The latest predictions of a run, as many as its order asks for.
#[derive(Debug, Clone)]
pub struct History<const D: usize> {
    /// The newest is the last.
    predictions: Vec<Tensor<D>>,
}

impl<const D: usize> Default for History<D> {
    fn default() -> Self {
        Self { predictions: Vec::new() }
    }
}

impl<const D: usize> History<D> {
    /// Adds the prediction of this step, and forgets those that are older than the last `kept`.
    pub(in crate::sampler) fn push(&mut self, prediction: Tensor<D>, kept: usize) {
        if self.predictions.len() >= kept {
            self.predictions.remove(0);
        }
        self.predictions.push(prediction);
    }

    /// The number of predictions, which is the highest order that they allow.
    pub(in crate::sampler) fn len(&self) -> usize {
        self.predictions.len()
    }

    /// The prediction of so many steps before the latest.
    pub(in crate::sampler) fn back(&self, steps: usize) -> Tensor<D> {
        self.predictions[self.predictions.len() - 1 - steps].clone()
    }
}
