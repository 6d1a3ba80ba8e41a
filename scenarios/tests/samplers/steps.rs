//! Single steps, noising and velocity against diffusers, over every combination of options that the
//! oracle has.

use std::cell::Cell;

use burn::tensor::Device;
use burn_repro::torch::Generator;
use burn_repro_scenarios::sampler::ddpm::{Ddpm, DdpmConfig};
use burn_repro_scenarios::sampler::{
    NoiseConfig, PredictionType, Sampler, Stepped, VarianceType, add_noise, velocity,
};
use burn_repro_scenarios::schedule::{Schedule, Transition, cumulative_product};
use rstest::rstest;
use serde_json::Value;

use crate::oracle::{
    Distance, cases, config, ddim, distance, floats, input, integers, is_ddim, schedule,
};
use crate::support::{Sample, flex, ndarray, step, tensor, values};

const SHAPE: [usize; 4] = [2, 3, 4, 4];

/// How close single steps are to diffusers, relative to values above 1: four units in the last place
/// of 1. Measured: 3.6e-7.
const BOUND: f64 = 4.8e-7;
/// What a unit in the last place of `sqrt(1 - alpha_bar_t)`, by which torch may be off, adds where a
/// predicted noise is turned into a clean sample by dividing by `sqrt(alpha_bar_t)`; that is 0.006
/// at the last timestep, where 9.4e-6 was measured.
const ROOT_ERROR: f64 = 6e-8;

fn bound(case: &Value) -> f64 {
    let DdpmConfig { noise, .. } = config(case).unwrap();
    // After pure noise nothing is left of the division but infinities, which were clipped.
    let alpha_bar = cumulative_product(&noise.betas())[case["t"].as_u64().unwrap() as usize];
    if noise.prediction_type != PredictionType::Epsilon || alpha_bar == 0.0 {
        return BOUND;
    }
    BOUND + ROOT_ERROR / f64::from(alpha_bar).sqrt()
}

/// The noise of a step: a generator seeded with 7, one generator for each sample, or given.
fn noise_of(case: &Value) -> (Vec<f32>, Option<Generator>) {
    if !case["variance_noise"].is_null() {
        return (input("noise_deter"), None);
    }
    let numel: usize = SHAPE.iter().product();
    if !case["generators"].is_null() {
        let draw = |seed| Generator::manual_seed(seed as u64).randn::<f32>(numel / SHAPE[0]);
        return (integers(&case["generators"]).into_iter().flat_map(draw).collect(), None);
    }
    let mut generator = Generator::manual_seed(7);
    let noise = generator.randn(numel);
    (noise, Some(generator))
}

fn transition_of(case: &Value, transitions: &[Transition], stride: usize) -> Option<Transition> {
    let t = case["t"].as_u64()? as usize;
    let listed = transitions.iter().copied().find(|transition| transition.t == t);
    // DDIM takes any timestep.
    listed.or_else(|| is_ddim(case).then(|| Transition { t, previous: t.checked_sub(stride) }))
}

/// Makes the step of a case; `None` where it is refused.
fn make(
    case: &Value,
    device: &Device,
    draw: impl FnMut([usize; 4]) -> Sample,
) -> Option<Stepped<4>> {
    let x = tensor(device, SHAPE, &input("sample"));
    let output = if case["model_output"].is_null() {
        tensor(device, SHAPE, &input("model_output"))
    } else {
        tensor(device, [2, 6, 4, 4], &input("model_output6"))
    };
    let steps = case["num_inference_steps"].as_u64().map(|steps| steps as usize);
    if is_ddim(case) {
        let sampler = ddim(case)?;
        let transitions = sampler.steps(steps?).ok()?;
        let stride = sampler.noise.num_train_timesteps / steps?;
        let transition = transition_of(case, &transitions, stride)?;
        return step(&sampler, &transition, x, output, draw).ok();
    }
    let config: DdpmConfig = config(case)?;
    let train = config.noise.num_train_timesteps;
    let timesteps = match (steps, case["custom_timesteps"].as_array()) {
        (Some(_), _) => None,
        (None, Some(_)) => Some(integers(&case["custom_timesteps"])),
        // What diffusers visits before anybody asked for a number of steps.
        (None, None) => Some((0..train).rev().collect()),
    };
    let count = timesteps.as_ref().map_or(steps, |timesteps| Some(timesteps.len()))?;
    // Built by hand, because `sampler()` refuses the variance that is always NaN.
    let sampler = Ddpm {
        schedule: Schedule::new(config.noise.betas()).ok()?,
        noise: config.noise,
        variance: config.keys.variance_type.unwrap_or_default(),
        timesteps,
    };
    let transition = transition_of(case, &sampler.steps(count).ok()?, 1)?;
    step(&sampler, &transition, x, output, draw).ok()
}

/// Where diffusers takes the root of a number that rounding made negative (-6e-8), the direction is
/// 0 here and NaN there: the first step after pure noise, with `eta: 1`.
fn is_rounding_nan(case: &Value) -> bool {
    is_ddim(case) && !case["nan_count"].is_null()
}

