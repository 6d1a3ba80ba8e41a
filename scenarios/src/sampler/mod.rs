//! Samplers: from noise to a sample, one file for each method, read against the paper it cites. DDIM's step is
//! `step` in `ddim.rs`.
//!
//! **A new sampler is a file and a row.** The file has the sampler's own keys, its list of steps and its formula, as
//! [`Sampler`] asks; the row, in `samplers!`, has its names. From the row follow reading a `scheduler_config.json`,
//! the schema, a pipeline of that name with a model, the pipeline `sampler` without one, and their faults; nothing
//! else knows which samplers there are.
//!
//! What a sampler does not do: it draws no random number (the noise source is an argument), it owns
//! no model (a closure), and it decides nothing about pipelines. The numbers come from
//! [`schedule`](crate::schedule); the keys that all samplers share are in [`config`].
//!
//! The coefficients of a step are made on the host in `f32`, in the order in which diffusers makes
//! them, whatever the dtype of the tensors. `f64` would be nearer to the formulas and farther from
//! what was published: `1 - alpha_bar_t / alpha_bar_{t-1}` loses four digits at the last timesteps,
//! and the sum of DDPM's loop with noise would leave its bound (387.968 instead of 387.947).

/// The table of samplers: each with its name in `pipeline:`, and its class in diffusers. Hands the rows to a macro,
/// behind what else it is given.
macro_rules! samplers {
    ($macro:ident $($first:tt)*) => {
        $macro! {
            $($first)*
            ddim::Ddim = "ddim", "DDIMScheduler";
            ddpm::Ddpm = "ddpm", "DDPMScheduler";
        }
    };
}
pub(crate) use samplers;

pub mod ddim;
pub mod ddpm;

pub mod config;
mod error;
mod forward;
mod prediction;
mod rows;
mod threshold;
mod variance;

pub use config::{
    Class, ClassError, Config, ConfigError, Fields, FromFields, NoiseConfig, Scheduler,
};
pub use error::SamplerError;
pub use forward::{add_noise, velocity};
pub use prediction::PredictionType;
use rows::CLASSES;
pub(crate) use rows::with_sampler;
pub use rows::{AllArguments, AllKeys, SchedulerConfig};
pub use threshold::{Bound, quantile};
pub use variance::VarianceType;

use std::fmt::Debug;

use burn::tensor::Tensor;
use burn_repro::{Probe, step_name, step_scope};

use crate::diffusers::Keys;
use crate::schedule::{Schedule, Transition};

/// The names of a sampler, from its row.
pub trait Named {
    /// In a scenario, after `pipeline:`.
    const NAME: &'static str;
    /// In diffusers, as `_class_name` has it.
    const CLASS: &'static str;
}

/// A sampler with everything that stays the same over all steps of a run.
pub trait Sampler: Named + Debug + Clone + PartialEq + Send + Sync + Sized + 'static {
    /// Its own keys of a `scheduler_config.json`, beside those of [`NoiseConfig`].
    type Keys: Keys;

    /// Its own keys of a scenario's `params:`, which diffusers' pipelines hand to `set_timesteps` and `step`.
    type Arguments: Keys;

    /// One step of a run as the host knows it: the time that the model is asked about, and the coefficients of the
    /// formula or what they are made of.
    type Step: Debug + Clone + PartialEq;

    /// What a step leaves for the next ones, such as earlier predictions; `()` if nothing.
    type Memory<const D: usize>: Default;

    /// diffusers' defaults of the keys that all samplers share, where the class has other ones.
    #[must_use]
    fn noise_defaults() -> NoiseConfig {
        NoiseConfig::default()
    }

    /// Puts together what a run needs; refuses what diffusers refuses or what leads to no result.
    ///
    /// # Errors
    /// The first value that cannot work, with its key and what to write instead.
    fn new(config: &Config<Self>, arguments: &Self::Arguments) -> Result<Self, ConfigError>;

    /// The steps of a run of `count` inference steps.
    ///
    /// # Errors
    /// If there is no such number of steps.
    fn steps(&self, count: usize) -> Result<Vec<Self::Step>, ConfigError>;

    /// The sample that a run from `noise` alone begins with; diffusers' `init_noise_sigma` scales it.
    fn initial<const D: usize>(&self, noise: Tensor<D>) -> Tensor<D> {
        noise
    }

    /// The sample that a run from `original` begins with: `original` with as much of `noise` as `first` step expects.
    ///
    /// # Errors
    /// If the step is not in the schedule.
    fn noised<const D: usize>(
        &self,
        first: &Self::Step,
        original: Tensor<D>,
        noise: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError>;

    /// Channels that the model's output must have for samples of so many `channels`.
    fn output_channels(&self, channels: usize) -> usize {
        channels
    }

    /// One step: the sample `x` to the sample at the next, earlier time.
    ///
    /// `model` is given a sample and a time and may be asked more than once; `noise` makes fresh noise of a shape.
    ///
    /// # Errors
    /// If the step is not in the schedule, or the model's output has another shape than the sampler needs.
    fn step<const D: usize>(
        &self,
        step: &Self::Step,
        x: Tensor<D>,
        memory: &mut Self::Memory<D>,
        model: &mut impl FnMut(Tensor<D>, f64) -> Tensor<D>,
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError>;
}

/// What one step of a sampler makes; both tensors have the shape of the sample.
#[derive(Debug, Clone)]
pub struct Stepped<const D: usize> {
    /// The sample at the earlier time, diffusers' `prev_sample`.
    pub sample: Tensor<D>,
    /// The clean sample `x_0` as predicted, after clipping or thresholding; diffusers'
    /// `pred_original_sample`.
    pub original: Tensor<D>,
}

/// Runs a sampler from the sample `x` to one of the same shape; `probe` records the sample after each step as
/// `step.NN/latents`.
///
/// # Errors
/// As [`Sampler::step`].
pub fn sample<S: Sampler, const D: usize>(
    sampler: &S,
    steps: &[S::Step],
    mut x: Tensor<D>,
    mut model: impl FnMut(Tensor<D>, f64) -> Tensor<D>,
    mut noise: impl FnMut([usize; D], &mut Probe) -> Tensor<D>,
    probe: &mut Probe,
) -> Result<Tensor<D>, SamplerError> {
    let mut memory = S::Memory::default();
    for (index, step) in steps.iter().enumerate() {
        let _step = step_scope(index, steps.len());
        let mut noise = |shape| noise(shape, probe);
        x = sampler.step(step, x, &mut memory, &mut model, &mut noise)?.sample;
        probe.record(step_name(index, steps.len(), "latents"), &x);
    }
    Ok(x)
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
fn check_output<const D: usize>(
    output: &Tensor<D>,
    wanted: [usize; D],
) -> Result<(), SamplerError> {
    if output.dims() == wanted {
        return Ok(());
    }
    Err(SamplerError::OutputShape { got: output.dims().to_vec(), wanted: wanted.to_vec() })
}
