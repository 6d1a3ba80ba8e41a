//! The pipeline `sampler`: a sampler's full loop without weights, on the closed-form sample and
//! denoiser of diffusers' scheduler tests, so that their published numbers can be checked.

use burn::tensor::{Device, Tensor};
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::faults;
use super::noise::Noise;
use crate::diffusers::{Joined, Parts};
use crate::sampler::{
    AllArguments, Config, FromFields, Sampler, Scheduler, SchedulerConfig, sample, with_sampler,
};

/// A sampler alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct SamplerAlone;

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
}

/// With the arguments of whichever sampler it is.
type Params = Joined<SamplerParams, AllArguments>;

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

impl Pipeline for SamplerAlone {
    const NAME: &'static str = "sampler";
    const TAKES_SEED_LIST: bool = true;
    type Params = Params;

    fn params_schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<Params>())
    }

    fn complete(&self, case: &mut Case<Params>) -> Result<Vec<String>, BoxError> {
        let mut notices = case.params.own.scheduler.complete(None)?;
        let params = &case.params;
        notices
            .extend(with_sampler!(&params.own.scheduler.config, config => unused(config, params)));
        Ok(notices)
    }

    fn validate(&self, case: &Case<Params>) -> Result<(), BoxError> {
        let SamplerParams { sample_shape, .. } = case.params.own;
        let count = sample_shape.iter().try_fold(1_usize, |n, &m| n.checked_mul(m));
        if !count.is_some_and(|count| (1..=LARGEST_SAMPLE).contains(&count)) {
            return Err(format!(
                "the `sample_shape` {sample_shape:?} must hold 1 to {LARGEST_SAMPLE} elements"
            )
            .into());
        }
        let batch = sample_shape[0];
        if case.batch_size != batch {
            return Err(
                format!("`sample_shape` begins with {batch}; write `batch_size: {batch}`").into()
            );
        }
        with_sampler!(&case.params.own.scheduler.config, config => prepare(config, case).map(drop))
    }

    fn faults() -> Vec<CaseFault<Params>> {
        faults::of_schedule()
    }

    fn run(
        &self,
        case: &Case<Params>,
        _device: &Device,
        probe: &mut Probe,
    ) -> Result<(), BoxError> {
        with_sampler!(&case.params.own.scheduler.config, config => run(config, case, probe))
    }
}

/// The sampler and the steps of its loop, from `start_at` on.
fn prepare<S: Sampler>(
    config: &Config<S>,
    case: &Case<Params>,
) -> Result<(S, Vec<S::Step>), BoxError> {
    let params = &case.params.own;
    let sampler = S::new(config, &case.params.part()?)?;
    if sampler.output_channels(1) != 1 {
        let pipeline = S::NAME;
        return Err(format!(
            "a learned `variance_type` needs a model; use the pipeline `{pipeline}`"
        )
        .into());
    }
    let mut steps = sampler.steps(case.steps)?;
    let train = config.noise.num_train_timesteps;
    if params.visited == Loop::ReversedRange && case.steps != train {
        return Err(format!(
            "`loop: reversed_range` visits {train} timesteps; write `steps: {train}`"
        )
        .into());
    }
    let start = params.start_at.unwrap_or(0);
    if start >= steps.len() {
        return Err(format!(
            "`start_at: {start}` is behind the last of {} timesteps, which count from 0",
            steps.len()
        )
        .into());
    }
    steps.drain(..start);
    Ok((sampler, steps))
}

fn run<S: Sampler>(
    config: &Config<S>,
    case: &Case<Params>,
    probe: &mut Probe,
) -> Result<(), BoxError> {
    let params = &case.params.own;
    let (sampler, steps) = prepare(config, case)?;
    let x = arithmetic_sequence(params.sample_shape, false, probe);
    let x = if params.start_at.is_some() {
        let noise = arithmetic_sequence(params.sample_shape, true, probe);
        sampler.noised(&steps[0], x, noise)?
    } else {
        sampler.initial(x)
    };
    let mut noise = Noise::of(case);
    let noise = |shape, probe: &mut Probe| noise.draw(shape, probe);
    let latents = sample(&sampler, &steps, x, closed_form(params.denoiser), noise, probe)?;
    probe.output("latents", &latents);
    Ok(())
}

/// A sentence for each written argument that is another sampler's.
fn unused<S: Sampler>(config: &Config<S>, params: &Params) -> Vec<String> {
    let (own, all) = (S::Arguments::defaults(), AllArguments::defaults());
    let unused = params.written.iter();
    let unused = unused.filter(|(key, value)| !own.contains_key(*key) && all[*key] != **value);
    unused.map(|(key, _)| format!("params: `{key}` has no effect on {}", config.class())).collect()
}

fn closed_form(denoiser: ClosedForm) -> impl FnMut(Tensor<4>, f64) -> Tensor<4> {
    // Product first, then the quotient: the published sums were made in that order.
    move |x, t| match denoiser {
        ClosedForm::TOverTPlus1 => x.mul_scalar(t).div_scalar(t + 1.0),
    }
}

/// The counting sequence 0, 1, 2 … (or its reverse) over the count, laid out as (C, H, W, N) and
/// read as (N, C, H, W): what diffusers' scheduler tests call the deterministic sample and noise.
fn arithmetic_sequence(shape: [usize; 4], reversed: bool, probe: &mut Probe) -> Tensor<4> {
    let [batch, channels, height, width] = shape;
    let count = batch * channels * height * width;
    // torch divides in f32; both backends and the float64 reference start from those values.
    let values: Vec<f32> = (0..count)
        .map(|index| if reversed { count - 1 - index } else { index })
        .map(|index| index as f32 / count as f32)
        .collect();
    probe.input([channels, height, width, batch], &values).permute([3, 0, 1, 2])
}
