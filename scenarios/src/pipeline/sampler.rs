//! The pipeline `sampler`: a sampler's full loop without weights, on the closed-form sample and
//! denoiser of diffusers' scheduler tests, so that their published numbers can be checked.

use std::iter::repeat_n;

use burn::tensor::{Device, Tensor};
use burn_repro::{BoxError, Case, CaseFault, Pipeline, Probe, step_name};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

pub use super::closed_form::ClosedForm;
use super::closed_form::arithmetic_sequence;
use super::noise::Noise;
use super::{faults, solver_faults};
use crate::diffusers::{Joined, Parts};
use crate::sampler::{
    AllArguments, Config, FromFields, Loop, Sampler, SamplerError, Scaled, Scheduler,
    SchedulerConfig, sample, scaled_by, with_sampler,
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
    /// Index of the first visited timestep; the sample is noised up to there first, unless `add_noise` is false.
    #[serde(default)]
    pub start_at: Option<usize>,
    /// Whether a sample that starts at a later timestep is noised up to there.
    #[serde(default = "yes")]
    pub add_noise: bool,
    /// Who is given the sample as `scale_model_input` makes it.
    #[serde(default)]
    pub scale_model_input: Scaled,
    /// Whether the sample is multiplied by `init_noise_sigma` first.
    #[serde(default = "yes")]
    pub multiply_by_init_noise_sigma: bool,
    /// The classes that the configuration goes through by `from_config`, the last of which samples.
    #[serde(default)]
    pub from_config_chain: Vec<String>,
    /// Arguments of `step`, which may as well stand beside the other keys.
    #[serde(default)]
    pub step_args: Joined<StepArguments, AllArguments>,
    /// What stands in for a model.
    #[serde(default)]
    pub denoiser: ClosedForm,
    /// Shape of the sample, (N, C, H, W).
    pub sample_shape: [usize; 4],
}

/// `step_args:`, which has no keys but the arguments of samplers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepArguments {}

fn yes() -> bool {
    true
}

/// With the arguments of whichever sampler it is.
type Params = Joined<SamplerParams, AllArguments>;

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
        let own = &mut case.params.own;
        own.scheduler.follow(&own.from_config_chain)?;
        let mut notices = own.scheduler.complete(None)?;
        for (key, value) in &own.step_args.written {
            if case.params.written.insert(key.clone(), value.clone()).is_some_and(|it| it != *value)
            {
                return Err(format!("`{key}` has two values; write it once").into());
            }
        }
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
        faults::of_schedule().into_iter().chain(solver_faults::of_solver()).collect()
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

/// A run, from its first step on.
struct Run<S: Sampler> {
    sampler: S,
    steps: Vec<S::Step>,
    init_noise_sigma: f32,
}

/// The sampler and the steps of its loop, from `start_at` on.
fn prepare<S: Sampler>(config: &Config<S>, case: &Case<Params>) -> Result<Run<S>, BoxError> {
    let params = &case.params.own;
    let sampler = sampler_of(config, &case.params)?;
    if sampler.output_channels(1) != 1 {
        let pipeline = S::NAME;
        return Err(format!(
            "a learned `variance_type` needs a model; use the pipeline `{pipeline}`"
        )
        .into());
    }
    let steps = sampler.visited(params.visited, case.steps)?;
    let init_noise_sigma = sampler.init_noise_sigma(&steps);
    let steps = visited(&sampler, steps, config, case)?;
    if params.start_at.is_some() && params.add_noise && !S::ADDS_NOISE {
        let class = S::CLASS;
        return Err(
            format!("diffusers' {class} has no `add_noise`; write `add_noise: false`").into()
        );
    }
    Ok(Run { sampler, steps, init_noise_sigma })
}

/// Where a run begins, of so many `steps`.
fn start<S: Sampler>(start_at: Option<usize>, steps: usize) -> Result<usize, BoxError> {
    let start = start_at.unwrap_or(0);
    if start >= steps {
        return Err(format!(
            "`start_at: {start}` is behind the last of {steps} timesteps, which count from 0"
        )
        .into());
    }
    if !start.is_multiple_of(S::ORDER) {
        return Err(format!(
            "`start_at: {start}` is within a step of {}, which visits {} timesteps; write a \
             multiple of that",
            S::CLASS,
            S::ORDER
        )
        .into());
    }
    Ok(start)
}

