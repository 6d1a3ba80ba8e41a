//! Integer draws and their casts to a dtype. Not here: permutations.
//!
//! Source: torch's `aten/src/ATen/core/DistributionsHelper.h` (`uniform_int_from_to_distribution`,
//! `uniform_int_distribution`, `uniform_int_full_range_distribution`).

use half::{bf16, f16};

use super::Generator;
use super::mersenne_twister::MersenneTwister;

/// Ranges from here on take two 32-bit draws per element.
const WIDE_RANGE: u64 = 1 << 28;

/// A dtype that integers are drawn into: `bool`, `u8`, `i8`, `i16`, `i32`, `i64` and the four of
/// [`Element`](super::Element). Sealed.
pub trait IntegerElement: Cast {}

/// The integers a type holds without gaps, and the cast from them.
pub trait Cast: Copy {
    const LOWEST: i64;
    const HIGHEST: i64;

    fn cast(value: i64) -> Self;
}

macro_rules! integer_element {
    ($type:ty, $lowest:expr, $highest:expr, $value:ident => $cast:expr) => {
        impl IntegerElement for $type {}

        impl Cast for $type {
            const LOWEST: i64 = $lowest;
            const HIGHEST: i64 = $highest;

            #[inline]
            fn cast($value: i64) -> Self {
                $cast
            }
        }
    };
}

integer_element!(bool, 0, 1, value => value != 0);
integer_element!(u8, 0, u8::MAX as i64, value => value as u8);
integer_element!(i8, i8::MIN as i64, i8::MAX as i64, value => value as i8);
integer_element!(i16, i16::MIN as i64, i16::MAX as i64, value => value as i16);
integer_element!(i32, i32::MIN as i64, i32::MAX as i64, value => value as i32);
integer_element!(i64, i64::MIN, i64::MAX, value => value);
integer_element!(f64, -(1 << 53), 1 << 53, value => value as f64);
integer_element!(f32, -(1 << 24), 1 << 24, value => value as f32);
integer_element!(f16, -(1 << 11), 1 << 11, value => f16::from_f32(value as f32));
integer_element!(bf16, -(1 << 8), 1 << 8, value => bf16::from_f32(value as f32));

impl Generator {
    /// `torch.randint(low, high, (numel,), dtype=T)`: integers from `low` (inclusive) to `high`
    /// (exclusive). Also `random_(low, high)`.
    ///
    /// One 32-bit draw per element, two if `high - low` is 2^28 or more; the same draws for every
    /// `T`.
    ///
    /// # Panics
    ///
    /// If `low >= high`, or if `T` cannot hold both `low` and `high - 1`; torch raises an error.
    /// For a floating point `T` also where torch would move the bounds to representable ones:
    /// beyond 2^53 (f64), 2^24 (f32), 2^11 (f16), 2^8 (bf16).
    pub fn randint<T: IntegerElement>(&mut self, numel: usize, low: i64, high: i64) -> Vec<T> {
        assert!(low < high, "randint needs low < high, got {low} and {high}");
        assert!(
            T::LOWEST <= low && high - 1 <= T::HIGHEST,
            "randint from {low} to {high} leaves the integers of {}: choose a wider type",
            std::any::type_name::<T>()
        );
        let range = high.wrapping_sub(low) as u64;
        let wide = range >= WIDE_RANGE;
        let engine = &mut self.engine;
        (0..numel).map(|_| T::cast(low.wrapping_add(draw_below(engine, range, wide)))).collect()
    }

    /// `torch.empty(numel, dtype=T).random_()`: integers from 0 to the largest of the type, for a
    /// floating point type to 2^24 (f32), 2^53 (f64), 2^11 (f16) or 2^8 (bf16) inclusive.
    ///
    /// One 32-bit draw per element, two for `i64` and `f64`. `bool` is taken from torch's source;
    /// no recorded vector covers it.
    pub fn random<T: IntegerElement>(&mut self, numel: usize) -> Vec<T> {
        let range = T::HIGHEST as u64 + 1;
        let wide = range > u64::from(u32::MAX);
        let engine = &mut self.engine;
        (0..numel).map(|_| T::cast(draw_below(engine, range, wide))).collect()
    }

    /// `torch.empty(numel, dtype=torch.int64).random_(-2**63, None)`: all 64 bits.
    ///
    /// Two 32-bit draws per element, the first one in the high half.
    pub fn random_full_range(&mut self, numel: usize) -> Vec<i64> {
        (0..numel).map(|_| self.engine.draw_u64() as i64).collect()
    }
}

/// An integer of 0..`range`, by remainder: torch's, with its slight preference for small values.
#[inline]
fn draw_below(engine: &mut MersenneTwister, range: u64, wide: bool) -> i64 {
    let bits = if wide { engine.draw_u64() } else { u64::from(engine.draw_u32()) };
    (bits % range) as i64
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::narrow((1 << 28) - 1, 1)]
    #[case::first_wide(1 << 28, 2)]
    #[case::beyond_32_bits(1 << 40, 2)]
    fn ranges_from_2_to_the_28_take_two_draws(#[case] range: i64, #[case] draws: usize) {
        let mut generator = Generator::manual_seed(1);
        let mut raw = generator.clone();
        generator.randint::<i64>(3, -5, range - 5);
        raw.rand::<f32>(3 * draws);
        assert_eq!(generator.get_state(), raw.get_state());
    }

    #[test]
    fn an_empty_tensor_draws_nothing() {
        let mut generator = Generator::manual_seed(1);
        let before = generator.get_state();
        assert!(generator.randint::<i64>(0, 0, 10).is_empty());
        assert!(generator.random::<f64>(0).is_empty());
        assert!(generator.random_full_range(0).is_empty());
        assert_eq!(generator.get_state(), before);
    }

    #[test]
    #[should_panic(expected = "randint needs low < high, got 3 and 3")]
    fn an_empty_range_is_refused() {
        Generator::manual_seed(1).randint::<i64>(1, 3, 3);
    }

    #[test]
    #[should_panic(expected = "randint from 0 to 257 leaves the integers of u8")]
    fn a_range_beyond_the_type_is_refused() {
        Generator::manual_seed(1).randint::<u8>(1, 0, 257);
    }
}
