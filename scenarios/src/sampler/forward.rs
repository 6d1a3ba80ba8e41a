//! The forward process: how a clean sample is noised, and the velocity of that.
//!
//! Used to start a run from a given image, and in training; the way back is the samplers'.

use burn::tensor::{Tensor, TensorData};

use super::SamplerError;
use super::prediction::Rates;
use crate::schedule::{Schedule, Transition};

/// `x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) epsilon` (Ho et al. 2020, arXiv
/// 2006.11239, eq. 4).
///
/// `original` and `noise` have one shape, whose first dimension counts samples; `timesteps` holds
/// one timestep for all samples or one for each.
///
/// # Errors
/// If there are fewer or more timesteps, or one is not in the schedule.
pub fn add_noise<const D: usize>(
    schedule: &Schedule,
    original: Tensor<D>,
    noise: Tensor<D>,
    timesteps: &[usize],
) -> Result<Tensor<D>, SamplerError> {
    let (signal_rate, noise_rate) = rates(schedule, &original, timesteps)?;
    Ok(signal_rate * original + noise_rate * noise)
}

/// `v = sqrt(alpha_bar_t) epsilon - sqrt(1 - alpha_bar_t) x_0` (Salimans & Ho 2022, arXiv
/// 2202.00512, section 4), for the same arguments as [`add_noise`].
///
/// # Errors
/// As [`add_noise`].
pub fn velocity<const D: usize>(
    schedule: &Schedule,
    original: Tensor<D>,
    noise: Tensor<D>,
    timesteps: &[usize],
) -> Result<Tensor<D>, SamplerError> {
    let (signal_rate, noise_rate) = rates(schedule, &original, timesteps)?;
    Ok(signal_rate * noise - noise_rate * original)
}

/// The rates of signal and noise, each shaped `[1, 1, …]` or `[N, 1, …]`.
fn rates<const D: usize>(
    schedule: &Schedule,
    like: &Tensor<D>,
    timesteps: &[usize],
) -> Result<(Tensor<D>, Tensor<D>), SamplerError> {
    let batch = like.dims()[0];
    if timesteps.len() != 1 && timesteps.len() != batch {
        return Err(SamplerError::Timesteps { timesteps: timesteps.len(), batch });
    }
    let rates = timesteps
        .iter()
        .map(|&t| alpha_bar(schedule, t).map(Rates::new))
        .collect::<Result<Vec<_>, _>>()?;
    let column = |values: Vec<f32>| {
        let mut shape = [1; D];
        shape[0] = values.len();
        Tensor::from_data(TensorData::new(values, shape), (&like.device(), like.dtype()))
    };
    let signal = column(rates.iter().map(|rates| rates.signal).collect());
    let noise = column(rates.iter().map(|rates| rates.noise).collect());
    Ok((signal, noise))
}

/// Alpha bar of timestep `t`.
pub(super) fn alpha_bar(schedule: &Schedule, t: usize) -> Result<f32, SamplerError> {
    let train = schedule.timesteps();
    schedule.alpha_bar(t).ok_or(SamplerError::Timestep { timestep: t, train })
}

/// Alpha bar before and after a step.
pub(super) fn alpha_bars(
    schedule: &Schedule,
    transition: Transition,
) -> Result<(f32, f32), SamplerError> {
    let after = match transition.previous {
        Some(t) => alpha_bar(schedule, t)?,
        None => schedule.final_alpha_cumprod(),
    };
    Ok((alpha_bar(schedule, transition.t)?, after))
}
