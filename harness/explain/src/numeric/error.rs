//! How far a number is from the one that it should be, in one of two units. **ULP** are steps between neighbouring numbers
//! of `f32` and grow by powers of two; **eps** are machine epsilons of a type times a size, and grow with the size. One error
//! is up to twice as many ULP as eps.

use burn::tensor::DType;
use half::{bf16, f16};

/// The distance of two numbers in ULP: in steps of `f32` at a size, which is that of the wanted number, or of what it is a
/// sum of.
pub(crate) fn distance_in_ulp(got: f64, want: f64, size: f64) -> f64 {
    (got - want).abs() / ulp(size)
}

/// The step from an `f32` of this size to the next; below the smallest normal number that of the subnormals.
fn ulp(size: f64) -> f64 {
    const SMALLEST: i32 = -149;
    let exponent = ((size.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    2.0_f64.powi((exponent - 23).max(SMALLEST))
}

/// A float type whose machine epsilon errors are counted in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Eps {
    /// The distance from 1 to the next number.
    pub epsilon: f64,
    /// The smallest normal number: what a device may flush to zero is smaller.
    pub smallest: f64,
    /// The largest number: what is larger is infinite.
    pub largest: f64,
}

impl Eps {
    /// That of a type.
    pub fn of(dtype: DType) -> Self {
        let [epsilon, smallest, largest] = match dtype {
            DType::F16 => [f16::EPSILON, f16::MIN_POSITIVE, f16::MAX].map(f64::from),
            DType::BF16 => [bf16::EPSILON, bf16::MIN_POSITIVE, bf16::MAX].map(f64::from),
            DType::F64 => [f64::EPSILON, f64::MIN_POSITIVE, f64::MAX],
            _ => [f32::EPSILON, f32::MIN_POSITIVE, f32::MAX].map(f64::from),
        };
        Self { epsilon, smallest, largest }
    }

    /// A difference in eps of a size, or in the smallest normal number where that is more.
    pub fn error(self, difference: f64, size: f64) -> f64 {
        difference / (self.epsilon * size).max(self.smallest)
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the answers are exact")]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Against the distance to the next `f32`.
    #[rstest]
    #[case(1.0)]
    #[case(1.999_999_9)]
    #[case(2.0)]
    #[case(-3.0e38)]
    #[case(262_144.0)]
    #[case(f32::MIN_POSITIVE)]
    #[case(1e-40)]
    #[case(0.0)]
    fn an_ulp_is_the_step_to_the_next_number(#[case] number: f32) {
        let size = number.abs();
        let (this, next) = (f64::from(size), f64::from(size.next_up()));
        assert_eq!(distance_in_ulp(next, this, f64::from(number)), 1.0);
    }

    /// One step above 1 is one of either unit; one step below 2 is an ULP and almost two eps less.
    #[test]
    fn the_two_units_differ_by_up_to_two() {
        let step = f64::from(f32::EPSILON);
        let eps = Eps::of(DType::F32);
        assert_eq!([distance_in_ulp(1.0 + step, 1.0, 1.0), eps.error(step, 1.0)], [1.0, 1.0]);
        let below = 2.0 - step;
        assert_eq!(distance_in_ulp(2.0 - 2.0 * step, below, below), 1.0);
        assert!((0.5..0.51).contains(&eps.error(step, below)));
    }

    #[rstest]
    #[case(DType::F16, 11)]
    #[case(DType::BF16, 8)]
    #[case(DType::F32, 24)]
    #[case(DType::F64, 53)]
    fn the_epsilon_of_a_type_is_its_last_bit(#[case] dtype: DType, #[case] bits: i32) {
        assert_eq!(Eps::of(dtype).epsilon, 2.0_f64.powi(1 - bits));
    }
}
