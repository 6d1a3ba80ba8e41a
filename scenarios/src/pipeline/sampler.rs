//! The pipeline `sampler`: a sampler's full loop without weights, on the closed-form sample and
//! denoiser of diffusers' scheduler tests, so that their published numbers can be checked.

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::faults;
use super::noise::Noise;
use crate::sampler::{SamplerError, Scheduler, SchedulerConfig, add_noise, check_eta, ddim, ddpm};
use crate::schedule::{Schedule, Transition};

/// A sampler alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sampler;

/// `params:` of the pipeline `sampler`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SamplerParams {
    /// The keys of a `scheduler_config.json`; `_class_name` says which scheduler.
    pub scheduler: Scheduler<SchedulerConfig>,
    /// Which timesteps are visited.
    #[serde(default, rename = "loop")]
    pub visited: Loop,
    /// Index of the first visited timestep; the sample is noised up to there first.
    #[serde(default)]
    pub start_at: Option<usize>,
    /// What stands in for a model.
    #[serde(default)]
    pub denoiser: ClosedForm,
    /// Shape of the sample, (N, C, H, W).
    pub sample_shape: [usize; 4],
    /// DDIM's share of fresh noise.
    #[serde(default)]
    pub eta: f64,
}

/// Which timesteps a loop visits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Loop {
    /// Those that the scheduler spaces.
    #[default]
    Standard,
    /// Every training timestep, the last one first.
    ReversedRange,
}

/// A denoiser that is a formula.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClosedForm {
    /// `x * t / (t + 1)`
    #[default]
    #[serde(rename = "t_over_t_plus_1")]
    TOverTPlus1,
}

/// More elements than any closed-form sample needs.
const LARGEST_SAMPLE: usize = 1 << 24;

impl Pipeline for Sampler {
    const NAME: &'static str = "sampler";
    const TAKES_SEED_LIST: bool = true;
    type Params = SamplerParams;

    fn params_schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<SamplerParams>())
    }

    fn complete(&self, case: &mut Case<SamplerParams>) -> Result<Vec<String>, BoxError> {
        let mut notices = case.params.scheduler.complete(None)?;
        let SamplerParams { scheduler, eta, .. } = &case.params;
        if *eta != 0.0 && matches!(scheduler.config, SchedulerConfig::Ddpm(_)) {
            notices.push("params: `eta` has no effect on DDPMScheduler".into());
        }
        Ok(notices)
    }

    fn validate(&self, case: &Case<SamplerParams>) -> Result<(), BoxError> {
        let params = &case.params;
        check_eta(params.eta)?;
        match &params.scheduler.config {
            SchedulerConfig::Ddim(config) => drop(config.sampler(params.eta, false)?),
            SchedulerConfig::Ddpm(config) if config.sampler()?.variance.is_learned() => {
                return Err(
                    "a learned `variance_type` needs a model; use the pipeline `ddpm`".into()
                );
            }
            SchedulerConfig::Ddpm(_) => {}
        }
        let count = params.sample_shape.iter().try_fold(1_usize, |n, &m| n.checked_mul(m));
        if !count.is_some_and(|count| (1..=LARGEST_SAMPLE).contains(&count)) {
            return Err(format!(
                "the `sample_shape` {:?} must hold 1 to {LARGEST_SAMPLE} elements",
                params.sample_shape
            )
            .into());
        }
        if case.batch_size != params.sample_shape[0] {
            let batch = params.sample_shape[0];
            return Err(
                format!("`sample_shape` begins with {batch}; write `batch_size: {batch}`").into()
            );
        }
        visited(case).map(drop)
    }

    fn faults() -> Vec<CaseFault<SamplerParams>> {
        faults::of_schedule()
    }

    fn run<B: Backend>(
        &self,
        case: &Case<SamplerParams>,
        _device: &B::Device,
        probe: &mut Probe<B>,
    ) -> Result<(), BoxError> {
        let params = &case.params;
        let transitions = visited(case)?;
        let mut x = arithmetic_sequence(params.sample_shape, false, probe);
        if params.start_at.is_some() {
            let noise = arithmetic_sequence(params.sample_shape, true, probe);
            x = add_noise(&schedule(&params.scheduler.config)?, x, noise, &[transitions[0].t])?;
        }
        let mut noise = Noise::of(case);
        let mut noise = |shape, probe: &mut Probe<B>| noise.draw(shape, probe);
        let latents =
            run_loop(params, &transitions, x, closed_form(params.denoiser), &mut noise, probe)?;
        probe.output("latents", &latents);
        Ok(())
    }
}

