//! numpy's natural logarithm of an `f32`, bit for bit, where a truncated timestep or a difference of logarithms depends
//! on its last digit.
//!
//! numpy evaluates it with one algorithm on every x86 CPU that has fused multiply-add; a fifth of its values are one
//! unit in the last place beside the correctly rounded ones.

/// `numpy.log(x)`.
#[must_use]
pub fn numpy_ln(x: f32) -> f32 {
    if !x.is_normal() || x < 0.0 {
        return x.ln();
    }
    let bits = x.to_bits();
    // x = mantissa 2^exponent, with a mantissa from 1/2 to 1; then moved to between sqrt(1/2) and sqrt(2).
    let (mut mantissa, mut exponent) =
        (f32::from_bits(bits & 0x007f_ffff | 0x3f00_0000), (bits >> 23) as f32 - 126.0);
    if mantissa < std::f32::consts::FRAC_1_SQRT_2 {
        mantissa += mantissa;
        exponent -= 1.0;
    }
    let past_one = mantissa - 1.0;
    let polynomial = |coefficients: [f32; 6]| {
        coefficients.into_iter().reduce(|sum, next| sum.mul_add(past_one, next)).unwrap_or_default()
    };
    let share = polynomial(NUMERATOR) / polynomial(DENOMINATOR);
    exponent.mul_add(std::f32::consts::LN_2, share)
}

/// `ln(1 + x)` as a quotient of polynomials in `x`, from the highest power down.
const NUMERATOR: [f32; 6] = [0.025_899_792, 0.380_883_78, 1.480_000_6, 2.112_677_6, 1.0, 0.0];
const DENOMINATOR: [f32; 6] =
    [0.005_875_095_3, 0.154_647_63, 0.986_494_3, 2.453_006, 2.612_677_6, 1.0];

#[cfg(test)]
mod tests {
    use super::*;

    /// The bits of `numpy.log`; the first four are not the correctly rounded ones.
    #[test]
    fn logarithms_are_numpys() {
        for (x, bits) in [
            (0.67657864_f32, 0xbec80ab1),
            (0.59127194_f32, 0xbf0685ce),
            (0.6727113_f32, 0xbecafa0e),
            (0.37861603_f32, 0xbf78a2b4),
            (1.0_f32, 0x00000000),
            (0.5_f32, 0xbf317218),
            (0.01_f32, 0xc0935d8e),
            (157.40753_f32, 0x40a1e201),
        ] {
            assert_eq!(numpy_ln(x).to_bits(), bits, "ln({x})");
        }
    }

    #[test]
    fn what_is_no_number_above_zero_has_the_usual_logarithm() {
        assert!(numpy_ln(-1.0).is_nan() && numpy_ln(f32::NAN).is_nan());
        assert!(numpy_ln(f32::INFINITY) > f32::MAX && numpy_ln(0.0) < f32::MIN);
    }
}
