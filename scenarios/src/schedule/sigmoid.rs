//! torch's logistic function in `f32`, bit for bit, for the sigmoid beta schedule.
//!
//! torch evaluates whole blocks with SLEEF's `expf`, which is off by up to one unit in the last
//! place, and the rest with the C library's; a correctly rounded sigmoid differs in a third of the
//! values.

/// Elements in one block of torch's vector loop: two AVX2 registers.
const BLOCK: usize = 16;

/// `1 / (1 + exp(-x))` of every value.
pub(super) fn sigmoid(values: &[f32]) -> Vec<f32> {
    let in_blocks = values.len() / BLOCK * BLOCK;
    let logistic = |(index, &value): (usize, &f32)| {
        let exp = if index < in_blocks { sleef_exp(-value) } else { rounded_exp(-value) };
        1.0 / (1.0 + exp)
    };
    values.iter().enumerate().map(logistic).collect()
}

/// The C library's `expf`, which is as good as correctly rounded.
fn rounded_exp(x: f32) -> f32 {
    f64::from(x).exp() as f32
}

/// The algorithm of SLEEF's `expf` with a bound of 1.0 ulp, for arguments far from overflow:
/// `exp(x) = 2^q exp(s)` with `s = x - q ln 2`, and a polynomial for `exp(s)`.
fn sleef_exp(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_145_75;
    const LN_2_LOW: f32 = 1.428_606_8e-6;
    const COEFFICIENTS: [f32; 5] =
        [0.001_393_043_6, 0.008_333_361, 0.041_666_485, 0.166_666_67, 0.5];
    let q = (x * std::f32::consts::LOG2_E).round_ties_even();
    let s = q.mul_add(-LN_2_LOW, q.mul_add(-LN_2_HIGH, x));
    let start = 0.000_198_527_62_f32;
    let polynomial = COEFFICIENTS.iter().fold(start, |sum, &next| sum.mul_add(s, next));
    (1.0 + (s * s).mul_add(polynomial, s)) * q.exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_logistic_function_within_two_units_in_the_last_place() {
        let values: Vec<f32> = (-6000..=6000).map(|index| index as f32 / 1000.0).collect();
        for (x, got) in values.iter().zip(sigmoid(&values)) {
            let want = (1.0 / (1.0 + (-f64::from(*x)).exp())) as f32;
            assert!(got.to_bits().abs_diff(want.to_bits()) <= 2, "{x}: {got}, not {want}");
        }
    }
}
