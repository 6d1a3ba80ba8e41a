//! Samplers: from noise to a sample, one function for each method, read against the paper it cites.
//!
//! What a sampler does not do: it draws no random number (the noise source is an argument), it owns
//! no model (a closure), and it decides nothing about pipelines. The numbers come from
//! [`schedule`](crate::schedule); the keys of a `scheduler_config.json` are in [`config`].
//!
//! The coefficients of a step are made on the host in `f32`, in the order in which diffusers makes
//! them, whatever the dtype of the tensors. `f64` would be nearer to the formulas and farther from
//! what was published: `1 - alpha_bar_t / alpha_bar_{t-1}` loses four digits at the last timesteps,
//! and the sum of DDPM's loop with noise would leave its bound (387.968 instead of 387.947).

pub mod config;
mod ddim;
mod ddpm;
mod error;
mod forward;
mod prediction;
mod threshold;
mod variance;

pub use config::{
    ConfigError, DdimConfig, DdpmConfig, FromFields, NoiseConfig, Scheduler, SchedulerConfig,
    SchedulerError, SchedulerFile, check_eta,
};
pub use ddim::{Ddim, ddim, ddim_step};
pub use ddpm::{Ddpm, ddpm, ddpm_step};
pub use error::SamplerError;
pub use forward::{add_noise, velocity};
pub use prediction::PredictionType;
pub use threshold::{Bound, quantile};
pub use variance::VarianceType;

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use crate::schedule::{Schedule, Transition};

/// What one step of a sampler makes; both tensors have the shape of the sample.
#[derive(Debug, Clone)]
pub struct Step<B: Backend, const D: usize> {
    /// The sample at the earlier timestep, diffusers' `prev_sample`.
    pub sample: Tensor<B, D>,
    /// The clean sample `x_0` as predicted, after clipping or thresholding; diffusers'
    /// `pred_original_sample`.
    pub original: Tensor<B, D>,
}

/// Alpha bar of timestep `t`.
fn alpha_bar(schedule: &Schedule, t: usize) -> Result<f32, SamplerError> {
    let train = schedule.timesteps();
    schedule.alpha_bar(t).ok_or(SamplerError::Timestep { timestep: t, train })
}

/// Alpha bar before and after a step.
fn alpha_bars(schedule: &Schedule, transition: Transition) -> Result<(f32, f32), SamplerError> {
    let after = match transition.previous {
        Some(t) => alpha_bar(schedule, t)?,
        None => schedule.final_alpha_cumprod(),
    };
    Ok((alpha_bar(schedule, transition.t)?, after))
}

/// Refuses an output that is not shaped as the sampler needs it.
fn check_output<B: Backend, const D: usize>(
    output: &Tensor<B, D>,
    wanted: [usize; D],
) -> Result<(), SamplerError> {
    if output.dims() == wanted {
        return Ok(());
    }
    Err(SamplerError::OutputShape { got: output.dims().to_vec(), wanted: wanted.to_vec() })
}
