//! What holds for every schedule and every list of timesteps, and identities of the samplers.

use burn::tensor::{DType, Tensor, TensorData};
use burn_repro::Probe;
use burn_repro_scenarios::sampler::ddim::{Ddim, DdimArguments, DdimConfig};
use burn_repro_scenarios::sampler::ddpm::Ddpm;
use burn_repro_scenarios::sampler::{
    Bound, NoiseConfig, PredictionType, Sampler, SamplerError, Scaled, VarianceType, add_noise,
    quantile, sample, velocity,
};
use burn_repro_scenarios::schedule::{
    BetaSchedule, Schedule, TimestepSpacing, Transition, rescale_to_zero_terminal_snr,
};
use proptest::prelude::*;
use rstest::rstest;

use crate::oracle::distance;
use crate::support::{dummy_noise, dummy_sample, flex, no_noise, step, tensor, values};

const SHAPE: [usize; 4] = [2, 3, 4, 4];

fn any_schedule() -> impl Strategy<Value = BetaSchedule> {
    prop_oneof![
        Just(BetaSchedule::Linear),
        Just(BetaSchedule::ScaledLinear),
        Just(BetaSchedule::SquaredCosine),
        Just(BetaSchedule::Sigmoid),
        Just(BetaSchedule::Laplace),
    ]
}

fn any_spacing() -> impl Strategy<Value = TimestepSpacing> {
    prop_oneof![
        Just(TimestepSpacing::Leading),
        Just(TimestepSpacing::Linspace),
        Just(TimestepSpacing::Trailing),
    ]
}

fn any_prediction() -> impl Strategy<Value = PredictionType> {
    prop_oneof![
        Just(PredictionType::Epsilon),
        Just(PredictionType::Sample),
        Just(PredictionType::Velocity),
    ]
}

proptest! {
    #[test]
    fn alpha_bar_falls_within_one_and_zero(
        kind in any_schedule(),
        start in 1e-4..0.01f64,
        end in 0.01..0.1f64,
        count in 2..1200usize,
        zero_snr: bool,
    ) {
        let mut betas = kind.betas(start, end, count);
        prop_assert!(betas.iter().all(|&beta| beta > 0.0 && beta < 1.0));
        if zero_snr {
            betas = rescale_to_zero_terminal_snr(&betas);
        }
        let schedule = Schedule::new(betas).unwrap();
        let alphas = schedule.alphas_cumprod();
        prop_assert!(alphas[0] < 1.0);
        prop_assert!(alphas.windows(2).all(|pair| pair[1] < pair[0]), "{:?}", alphas);
        let last = alphas[count - 1];
        prop_assert_eq!(last == 0.0, zero_snr);
    }

    #[test]
    fn timesteps_fall_within_the_training_timesteps(
        spacing in any_spacing(),
        train in 1..2000usize,
        share in 0.0..1.0f64,
        offset in 0..3usize,
    ) {
        let steps = 1 + (share * (train - 1) as f64) as usize;
        // Refused where diffusers would leave the range; never by more than the offset or one step.
        if let Ok(timesteps) = spacing.timesteps(train, steps, offset) {
            prop_assert_eq!(timesteps.len(), steps);
            prop_assert!(timesteps[0] < train);
            prop_assert!(timesteps.windows(2).all(|pair| pair[1] < pair[0]));
        } else {
            let too_late = spacing == TimestepSpacing::Leading && offset > 0;
            prop_assert!(too_late || spacing == TimestepSpacing::Trailing);
        }
    }

    #[test]
    fn a_quantile_lies_among_the_values(
        mut values in prop::collection::vec(-10.0..10.0f64, 1..40),
        ratio in 0.0..=1.0f64,
    ) {
        let data = TensorData::new(values.clone(), [1, values.len()]);
        let row = Tensor::from_data(data, (&flex(), DType::F64));
        let got: f64 = quantile(row, ratio).into_scalar();
        values.sort_unstable_by(f64::total_cmp);
        let below = values.iter().filter(|&&value| value < got).count();
        prop_assert!(values[0] <= got && got <= values[values.len() - 1]);
        prop_assert!(below as f64 <= ratio * values.len() as f64 + 1.0);
    }

    /// A model that knows the noise leads DDIM straight to the clean sample, from any timestep, in
    /// any number of steps and whatever it predicts (arXiv 2010.02502, section 4.1).
    #[test]
    fn ddim_of_a_perfect_model_recovers_the_sample(
        prediction in any_prediction(),
        steps in 1..20usize,
        kind in prop_oneof![Just(BetaSchedule::Linear), Just(BetaSchedule::ScaledLinear)],
    ) {
        let device = flex();
        let mut config = DdimConfig::default();
        config.noise.beta_schedule = kind;
        config.noise.prediction_type = prediction;
        let sampler = Ddim::new(&config, &Default::default()).unwrap();
        let transitions = sampler.steps(steps).unwrap();
        let original = tensor(&device, SHAPE, &dummy_sample(SHAPE));
        let noise = tensor(&device, SHAPE, &dummy_noise(SHAPE));
        let schedule = &sampler.schedule;
        let x = sampler.noised(&transitions[0], original.clone(), noise.clone()).unwrap();
        let model = |_, t: f64| match prediction {
            PredictionType::Epsilon => noise.clone(),
            PredictionType::Sample => original.clone(),
            PredictionType::Velocity => {
                velocity(schedule, original.clone(), noise.clone(), &[t as usize]).unwrap()
            }
            PredictionType::Flow => unreachable!("DDIM has no flow"),
        };
        let mut probe = Probe::new(device);
        let result = sample(&sampler, &transitions, Scaled::None, x, model, no_noise, &mut probe).unwrap();
        let apart = distance(&values(&result), &values(&original)).largest;
        prop_assert!(apart < 1e-4, "{apart} after {steps} steps");
    }
}