fn run_loop<B: Backend>(
    params: &SamplerParams,
    transitions: &[Transition],
    x: Tensor<B, 4>,
    model: impl FnMut(Tensor<B, 4>, f64) -> Tensor<B, 4>,
    noise: &mut impl FnMut([usize; 4], &mut Probe<B>) -> Tensor<B, 4>,
    probe: &mut Probe<B>,
) -> Result<Tensor<B, 4>, BoxError> {
    let ended: Result<_, SamplerError> = match &params.scheduler.config {
        SchedulerConfig::Ddim(config) => {
            ddim(&config.sampler(params.eta, false)?, transitions, x, model, noise, probe)
        }
        SchedulerConfig::Ddpm(config) => {
            ddpm(&config.sampler()?, transitions, x, model, noise, probe)
        }
    };
    Ok(ended?)
}

/// The steps of the loop, from `start_at` on.
fn visited(case: &Case<SamplerParams>) -> Result<Vec<Transition>, BoxError> {
    let params = &case.params;
    let (transitions, train) = match &params.scheduler.config {
        SchedulerConfig::Ddim(config) => {
            (config.transitions(case.steps)?, config.noise.num_train_timesteps)
        }
        SchedulerConfig::Ddpm(config) => {
            (config.transitions(case.steps)?, config.noise.num_train_timesteps)
        }
    };
    if params.visited == Loop::ReversedRange && case.steps != train {
        return Err(format!(
            "`loop: reversed_range` visits {train} timesteps; write `steps: {train}`"
        )
        .into());
    }
    let start = params.start_at.unwrap_or(0);
    if start >= transitions.len() {
        return Err(format!(
            "`start_at: {start}` is behind the last of {} timesteps, which count from 0",
            transitions.len()
        )
        .into());
    }
    Ok(transitions[start..].to_vec())
}

fn schedule(scheduler: &SchedulerConfig) -> Result<Schedule, BoxError> {
    Ok(match scheduler {
        SchedulerConfig::Ddim(config) => config.schedule()?,
        SchedulerConfig::Ddpm(config) => config.schedule()?,
    })
}

fn closed_form<B: Backend>(denoiser: ClosedForm) -> impl FnMut(Tensor<B, 4>, f64) -> Tensor<B, 4> {
    // Product first, then the quotient: the published sums were made in that order.
    move |x, t| match denoiser {
        ClosedForm::TOverTPlus1 => x.mul_scalar(t).div_scalar(t + 1.0),
    }
}

/// The counting sequence 0, 1, 2 … (or its reverse) over the count, laid out as (C, H, W, N) and
/// read as (N, C, H, W): what diffusers' scheduler tests call the deterministic sample and noise.
fn arithmetic_sequence<B: Backend>(
    shape: [usize; 4],
    reversed: bool,
    probe: &mut Probe<B>,
) -> Tensor<B, 4> {
    let [batch, channels, height, width] = shape;
    let count = batch * channels * height * width;
    // torch divides in f32; both backends and the float64 reference start from those values.
    let values: Vec<f32> = (0..count)
        .map(|index| if reversed { count - 1 - index } else { index })
        .map(|index| index as f32 / count as f32)
        .collect();
    probe.input([channels, height, width, batch], &values).permute([3, 0, 1, 2])
}
