//! What DPM-Solver-2 has in common with its ancestral kind: two stages, the second in the middle of two sigmas.

use burn::tensor::Tensor;

use super::config::SpacingKeys;
use super::half::{Begun, Half};
use super::sigma_space::{Ladder, Rungs, check_betas, check_prediction, original};
use super::{ConfigError, NoiseConfig, PredictionType, SamplerError, Stepped, check_output};

/// Half a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kdpm2Step {
    /// The time that the model is asked about.
    pub t: f64,
    /// The sigma of the sample that it is asked about.
    pub at: f32,
    /// The sigma that the whole step begins with.
    pub sigma: f32,
    /// The sigma that this half leads to.
    pub to: f32,
    /// Which half it is.
    pub half: Half,
}

/// A sampler of two stages.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TwoStages {
    pub noise: NoiseConfig,
    pub ladder: Ladder,
    rounds_times: bool,
}

/// The geometric mean of two sigmas, 0 if one is, by torch's `log`, `lerp` (which starts at the second) and `exp`.
pub(super) fn middle(one: f32, other: f32) -> f32 {
    if one.min(other) <= 0.0 {
        return 0.0;
    }
    let (one, other) = (f64::from(one).ln() as f32, f64::from(other).ln() as f32);
    let mean = other - (other - one) * 0.5;
    f64::from(mean).exp() as f32
}

impl TwoStages {
    pub fn new(noise: &NoiseConfig, keys: SpacingKeys) -> Result<Self, ConfigError> {
        check_betas(noise, &[])?;
        check_prediction(noise, &[PredictionType::Epsilon, PredictionType::Velocity])?;
        let ladder = Ladder::new(noise, keys.spacing()?, [None; 2])?;
        Ok(Self { noise: noise.clone(), ladder, rounds_times: keys.use_karras_sigmas })
    }

    /// Times and sigmas of the beginnings of a run's steps; those times that are Karras' are rounded.
    pub fn rungs(&self, count: usize) -> Result<Rungs, ConfigError> {
        let (mut times, sigmas) = self.ladder.rungs(&self.noise, count)?;
        if self.rounds_times {
            times.iter_mut().for_each(|time| *time = time.round_ties_even());
        }
        Ok((times, sigmas))
    }

    /// To the middle along the slope of the beginning, and then, from the beginning, along that of the middle (arXiv
    /// 2206.00927, algorithm 1, lines 5 and 6).
    pub fn step<const D: usize>(
        &self,
        step: &Kdpm2Step,
        x: Tensor<D>,
        output: Tensor<D>,
        begun: &mut Begun<D>,
    ) -> Result<Stepped<D>, SamplerError> {
        check_output(&output, x.dims())?;
        let x_0 = original(self.noise.prediction_type, x.clone(), output, step.at);
        let slope = (x.clone() - x_0.clone()).div_scalar(step.at);
        let begin = match step.half {
            Half::First => {
                begun.0 = Some((x.clone(), slope.clone()));
                x
            }
            Half::Second => begun.take()?.0,
        };
        let sample = begin + slope.mul_scalar(step.to - step.sigma);
        Ok(Stepped { sample, original: Some(x_0) })
    }
}
