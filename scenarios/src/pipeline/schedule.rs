//! The pipeline `schedule`: what a sampler knows before any model is asked, so that the facts that diffusers' scheduler tests
//! publish can be checked on their own: timesteps, sigmas, variances.

use burn::tensor::{Device, Tensor, TensorData};
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::faults::{self, Noisy};
use crate::diffusers::Joined;
use crate::sampler::{
    AllArguments, Config, NoiseConfig, Sampler, Scheduler, SchedulerConfig, with_sampler,
};
use crate::schedule::Transition;

/// A sampler's numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScheduleAlone;

/// `params:` of the pipeline `schedule`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleParams {
    /// The keys of a `scheduler_config.json`; `_class_name` says which scheduler.
    pub scheduler: Scheduler<SchedulerConfig>,
    /// The classes that the configuration goes through by `from_config`, the last of which is asked.
    #[serde(default)]
    pub from_config_chain: Vec<String>,
    /// Where the output `variances` is taken, which there is only with it.
    #[serde(default)]
    pub variances: Vec<Between>,
}

/// Two timesteps.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// A timestep.
    pub timestep: usize,
    /// The timestep that comes next, -1 for none; the one before if left out.
    #[serde(default)]
    pub previous: Option<i64>,
    /// What the model says of a learned variance.
    #[serde(default)]
    pub learned: f32,
}

/// With the arguments of whichever sampler it is.
type Params = Joined<ScheduleParams, AllArguments>;

impl<A> Noisy for Joined<ScheduleParams, A> {
    fn noise(&mut self) -> &mut NoiseConfig {
        self.own.scheduler.config.noise_mut()
    }
}

impl Pipeline for ScheduleAlone {
    const NAME: &'static str = "schedule";
    type Params = Params;

    fn params_schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<Params>())
    }

    fn complete(&self, case: &mut Case<Params>) -> Result<Vec<String>, BoxError> {
        let ScheduleParams { scheduler, from_config_chain, .. } = &mut case.params.own;
        scheduler.follow(from_config_chain)?;
        Ok(scheduler.complete(None)?)
    }

    fn validate(&self, case: &Case<Params>) -> Result<(), BoxError> {
        with_sampler!(&case.params.own.scheduler.config, config => numbers(config, case).map(drop))
    }

    fn faults() -> Vec<CaseFault<Params>> {
        faults::of_schedule()
    }

    fn run(&self, case: &Case<Params>, device: &Device, probe: &mut Probe) -> Result<(), BoxError> {
        let numbers =
            with_sampler!(&case.params.own.scheduler.config, config => numbers(config, case))?;
        for (name, values) in numbers {
            if !values.is_empty() {
                let length = [values.len()];
                let tensor = Tensor::<1>::from_data(TensorData::new(values, length), device);
                probe.output(name, &tensor);
            }
        }
        Ok(())
    }
}

/// The outputs of a sampler.
fn numbers<S: Sampler>(
    config: &Config<S>,
    case: &Case<Params>,
) -> Result<[(&'static str, Vec<f32>); 4], BoxError> {
    let sampler = S::new(config, &case.params.part()?)?;
    let steps = sampler.steps(case.steps)?;
    let timesteps: Vec<f32> = steps.iter().map(|step| sampler.time(step) as f32).collect();
    let previous = timesteps.iter().skip(1).copied().chain([-1.0]).collect();
    let variance = |between: &Between| {
        let &Between { timestep: t, previous, learned } = between;
        let previous = match previous {
            Some(previous) => previous.try_into().ok(),
            None => t.checked_sub(1),
        };
        let variance = sampler.variance(Transition { t, previous }, learned);
        variance.ok_or_else(|| format!("{} has no variance at timestep {t}", S::CLASS))
    };
    let variances = case.params.own.variances.iter().map(variance).collect::<Result<_, _>>()?;
    let sigmas = sampler.sigmas(&steps);
    Ok([
        ("timesteps", timesteps),
        ("previous", previous),
        ("sigmas", sigmas),
        ("variances", variances),
    ])
}