fn ddpm(variance: VarianceType) -> Ddpm {
    let noise = NoiseConfig { clip_sample: false, ..NoiseConfig::default() };
    Ddpm { schedule: noise.schedule().unwrap(), noise, variance, timesteps: None }
}

/// DDPM of a perfect model has the mean of the posterior, which is the noised sample of the earlier
/// timestep once its missing noise is put back (arXiv 2006.11239, eq. 7).
#[test]
fn the_last_ddpm_step_of_a_perfect_model_is_the_sample() {
    let device = flex();
    let sampler = ddpm(VarianceType::FixedSmall);
    let original = tensor(&device, SHAPE, &dummy_sample(SHAPE));
    let noise = tensor(&device, SHAPE, &dummy_noise(SHAPE));
    let x = add_noise(&sampler.schedule, original.clone(), noise.clone(), &[0]).unwrap();
    let transition = Transition { t: 0, previous: None };
    let drawn = |_| panic!("noise was drawn at timestep 0");
    let last = step(&sampler, &transition, x, noise, drawn).unwrap();
    assert!(distance(&values(&last.sample), &values(&original)).largest < 1e-6);
}

/// At both ends of the range, a learned variance is a fixed one.
#[rstest]
#[case(-1.0, VarianceType::FixedSmall)]
#[case(1.0, VarianceType::FixedLarge)]
fn the_learned_range_ends_in_the_fixed_variances(#[case] share: f32, #[case] fixed: VarianceType) {
    let device = flex();
    let x = tensor(&device, SHAPE, &dummy_sample(SHAPE));
    let noise = tensor(&device, SHAPE, &dummy_noise(SHAPE));
    let transition = Transition { t: 500, previous: Some(400) };
    let shares = tensor(&device, SHAPE, &[share; 96]);
    let doubled = Tensor::cat(vec![noise.clone(), shares], 1);
    let learned = ddpm(VarianceType::LearnedRange);
    let got = step(&learned, &transition, x.clone(), doubled, |_| noise.clone()).unwrap();
    let want = step(&ddpm(fixed), &transition, x, noise.clone(), |_| noise.clone()).unwrap();
    assert!(distance(&values(&got.sample), &values(&want.sample)).largest < 1e-6);
}