fn compare(case: &Value, made: &Stepped<4>) -> Distance {
    let original =
        distance(&values(made.original.as_ref().unwrap()), &floats(&case["pred_original_sample"]));
    let sample = values(&made.sample);
    if is_rounding_nan(case) {
        assert!(sample.iter().all(|value| value.is_finite()), "{}", case["id"]);
        return original;
    }
    let sample = distance(&sample, &floats(&case["prev_sample"]));
    Distance {
        largest: original.largest.max(sample.largest),
        nan_mismatches: original.nan_mismatches + sample.nan_mismatches,
    }
}

#[rstest]
fn every_step_of_the_oracle(#[values(flex(), ndarray())] device: Device) {
    let (mut close, mut refused) = (0, 0);
    let mut largest = 0f64;
    for case in cases("steps") {
        let (noise, mut generator) = noise_of(case);
        let drawn = Cell::new(false);
        let draw = |shape| {
            drawn.set(true);
            tensor(&device, shape, &noise)
        };
        let made = make(case, &device, draw);
        // Timesteps of -1 wrap around in diffusers; here they cannot be said.
        if !case["error"].is_null() || case["t"] == -1 {
            assert!(made.is_none(), "step {} was made", case["id"]);
            refused += 1;
            continue;
        }
        let made = made.unwrap_or_else(|| panic!("step {} was refused", case["id"]));
        let apart = compare(case, &made);
        assert_eq!(apart.nan_mismatches, 0, "step {}", case["id"]);
        assert!(
            apart.largest <= bound(case),
            "step {} is {apart:?} away: {}",
            case["id"],
            case["config"]
        );
        largest = largest.max(apart.largest);
        // The generator is where diffusers left it: noise was drawn if and only if it drew.
        if let Some(generator) = &mut generator {
            if !drawn.get() {
                *generator = Generator::manual_seed(7);
            }
            assert_eq!(generator.randn::<f32>(1), floats(&case["rng_after_next_randn1"]));
        }
        close += 1;
    }
    println!("{device:?}: largest difference {largest:e}");
    assert_eq!((close, refused), (149, 9));
}

/// The standard deviation of a step, seen by noising nothing with ones.
fn deviation(device: &Device, variance: VarianceType, transition: &Transition) -> f32 {
    let noise = NoiseConfig {
        prediction_type: PredictionType::Sample,
        clip_sample: false,
        ..NoiseConfig::default()
    };
    let sampler = Ddpm { schedule: noise.schedule().unwrap(), noise, variance, timesteps: None };
    let nothing = tensor(device, SHAPE, &[0.0; 96]);
    let ones = |shape| tensor(device, shape, &[1.0; 96]);
    let made = step(&sampler, transition, nothing.clone(), nothing, ones).unwrap();
    values(&made.sample)[0]
}

/// What `_get_variance` gave. It is a deviation for `fixed_small_log` and a logarithm for
/// `fixed_large_log`, whose root diffusers takes all the same.
#[rstest]
fn variances_of_the_oracle(#[values(flex(), ndarray())] device: Device) {
    for case in cases("ddpm_get_variance") {
        let kind = serde_json::from_value(case["variance_type"].clone()).unwrap();
        let sampler = Ddpm::new(&DdpmConfig::default(), &Default::default()).unwrap();
        let steps = case["num_inference_steps"].as_u64().unwrap_or(1000);
        let transitions = sampler.steps(steps as usize).unwrap();
        let want = case["value"].as_array().unwrap();
        // No noise is added at timestep 0, so its variance shows nowhere.
        for (t, want) in integers(&case["t"]).into_iter().zip(want).filter(|&(t, _)| t > 0) {
            let at = transitions.iter().find(|transition| transition.t == t).unwrap();
            let got = deviation(&device, kind, at);
            let want = floats(want)[0];
            let apart = match kind {
                VarianceType::FixedLargeLog => f32::from(u8::from(!got.is_nan() || want >= 0.0)),
                VarianceType::FixedSmallLog => got / want - 1.0,
                _ => got * got / want - 1.0,
            };
            assert!(apart.abs() < 5e-7, "{case}: {got} at {t}");
        }
    }
}

/// diffusers' `DDPMSchedulerTest.test_variance`.
#[rstest]
#[case(487, 0.00979)]
#[case(999, 0.02)]
fn published_variances(#[case] t: usize, #[case] variance: f32) {
    let transition = Transition { t, previous: Some(t - 1) };
    let got = deviation(&flex(), VarianceType::FixedSmall, &transition);
    assert!((got * got - variance).abs() < 1e-5, "{got}");
}

#[rstest]
fn noising_and_velocity_of_the_oracle(#[values(flex(), ndarray())] device: Device) {
    for case in cases("add_noise") {
        let schedule = schedule(case).unwrap();
        let sample = tensor(&device, SHAPE, &input("sample"));
        let noise = tensor(&device, SHAPE, &input("noise_deter"));
        let timesteps = integers(&case["timesteps"]);
        let noisy = add_noise(&schedule, sample.clone(), noise.clone(), &timesteps).unwrap();
        let velocity = velocity(&schedule, sample, noise, &timesteps).unwrap();
        for (got, key) in [(noisy, "add_noise"), (velocity, "get_velocity")] {
            let apart = distance(&values(&got), &floats(&case[key]));
            assert!(apart.largest <= 2e-7 && apart.nan_mismatches == 0, "{key} {apart:?} {case}");
        }
    }
}
