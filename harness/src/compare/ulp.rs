//! The distance of two `f32` in units in the last place, defined across zero and for subnormals.

/// How many representable `f32` lie between two values; `u64::MAX` if either is NaN.
///
/// +0 and -0 are the same value, the smallest subnormals of either sign lie two apart.
#[must_use]
pub fn ulp_distance(left: f32, right: f32) -> u64 {
    if left.is_nan() || right.is_nan() {
        return u64::MAX;
    }
    rank(left).abs_diff(rank(right))
}

/// The place of a value on the line of all `f32`, with both zeros at 0.
fn rank(value: f32) -> i64 {
    let magnitude = i64::from(value.to_bits() & 0x7fff_ffff);
    if value.is_sign_negative() { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::ulp_distance;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case(1.0, 1.0, 0)]
    #[case(0.0, -0.0, 0)]
    #[case(1.0, 1.000_000_1, 1)]
    #[case(f32::from_bits(1), -f32::from_bits(1), 2)]
    #[case(f32::MAX, f32::INFINITY, 1)]
    #[case(f32::NAN, f32::NAN, u64::MAX)]
    fn counts_values_between(#[case] left: f32, #[case] right: f32, #[case] want: u64) {
        assert_eq!(ulp_distance(left, right), want);
    }

    proptest! {
        #[test]
        fn the_next_value_is_one_away(bits in 0_u32..0x7f80_0000) {
            let value = f32::from_bits(bits);
            prop_assert_eq!(ulp_distance(value, value.next_up()), 1);
            prop_assert_eq!(ulp_distance(-value, -value.next_up()), 1);
        }

        #[test]
        fn it_is_a_distance(a in any::<u32>(), b in any::<u32>(), c in any::<u32>()) {
            let [a, b, c] = [a, b, c].map(f32::from_bits);
            prop_assume!(!(a.is_nan() || b.is_nan() || c.is_nan()));
            prop_assert_eq!(ulp_distance(a, b), ulp_distance(b, a));
            prop_assert!(ulp_distance(a, c) <= ulp_distance(a, b) + ulp_distance(b, c));
        }
    }
}