/// From pure noise, all of the variance of the next timestep may be fresh noise; what is left for the
/// direction is 0, and rounding must not make it the root of a negative number, as it does in
/// diffusers (here with 3, 7, 9 … steps).
#[test]
fn no_number_of_steps_makes_nan_of_pure_noise() {
    let device = flex();
    let mut config = DdimConfig::default();
    config.noise.beta_schedule = BetaSchedule::SquaredCosine;
    config.noise.rescale_betas_zero_snr = true;
    config.noise.prediction_type = PredictionType::Velocity;
    config.noise.timestep_spacing = TimestepSpacing::Trailing;
    let sampler = Ddim::new(&config, &DdimArguments { eta: 1.0, ..Default::default() }).unwrap();
    let one = tensor(&device, [1; 4], &[1.0]);
    for steps in 1..=60 {
        let first = sampler.steps(steps).unwrap()[0];
        let made = step(&sampler, &first, one.clone(), one.clone(), |_| one.clone());
        assert!(values(&made.unwrap().sample)[0].is_finite(), "{steps} steps");
    }
}

/// A model that fails must not look well because clipping hides its NaN.
#[rstest]
#[case(Bound::Clip { range: 1.0 })]
#[case(Bound::Dynamic { ratio: 0.9, largest: 2.0 })]
fn bounds_keep_nan(#[case] bound: Bound) {
    let mut numbers = dummy_sample(SHAPE);
    numbers[5] = f32::NAN;
    let bounded = bound.apply(tensor(&flex(), SHAPE, &numbers));
    let got = values(&bounded);
    assert!(got[5].is_nan());
    assert!(got[48..].iter().all(|value| value.is_finite()), "the other sample is well");
}

#[rstest]
#[case::another_shape(VarianceType::FixedSmall, [2, 6, 4, 4], [2, 3, 4, 4])]
#[case::no_variance(VarianceType::Learned, [2, 3, 4, 4], [2, 6, 4, 4])]
fn refuses_outputs(
    #[case] variance: VarianceType,
    #[case] got: [usize; 4],
    #[case] wanted: [usize; 4],
) {
    let device = flex();
    let x = tensor(&device, SHAPE, &dummy_sample(SHAPE));
    let output = tensor(&device, got, &dummy_sample(got));
    let transition = Transition { t: 500, previous: Some(400) };
    let refusal = step(&ddpm(variance), &transition, x, output, |_| unreachable!());
    let why = SamplerError::OutputShape { got: got.to_vec(), wanted: wanted.to_vec() };
    assert_eq!(refusal.map(|_| ()), Err(why));
}

#[test]
fn refuses_timesteps_that_are_not_in_the_schedule() {
    let device = flex();
    let sampler = Ddim::new(&DdimConfig::default(), &Default::default()).unwrap();
    let x = tensor(&device, SHAPE, &dummy_sample(SHAPE));
    let why = SamplerError::Timestep { timestep: 1000, train: 1000 };
    let transition = Transition { t: 1000, previous: None };
    let refusal = step(&sampler, &transition, x.clone(), x.clone(), |_| unreachable!());
    assert_eq!(refusal.map(|_| ()), Err(why.clone()));
    let noised = add_noise(&sampler.schedule, x.clone(), x.clone(), &[1000]);
    assert_eq!(noised.map(|_| ()), Err(why));
    let noised = add_noise(&sampler.schedule, x.clone(), x, &[1, 2, 3]);
    assert_eq!(noised.map(|_| ()), Err(SamplerError::Timesteps { timesteps: 3, batch: 2 }));
}
