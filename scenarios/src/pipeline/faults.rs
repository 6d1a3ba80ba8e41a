//! Wrong parameters of the pipelines here: what is most often wrong with a sampler or a model, one at a time.

use burn_repro::{Case, CaseFault};

use super::denoiser::Denoiser;
use super::{
    DitParams, DitParts, KarrasVeParams, LatentParts, ModelParams, Part, RepaintParams,
    SamplerParams,
};
use crate::diffusers::Joined;
use crate::sampler::{Config, FromFields, NoiseConfig, PredictionType, Sampler, SchedulerConfig};
use crate::schedule::{BetaSchedule, TimestepSpacing};

/// Parameters that hold what every sampler takes its noise schedule from.
pub(super) trait Noisy {
    fn noise(&mut self) -> &mut NoiseConfig;
}

/// Parameters that hold a UNet.
pub(super) trait Denoised {
    fn unet(&mut self) -> &mut Denoiser;
}

impl<C: FromFields, A> Denoised for Joined<ModelParams<C>, A> {
    fn unet(&mut self) -> &mut Denoiser {
        &mut self.own.unet
    }
}

impl<A> Denoised for Joined<LatentParts, A> {
    fn unet(&mut self) -> &mut Denoiser {
        &mut self.own.unet
    }
}

impl Denoised for RepaintParams {
    fn unet(&mut self) -> &mut Denoiser {
        &mut self.unet
    }
}

impl Denoised for KarrasVeParams {
    fn unet(&mut self) -> &mut Denoiser {
        &mut self.unet
    }
}

impl<S: Sampler, A> Noisy for Joined<ModelParams<Config<S>>, A> {
    fn noise(&mut self) -> &mut NoiseConfig {
        &mut self.own.scheduler.config.noise
    }
}

impl<A> Noisy for Joined<ModelParams<SchedulerConfig>, A> {
    fn noise(&mut self) -> &mut NoiseConfig {
        self.own.scheduler.config.noise_mut()
    }
}

impl<A> Noisy for Joined<LatentParts, A> {
    fn noise(&mut self) -> &mut NoiseConfig {
        self.own.scheduler.config.noise_mut()
    }
}

impl<A> Noisy for Joined<DitParts, A> {
    fn noise(&mut self) -> &mut NoiseConfig {
        self.own.scheduler.config.noise_mut()
    }
}

impl Noisy for RepaintParams {
    fn noise(&mut self) -> &mut NoiseConfig {
        &mut self.scheduler.config.noise
    }
}

impl<A> Noisy for Joined<SamplerParams, A> {
    fn noise(&mut self) -> &mut NoiseConfig {
        self.own.scheduler.config.noise_mut()
    }
}

/// What can be wrong with a noise schedule.
pub(super) fn of_schedule<P: Noisy>() -> Vec<CaseFault<P>> {
    vec![
        CaseFault { name: "beta-schedule", what: "another beta schedule", apply: beta_schedule },
        CaseFault { name: "beta-end", what: "the last beta 1 % too large", apply: beta_end },
        CaseFault { name: "timestep-next", what: "timesteps off by one", apply: timestep_next },
        CaseFault { name: "timestep-spacing", what: "timesteps spaced otherwise", apply: spacing },
        CaseFault {
            name: "prediction-type",
            what: "the prediction taken for another",
            apply: prediction,
        },
        CaseFault { name: "clip-sample", what: "clipping switched on or off", apply: clip_sample },
    ]
}

/// What can be wrong with a model.
pub(super) fn of_model<P: Denoised>() -> Vec<CaseFault<P>> {
    vec![
        CaseFault { name: "weights-seed", what: "weights from the next seed", apply: weights_seed },
        CaseFault { name: "norm-epsilon", what: "every norm's epsilon times ten", apply: epsilon },
        CaseFault {
            name: "sines-first",
            what: "sines and cosines of the timestep exchanged",
            apply: sines,
        },
    ]
}

/// What can be wrong with a class and its guidance.
pub(super) fn of_classes() -> Vec<CaseFault<DitParams>> {
    vec![
        CaseFault {
            name: "weights-seed",
            what: "weights from the next seed",
            apply: transformer_seed,
        },
        CaseFault { name: "class-next", what: "another class", apply: class_next },
        CaseFault {
            name: "no-guidance",
            what: "the class alone, without guidance",
            apply: unguided,
        },
    ]
}

fn transformer_seed(case: &mut Case<DitParams>) {
    if let Part::Seeded { init_seed, .. } = &mut case.params.own.transformer {
        *init_seed = init_seed.next();
    }
}

fn class_next(case: &mut Case<DitParams>) {
    if let Some(label) = case.params.own.class_labels.first_mut() {
        // The first class has none below it.
        *label = label.checked_sub(1).unwrap_or(1);
    }
}

fn unguided(case: &mut Case<DitParams>) {
    case.params.own.guidance_scale = 1.0;
}

fn beta_schedule<P: Noisy>(case: &mut Case<P>) {
    let noise = case.params.noise();
    noise.beta_schedule = match noise.beta_schedule {
        BetaSchedule::Linear => BetaSchedule::ScaledLinear,
        _ => BetaSchedule::Linear,
    };
}

fn beta_end<P: Noisy>(case: &mut Case<P>) {
    case.params.noise().beta_end *= 1.01;
}

fn timestep_next<P: Noisy>(case: &mut Case<P>) {
    let noise = case.params.noise();
    // An offset of one is what most configurations have; without it they are off by one.
    noise.steps_offset = usize::from(noise.steps_offset == 0);
}

fn spacing<P: Noisy>(case: &mut Case<P>) {
    let noise = case.params.noise();
    noise.timestep_spacing = match noise.timestep_spacing {
        TimestepSpacing::Leading => TimestepSpacing::Trailing,
        _ => TimestepSpacing::Leading,
    };
}

fn prediction<P: Noisy>(case: &mut Case<P>) {
    let noise = case.params.noise();
    noise.prediction_type = match noise.prediction_type {
        PredictionType::Epsilon => PredictionType::Sample,
        _ => PredictionType::Epsilon,
    };
}

fn clip_sample<P: Noisy>(case: &mut Case<P>) {
    let noise = case.params.noise();
    noise.clip_sample = !noise.clip_sample;
}

fn weights_seed<P: Denoised>(case: &mut Case<P>) {
    if let Denoiser::Seeded { init_seed, .. } = case.params.unet() {
        *init_seed = init_seed.next();
    }
}

fn epsilon<P: Denoised>(case: &mut Case<P>) {
    if let Denoiser::Seeded { config, .. } = case.params.unet() {
        config.norm_eps *= 10.0;
    }
}

fn sines<P: Denoised>(case: &mut Case<P>) {
    if let Denoiser::Seeded { config, .. } = case.params.unet() {
        config.flip_sin_to_cos = !config.flip_sin_to_cos;
    }
}
