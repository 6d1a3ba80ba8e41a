//! Properties of every stream, over random seeds and random histories. Test code only. Not here:
//! the bits of torch themselves, which `tests/torch_generator.rs` replays.

use half::{bf16, f16};
use proptest::prelude::*;

use super::Generator;

/// One call of a generator, with how many elements it asks for.
#[derive(Clone, Copy, Debug)]
enum Call {
    Rand(usize),
    RandHalf(usize),
    RandDouble(usize),
    Randn(usize),
    RandnBrain(usize),
    RandnDouble(usize),
    RandnStrided(usize),
    Randint(usize),
    RandintWide(usize),
    Random(usize),
    Randperm(usize),
    Bernoulli(usize),
    BernoulliScalar(usize),
}

impl Call {
    fn run(self, generator: &mut Generator) {
        match self {
            Self::Rand(numel) => drop(generator.rand::<f32>(numel)),
            Self::RandHalf(numel) => drop(generator.uniform::<f16>(numel, -1.0, 1.0)),
            Self::RandDouble(numel) => drop(generator.rand::<f64>(numel)),
            Self::Randn(numel) => drop(generator.randn::<f32>(numel)),
            Self::RandnBrain(numel) => drop(generator.randn::<bf16>(numel)),
            Self::RandnDouble(numel) => drop(generator.randn::<f64>(numel)),
            Self::RandnStrided(numel) => drop(generator.randn_non_contiguous::<f32>(numel)),
            Self::Randint(numel) => drop(generator.randint::<i32>(numel, -3, 9)),
            Self::RandintWide(numel) => drop(generator.randint::<i64>(numel, 0, 1 << 28)),
            Self::Random(numel) => drop(generator.random::<i64>(numel)),
            Self::Randperm(numel) => drop(generator.randperm(numel)),
            Self::Bernoulli(numel) => drop(generator.bernoulli(&vec![0.5_f32; numel])),
            Self::BernoulliScalar(numel) => drop(generator.bernoulli_scalar(numel, 0.5)),
        }
    }

    /// 32-bit draws of the call, from the table of torch's samplers; `cached` says whether a normal
    /// waits, before and after.
    fn draws(self, cached: &mut bool) -> usize {
        match self {
            Self::Rand(numel) | Self::RandHalf(numel) => numel,
            Self::Randint(numel) | Self::Bernoulli(numel) => numel,
            Self::RandDouble(numel) | Self::RandintWide(numel) => 2 * numel,
            Self::Random(numel) | Self::BernoulliScalar(numel) => 2 * numel,
            Self::Randperm(numel) => numel.saturating_sub(1),
            Self::RandnStrided(numel) => scalar_draws(numel, cached),
            Self::Randn(numel) => block_draws(numel, 1, cached),
            // Whole blocks only, and one more where a part is left.
            Self::RandnBrain(numel @ 16..) => numel.next_multiple_of(16),
            Self::RandnBrain(numel) => scalar_draws(numel, cached),
            Self::RandnDouble(numel) => block_draws(numel, 2, cached),
        }
    }
}

fn scalar_draws(numel: usize, cached: &mut bool) -> usize {
    let from_pairs = numel.saturating_sub(usize::from(*cached));
    if numel > 0 {
        *cached = !from_pairs.is_multiple_of(2);
    }
    4 * from_pairs.div_ceil(2)
}

fn block_draws(numel: usize, per_uniform: usize, cached: &mut bool) -> usize {
    match numel {
        0..16 => scalar_draws(numel, cached),
        _ if numel.is_multiple_of(16) => per_uniform * numel,
        _ => per_uniform * (numel + 16),
    }
}

fn call() -> impl Strategy<Value = Call> {
    let numel = || prop_oneof![0..40_usize, 600..660_usize];
    prop_oneof![
        numel().prop_map(Call::Rand),
        numel().prop_map(Call::RandHalf),
        numel().prop_map(Call::RandDouble),
        numel().prop_map(Call::Randn),
        numel().prop_map(Call::RandnBrain),
        numel().prop_map(Call::RandnDouble),
        numel().prop_map(Call::RandnStrided),
        numel().prop_map(Call::Randint),
        numel().prop_map(Call::RandintWide),
        numel().prop_map(Call::Random),
        numel().prop_map(Call::Randperm),
        numel().prop_map(Call::Bernoulli),
        numel().prop_map(Call::BernoulliScalar),
    ]
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    prop::collection::vec(call(), 0..8)
}

/// A draw of each kind, as bits, so that two streams can be compared.
fn sample(generator: &mut Generator) -> (Vec<u64>, Vec<u32>, Vec<i64>) {
    let scalars = generator.randn::<f64>(3).into_iter().map(f64::to_bits).collect();
    let block = generator.randn::<f32>(700).into_iter().map(f32::to_bits).collect();
    (scalars, block, generator.randperm(50))
}

proptest! {
    #[test]
    fn a_saved_state_continues_the_stream(seed: u64, other: u64, history in calls()) {
        let mut generator = Generator::manual_seed(seed);
        history.iter().for_each(|call| call.run(&mut generator));
        let state = generator.get_state();
        let expected = sample(&mut generator);

        let mut restored = Generator::manual_seed(other);
        restored.randn::<f32>(1);
        restored.set_state(&state).expect("a state of this module");
        prop_assert_eq!(restored.get_state(), state);
        prop_assert_eq!(sample(&mut restored), expected);
        prop_assert_eq!(restored.get_state(), generator.get_state());
    }

    #[test]
    fn two_equal_calls_differ(seed: u64, history in calls(), numel in 2..100_usize) {
        let mut generator = Generator::manual_seed(seed);
        history.iter().for_each(|call| call.run(&mut generator));
        prop_assert_ne!(generator.randn::<f32>(numel), generator.randn::<f32>(numel));
        prop_assert_ne!(generator.rand::<f32>(numel), generator.rand::<f32>(numel));
    }

    #[test]
    fn seeds_equal_modulo_2_to_the_32_give_equal_streams(low: u32, first: u32, second: u32) {
        let seed = |high: u32| (u64::from(high) << 32) | u64::from(low);
        let mut left = Generator::manual_seed(seed(first));
        let mut right = Generator::manual_seed(seed(second));
        prop_assert_eq!(sample(&mut left), sample(&mut right));
        prop_assert_eq!(&left.get_state()[8..], &right.get_state()[8..]);
    }

    #[test]
    fn every_call_spends_its_documented_draws(seed: u64, history in calls()) {
        let mut generator = Generator::manual_seed(seed);
        let (mut total, mut cached) = (0, false);
        for call in &history {
            call.run(&mut generator);
            total += call.draws(&mut cached);
            prop_assert_eq!(generator.cached_normal.is_some(), cached, "after {:?}", call);
            let place = match total {
                0 => (1, 0),
                _ => (624 - (total - 1) % 624, (total - 1) % 624 + 1),
            };
            prop_assert_eq!((generator.engine.left(), generator.engine.next()), place);
        }
    }

    #[test]
    fn reseeding_equals_a_new_generator(seed: u64, history in calls()) {
        let mut generator = Generator::manual_seed(!seed);
        history.iter().for_each(|call| call.run(&mut generator));
        generator.reseed(seed);
        prop_assert_eq!(generator.get_state(), Generator::manual_seed(seed).get_state());
    }
}
