//! From the model's output to what a solver interpolates: the clean sample or the noise.

use burn::tensor::Tensor;

use super::Point;
use crate::sampler::prediction::Rates;
use crate::sampler::{Bound, PredictionType, SamplerError, VarianceType, check_output};

/// What the model's output means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::sampler) struct Conversion {
    prediction: PredictionType,
    bound: Bound,
    /// Whether a second half of the channels holds a variance, which no solver here looks at.
    with_variance: bool,
}

impl Conversion {
    pub fn new(prediction: PredictionType, bound: Bound, variance: Option<VarianceType>) -> Self {
        let learned = variance.is_some_and(VarianceType::is_learned);
        let with_variance = learned && prediction == PredictionType::Epsilon;
        Self { prediction, bound, with_variance }
    }

    /// Channels of the output for samples of so many `channels`.
    pub fn output_channels(self, channels: usize) -> usize {
        if self.with_variance { 2 * channels } else { channels }
    }

    /// The clean sample, within its bound.
    ///
    /// # Errors
    /// If the output has another shape.
    pub fn data<const D: usize>(
        self,
        at: Point,
        x: Tensor<D>,
        output: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        let output = self.mean(&x, output)?;
        let data = match self.prediction {
            // diffusers takes its sigma as it is, whatever the signal.
            PredictionType::Flow => x - output.mul_scalar(at.level),
            prediction => prediction.original(x, output, at.rates()),
        };
        Ok(self.bound.apply(data))
    }

    /// The noise, of a clean sample within its bound.
    ///
    /// # Errors
    /// If the output has another shape.
    pub fn noise<const D: usize>(
        self,
        at: Point,
        x: Tensor<D>,
        output: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        let output = self.mean(&x, output)?;
        let noise = self.prediction.epsilon(x.clone(), output, at.rates());
        if self.bound == Bound::Free {
            return Ok(noise);
        }
        let data = PredictionType::Epsilon.original(x.clone(), noise, at.rates());
        Ok(at.rates().epsilon(x, self.bound.apply(data)))
    }

    /// The noise by way of the clean sample, whatever the model predicts.
    ///
    /// # Errors
    /// If the output has another shape.
    pub fn noise_of_data<const D: usize>(
        self,
        at: Point,
        x: Tensor<D>,
        output: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        let data = self.data(at, x.clone(), output)?;
        Ok(at.rates().epsilon(x, data))
    }

    /// The output without a variance.
    fn mean<const D: usize>(
        self,
        x: &Tensor<D>,
        output: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        let mut wanted = x.dims();
        let channels = wanted[1];
        wanted[1] = self.output_channels(channels);
        check_output(&output, wanted)?;
        Ok(if self.with_variance { output.narrow(1, 0, channels) } else { output })
    }
}

impl Point {
    fn rates(self) -> Rates {
        Rates { signal: self.alpha, noise: self.sigma }
    }
}
