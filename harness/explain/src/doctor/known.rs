//! A known answer, and the unit in which an error is counted. Pure.

/// What one element of a result must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// The answer in `f64`.
    pub value: f64,
    /// The number whose unit in the last place the error is counted in: the answer itself, or, where the answer is
    /// a sum, the sum of the absolute values of its terms. What is lost when terms cancel is lost by arithmetic with
    /// so many bits, and not by whoever did it.
    pub scale: f64,
    /// The answer of a device that takes subnormal inputs as zero.
    pub flushed: f64,
}

impl Known {
    /// The answer of a function.
    pub fn of(value: f64) -> Self {
        Self { value, scale: value.abs(), flushed: value }
    }

    /// The answer of a sum whose terms have this sum of absolute values.
    pub fn sum(value: f64, scale: f64) -> Self {
        Self { value, scale, flushed: value }
    }

    /// With the answer that follows where subnormal inputs are taken as zero.
    pub(crate) fn flushed(self, flushed: f64) -> Self {
        Self { flushed, ..self }
    }
}

/// The unit in the last place of an `f32` of this size; below the smallest normal number that of the subnormals.
pub(super) fn unit(scale: f64) -> f64 {
    const SMALLEST: i32 = -149;
    let exponent = ((scale.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    2.0_f64.powi((exponent - 23).max(SMALLEST))
}

/// The number, or zero with its sign where it is subnormal.
pub(super) fn flush(number: f32) -> f32 {
    if number.is_subnormal() { 0.0_f32.copysign(number) } else { number }
}

#[cfg(test)]
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
    fn the_unit_is_the_step_to_the_next_number(#[case] number: f32) {
        let size = number.abs();
        assert_eq!(unit(f64::from(number)), f64::from(size.next_up()) - f64::from(size));
    }

    #[test]
    fn only_subnormals_are_flushed() {
        assert_eq!(flush(-1e-40).to_bits(), (-0.0_f32).to_bits());
        assert_eq!(flush(f32::MIN_POSITIVE), f32::MIN_POSITIVE);
    }
}