/// The steps in the order of the loop.
fn visited<S: Sampler>(
    sampler: &S,
    mut steps: Vec<S::Step>,
    config: &Config<S>,
    case: &Case<Params>,
) -> Result<Vec<S::Step>, BoxError> {
    let SamplerParams { visited, start_at, .. } = case.params.own;
    let class = S::CLASS;
    let start = start::<S>(start_at, steps.len())?;
    let train = config.noise.num_train_timesteps;
    let not_of = |name: &str| format!("`loop: {name}` is not one of {class}; leave it out");
    match visited {
        Loop::ReversedRange if case.steps != train => {
            let help = format!("write `steps: {train}`");
            return Err(format!("`loop: reversed_range` visits {train} timesteps; {help}").into());
        }
        Loop::PrkThenPlms if S::LOOP != visited => return Err(not_of("prk_then_plms").into()),
        Loop::ScoreSdeVe if S::LOOP != visited => return Err(not_of("score_sde_ve").into()),
        Loop::BatchStepNoNoise if !S::BATCHED => {
            return Err(not_of("batch_step_no_noise").into());
        }
        Loop::BatchStepNoNoise if start_at.is_some() => {
            return Err("`loop: batch_step_no_noise` is one step; leave `start_at` out".into());
        }
        Loop::ExplicitPrevTimestep => {
            let told = sampler.told_next(&steps);
            steps = told.ok_or_else(|| not_of("explicit_prev_timestep"))?;
        }
        _ => {}
    }
    steps.drain(..start);
    if visited == Loop::Twice {
        steps.extend_from_within(..);
    }
    Ok(steps)
}

fn run<S: Sampler>(
    config: &Config<S>,
    case: &Case<Params>,
    probe: &mut Probe,
) -> Result<(), BoxError> {
    let params = &case.params.own;
    let Run { sampler, steps, init_noise_sigma } = prepare(config, case)?;
    let mut x = arithmetic_sequence(params.sample_shape, false, probe);
    if params.multiply_by_init_noise_sigma {
        x = scaled_by(x, init_noise_sigma);
    }
    if params.start_at.is_some() && params.add_noise {
        let noise = arithmetic_sequence(params.sample_shape, true, probe);
        x = sampler.noised(&steps[0], x, noise)?;
    }
    let mut model = |x, t| params.denoiser.answer(x, t);
    let latents = if params.visited == Loop::BatchStepNoNoise {
        let latents = batch_step(&sampler, case.steps, x, &mut model)?;
        probe.record(step_name(0, 1, "latents"), &latents);
        latents
    } else {
        let mut noise = Noise::of(case);
        let noise = |shape, probe: &mut Probe| noise.draw(shape, probe);
        sample(&sampler, &steps, params.scale_model_input, x, model, noise, probe)?
    };
    probe.output("latents", &latents);
    Ok(())
}

/// One step of a batch of three samples, at the timesteps 0, 1 and 2.
fn batch_step<S: Sampler>(
    sampler: &S,
    count: usize,
    x: Tensor<4>,
    model: &mut impl FnMut(Tensor<4>, f64) -> Tensor<4>,
) -> Result<Tensor<4>, SamplerError> {
    let batch = x.dims()[0];
    let samples = vec![x.clone(), x.clone().add_scalar(0.1), x.sub_scalar(0.1)];
    let outputs = samples.iter().zip(0_u8..).map(|(x, t)| model(x.clone(), t.into())).collect();
    let timesteps: Vec<usize> = (0..samples.len()).flat_map(|t| repeat_n(t, batch)).collect();
    sampler.batch_step(count, &timesteps, Tensor::cat(samples, 0), Tensor::cat(outputs, 0))
}

/// The sampler of a configuration, called with those of the arguments that are its own.
pub(super) fn sampler_of<S: Sampler, T>(
    config: &Config<S>,
    params: &Joined<T, AllArguments>,
) -> Result<S, BoxError> {
    Ok(S::new(config, &params.part()?)?)
}

/// A sentence for each written argument that is another sampler's.
pub(super) fn unused<S: Sampler, T>(
    config: &Config<S>,
    params: &Joined<T, AllArguments>,
) -> Vec<String> {
    let (own, all) = (S::Arguments::defaults(), AllArguments::defaults());
    let unused = params.written.iter();
    let unused = unused.filter(|(key, value)| !own.contains_key(*key) && all[*key] != **value);
    unused.map(|(key, _)| format!("params: `{key}` has no effect on {}", config.class())).collect()
}
