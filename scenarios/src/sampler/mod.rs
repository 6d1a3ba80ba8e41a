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
            cm_stochastic_iterative::CmStochasticIterative = "cm_stochastic_iterative", "CMStochasticIterativeScheduler";
            ddim_inverse::DdimInverse = "ddim_inverse", "DDIMInverseScheduler";
            ddim_parallel::DdimParallel = "ddim_parallel", "DDIMParallelScheduler";
            ddpm_parallel::DdpmParallel = "ddpm_parallel", "DDPMParallelScheduler";
            deis_multistep::DeisMultistep = "deis_multistep", "DEISMultistepScheduler";
            dpm_solver_multistep::DpmSolverMultistep = "dpm_solver_multistep", "DPMSolverMultistepScheduler";
            dpm_solver_multistep_inverse::DpmSolverMultistepInverse = "dpm_solver_multistep_inverse", "DPMSolverMultistepInverseScheduler";
            dpm_solver_singlestep::DpmSolverSinglestep = "dpm_solver_singlestep", "DPMSolverSinglestepScheduler";
            edm_dpm_solver_multistep::EdmDpmSolverMultistep = "edm_dpm_solver_multistep", "EDMDPMSolverMultistepScheduler";
            edm_euler::EdmEuler = "edm_euler", "EDMEulerScheduler";
            euler::Euler = "euler", "EulerDiscreteScheduler";
            euler_ancestral::EulerAncestral = "euler_ancestral", "EulerAncestralDiscreteScheduler";
            flow_match_euler::FlowMatchEuler = "flow_match_euler", "FlowMatchEulerDiscreteScheduler";
            flow_match_heun::FlowMatchHeun = "flow_match_heun", "FlowMatchHeunDiscreteScheduler";
            heun::Heun = "heun", "HeunDiscreteScheduler";
            ipndm::Ipndm = "ipndm", "IPNDMScheduler";
            kdpm2::Kdpm2 = "kdpm2", "KDPM2DiscreteScheduler";
            kdpm2_ancestral::Kdpm2Ancestral = "kdpm2_ancestral", "KDPM2AncestralDiscreteScheduler";
            lcm::Lcm = "lcm", "LCMScheduler";
            lms::Lms = "lms", "LMSDiscreteScheduler";
            pndm::Pndm = "pndm", "PNDMScheduler";
            sa_solver::SaSolver = "sa_solver", "SASolverScheduler";
            score_sde_ve::ScoreSdeVe = "score_sde_ve", "ScoreSdeVeScheduler";
            tcd::Tcd = "tcd", "TCDScheduler";
            unclip::UnClip = "unclip", "UnCLIPScheduler";
            unipc_multistep::UniPcMultistep = "unipc_multistep", "UniPCMultistepScheduler";
        }
    };
}
pub(crate) use samplers;

pub mod cm_stochastic_iterative;
pub mod ddim;
pub mod ddim_inverse;
pub mod ddim_parallel;
pub mod ddpm;
pub mod ddpm_parallel;
pub mod deis_multistep;
pub mod dpm_solver_multistep;
pub mod dpm_solver_multistep_inverse;
pub mod dpm_solver_singlestep;
pub mod edm_dpm_solver_multistep;
pub mod edm_euler;
pub mod euler;
pub mod euler_ancestral;
pub mod flow_match_euler;
pub mod flow_match_heun;
pub mod heun;
pub mod ipndm;
pub mod karras_ve;
pub mod kdpm2;
pub mod kdpm2_ancestral;
pub mod lcm;
pub mod lms;
pub mod pndm;
pub mod repaint;
pub mod sa_solver;
pub mod score_sde_ve;
pub mod tcd;
pub mod unclip;
pub mod unipc_multistep;

mod adams;
mod batch;
mod churn;
pub mod config;
mod consistency_keys;
mod distilled;
mod edm_dpm_keys;
mod edm_keys;
mod error;
mod euler_rungs;
mod flow_levels;
mod forward;
mod half;
mod kronrod;
mod loops;
mod prediction;
mod rows;
mod run;
mod score_sde_ve_keys;
mod sigma_space;
pub mod solver;
mod threshold;
mod two_stages;
mod unipc_keys;
mod variance;

