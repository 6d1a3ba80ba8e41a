//! Steps of several samples at once, each from a timestep of its own, as parallel sampling takes them (Shih et al. 2023,
//! ParaDiGMS, arXiv 2305.16317, algorithm 1).

use burn::tensor::Tensor;

use super::{SamplerError, alpha_bar};
use crate::schedule::Schedule;

/// Does the same with each sample `x` of a batch and the model's `output` for it, at its own timestep.
pub(super) fn each_sample<const D: usize>(
    timesteps: &[usize],
    x: &Tensor<D>,
    output: &Tensor<D>,
    mut step: impl FnMut(usize, Tensor<D>, Tensor<D>) -> Result<Tensor<D>, SamplerError>,
) -> Result<Tensor<D>, SamplerError> {
    let batch = x.dims()[0];
    if timesteps.len() != batch {
        return Err(SamplerError::Timesteps { timesteps: timesteps.len(), batch });
    }
    let sample = |(index, &t): (usize, &usize)| {
        step(t, x.clone().narrow(0, index, 1), output.clone().narrow(0, index, 1))
    };
    let samples = timesteps.iter().enumerate().map(sample).collect::<Result<Vec<_>, _>>()?;
    Ok(Tensor::cat(samples, 0))
}

/// Alpha bar of `t` and of `stride` timesteps before; 1 before the first, whatever `set_alpha_to_one` says.
pub(super) fn strided(
    schedule: &Schedule,
    t: usize,
    stride: usize,
) -> Result<(f32, f32), SamplerError> {
    let before = t.checked_sub(stride).map_or(Ok(1.0), |t| alpha_bar(schedule, t))?;
    Ok((alpha_bar(schedule, t)?, before))
}
