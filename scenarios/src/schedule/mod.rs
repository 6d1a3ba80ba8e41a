//! Noise schedules: how much noise each timestep carries, and which timesteps a run visits.
//!
//! Host arithmetic only, in single precision with torch's own order of operations, so that every
//! beta is the one a checkpoint was trained with. What is done to tensors with these numbers is
//! [`sampler`](crate::sampler)'s work.

mod alphas;
mod beta_quantile;
mod betas;
mod numpy_log;
mod sigmas;
mod sigmoid;
mod timesteps;
mod zero_snr;

pub use alphas::{Schedule, ScheduleError, cumulative_product};
pub use betas::{BetaSchedule, linspace};
pub use numpy_log::numpy_ln;
pub use sigmas::{
    beta, equally_spaced, exponential, flow, interpolate, karras, karras_at, logarithms, shifted,
    time_of, training_sigmas,
};
pub use timesteps::{TimestepError, TimestepSpacing, Transition, check_timesteps, spaced};
pub use zero_snr::rescale_to_zero_terminal_snr;