pub use config::{
    Class, ClassError, Config, ConfigError, Fields, FromFields, NoKeys, NoiseConfig, Scheduler,
};
pub use error::SamplerError;
pub use forward::{add_noise, velocity};
use forward::{alpha_bar, alpha_bars};
pub use loops::Loop;
pub use prediction::PredictionType;
use rows::CLASSES;
pub(crate) use rows::with_sampler;
pub use rows::{AllArguments, AllKeys, SchedulerConfig};
pub use run::{Scaled, Stepped, sample};
pub(crate) use run::{sample_with_original, scaled_by};
pub use threshold::{Bound, quantile};
pub use variance::VarianceType;

use std::fmt::Debug;

use burn::tensor::Tensor;

use crate::diffusers::Keys;
use crate::schedule::Transition;

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

    /// Those keys of [`NoiseConfig`] that the class does not have: they can be written, as any class's, and have no
    /// effect.
    const WITHOUT: &'static [&'static str] = &[];

    /// Whether a run can begin with a noised sample; a few of diffusers' classes have no `add_noise`.
    const ADDS_NOISE: bool = true;

    /// How many timesteps one step of the method visits; diffusers' `order`, which is 1 for all multistep methods.
    const ORDER: usize = 1;

    /// The order of its steps, where diffusers has one for the class alone.
    const LOOP: Loop = Loop::Standard;

    /// Whether the class has diffusers' `batch_step_no_noise`.
    const BATCHED: bool = false;

    /// Whether diffusers' pipeline of the class ends with the clean sample of the last step, and takes it for an image
    /// from 0 to 1; any other ends with the sample, and takes it for one from -1 to 1.
    const ENDS_CLEAN: bool = false;

    /// diffusers' defaults of the keys of [`NoiseConfig`], where the class has other ones.
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

    /// The steps of a run of `count` in an order of diffusers' tests, where the class is called otherwise there than by
    /// its pipeline.
    ///
    /// # Errors
    /// As [`steps`](Self::steps).
    fn visited(&self, _order: Loop, count: usize) -> Result<Vec<Self::Step>, ConfigError> {
        self.steps(count)
    }

    /// The same steps, where each is told which timestep comes next: diffusers' `prev_timestep`, which hardly any class
    /// takes.
    fn told_next(&self, _steps: &[Self::Step]) -> Option<Vec<Self::Step>> {
        None
    }

    /// The time that the model is asked about in a step; diffusers' `timesteps`.
    fn time(&self, step: &Self::Step) -> f64;

    /// The sigma of each step and of the end, where the class has such a list; diffusers' `sigmas`.
    fn sigmas(&self, _steps: &[Self::Step]) -> Vec<f32> {
        Vec::new()
    }

    /// The variance between two timesteps as diffusers' `_get_variance` gives it, where the class has that: by type the
    /// variance, its root or its logarithm. `learned` is what the model says of it.
    fn variance(&self, _between: Transition, _learned: f32) -> Option<f32> {
        None
    }

    /// What noise is multiplied by where a run begins with it alone; diffusers' `init_noise_sigma`.
    fn init_noise_sigma(&self, _steps: &[Self::Step]) -> f32 {
        1.0
    }

    /// The sample as the model is given it; diffusers' `scale_model_input`.
    fn scale_model_input<const D: usize>(&self, _step: &Self::Step, x: Tensor<D>) -> Tensor<D> {
        x
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

    /// One step, which asks the model once: the sample `x` to the sample at the next time. A method that asks the
    /// model several times for one step of its own has as many of these steps, as in diffusers.
    ///
    /// `output` is what the model answered; `noise` makes fresh noise of a shape, and is not called where none is due.
    ///
    /// # Errors
    /// If the step is not in the schedule, or the output has another shape than the sampler needs.
    fn step<const D: usize>(
        &self,
        step: &Self::Step,
        x: Tensor<D>,
        output: Tensor<D>,
        memory: &mut Self::Memory<D>,
        noise: &mut impl FnMut([usize; D]) -> Tensor<D>,
    ) -> Result<Stepped<D>, SamplerError>;

    /// One step of each sample of a batch, from a training timestep of its own and without fresh noise, in a run of
    /// `count` steps; diffusers' `batch_step_no_noise`.
    ///
    /// # Errors
    /// As [`step`](Self::step), or if the class has no such method.
    fn batch_step<const D: usize>(
        &self,
        _count: usize,
        _timesteps: &[usize],
        _x: Tensor<D>,
        _output: Tensor<D>,
    ) -> Result<Tensor<D>, SamplerError> {
        Err(SamplerError::Lacks { class: Self::CLASS, method: "batch_step_no_noise" })
    }
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
