//! Wrong parameters of the pipelines here: what is most often wrong with a sampler or a model, one at a time.

use burn_repro::{Case, CaseFault};

use super::denoiser::Denoiser;
use super::{DiffusionParams, SamplerParams};
use crate::diffusers::Joined;
use crate::sampler::{NoiseConfig, PredictionType, Sampler};
use crate::schedule::{BetaSchedule, TimestepSpacing};

/// Parameters that hold what every sampler takes its noise schedule from.
pub(super) trait Noisy {
    fn noise(&mut self) -> &mut NoiseConfig;
}

impl<S: Sampler> Noisy for DiffusionParams<S> {
    fn noise(&mut self) -> &mut NoiseConfig {
        &mut self.own.scheduler.config.noise
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
pub(super) fn of_model<S: Sampler>() -> Vec<CaseFault<DiffusionParams<S>>> {
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

fn weights_seed<S: Sampler>(case: &mut Case<DiffusionParams<S>>) {
    if let Denoiser::Seeded { init_seed, .. } = &mut case.params.own.unet {
        *init_seed = init_seed.next();
    }
}

fn epsilon<S: Sampler>(case: &mut Case<DiffusionParams<S>>) {
    if let Denoiser::Seeded { config, .. } = &mut case.params.own.unet {
        config.norm_eps *= 10.0;
    }
}

fn sines<S: Sampler>(case: &mut Case<DiffusionParams<S>>) {
    if let Denoiser::Seeded { config, .. } = &mut case.params.own.unet {
        config.flip_sin_to_cos = !config.flip_sin_to_cos;
    }
}
