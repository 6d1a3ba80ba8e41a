//! float32 logarithm, sine and cosine of torch's AVX2 block normals. Not here: any other use;
//! outside the ranges of Box-Muller these functions are not valid.
//!
//! The polynomials are the single precision ones of Cephes (Moshier), by way of `avx_mathfun.h`
//! (Garberoglio, after Pommier). Which multiplications and additions are fused was read from
//! torch's compiled code. Every operation below is one float32 rounding: `mul_add` and a product
//! followed by a sum are different numbers, never one for the other. Constants are bit patterns for
//! the same reason.

use super::normal::BLOCK;

const SQRT_HALF: f32 = f32::from_bits(0x3f35_04f3);
/// Highest degree first.
const LOG: [f32; 9] = [
    f32::from_bits(0x3d90_21bb), //  7.0376836292e-2
    f32::from_bits(0xbdeb_d1b8), // -1.1514610310e-1
    f32::from_bits(0x3def_251a), //  1.1676998740e-1
    f32::from_bits(0xbdfe_5d4f), // -1.2420140846e-1
    f32::from_bits(0x3e11_e9bf), //  1.4249322787e-1
    f32::from_bits(0xbe2a_ae50), // -1.6668057665e-1
    f32::from_bits(0x3e4c_ceac), //  2.0000714765e-1
    f32::from_bits(0xbe7f_fffc), // -2.4999993993e-1
    f32::from_bits(0x3eaa_aaaa), //  3.3333331174e-1
];
/// ln 2 = `LN_2_HIGH` + `LN_2_LOW`, the high part with few digits.
const LN_2_LOW: f32 = f32::from_bits(0xb95e_8083); // -2.12194440e-4
const LN_2_HIGH: f32 = f32::from_bits(0x3f31_8000); // 0.693359375

const TAU: f32 = f32::from_bits(0x40c9_0fdb); // 6.2831855
const FOUR_OVER_PI: f32 = f32::from_bits(0x3fa2_f983); // 1.27323954
/// -pi/4 in three parts, largest first.
const MINUS_QUARTER_PI: [f32; 3] = [
    f32::from_bits(0xbf49_0000), // -0.78515625
    f32::from_bits(0xb97d_a000), // -2.4187564849853515625e-4
    f32::from_bits(0xb322_2169), // -3.77489497744594108e-8
];
/// Highest degree first, as the next one.
const COSINE: [f32; 3] = [
    f32::from_bits(0x37cc_f5ce), //  2.443315711809948e-5
    f32::from_bits(0xbab6_061a), // -1.388731625493765e-3
    f32::from_bits(0x3d2a_aaa5), //  4.166664568298827e-2
];
const SINE: [f32; 3] = [
    f32::from_bits(0xb94c_a1f9), // -1.9515295891e-4
    f32::from_bits(0x3c08_839e), //  8.3321608736e-3
    f32::from_bits(0xbe2a_aaa3), // -1.6666654611e-1
];

/// Box-Muller of a block: `block[i]` pairs with `block[i + 8]`.
pub(super) fn transform_block(block: &mut [f32; BLOCK], std: f32, mean: f32) {
    let (radii, angles) = block.split_at_mut(BLOCK / 2);
    for (radius_slot, angle_slot) in radii.iter_mut().zip(angles) {
        let radius = (-2.0 * log(1.0 - *radius_slot)).sqrt();
        let (sin, cos) = sin_cos(TAU * *angle_slot);
        // Also with mean 0: it turns -0 into +0, as torch does.
        *radius_slot = (radius * cos).mul_add(std, mean);
        *angle_slot = (radius * sin).mul_add(std, mean);
    }
}

/// ln of `value`, for 0 < `value` <= 1 and normal.
fn log(value: f32) -> f32 {
    let bits = value.to_bits();
    let mut exponent = ((bits >> 23) as i32 - 126) as f32;
    let mantissa = f32::from_bits((bits & 0x007f_ffff) | 0x3f00_0000);
    let mut x = mantissa - 1.0;
    if mantissa < SQRT_HALF {
        exponent -= 1.0;
        x += mantissa;
    }
    let z = x * x;
    let mut y = horner(&LOG, x) * x;
    y = y.mul_add(z, exponent * LN_2_LOW);
    y = (-z).mul_add(0.5, y);
    exponent.mul_add(LN_2_HIGH, x + y)
}

/// (sin, cos) of `angle`, for 0 <= `angle` <= 2 pi.
fn sin_cos(angle: f32) -> (f32, f32) {
    let octant = ((angle * FOUR_OVER_PI) as i32 + 1) & !1;
    let turns = octant as f32;
    let x = MINUS_QUARTER_PI.iter().fold(angle, |x, part| turns.mul_add(*part, x));
    let z = x * x;
    let cosine = (horner(&COSINE, z) * z).mul_add(z, -(z * 0.5)) + 1.0;
    let sine = (horner(&SINE, z) * z).mul_add(x, x);
    let (sin, cos) = if octant & 2 == 0 { (sine, cosine) } else { (cosine, sine) };
    let negate = |flag: bool, value: f32| if flag { -value } else { value };
    (negate(matches!(octant, 4 | 6), sin), negate(matches!(octant, 2 | 4), cos))
}

#[inline]
fn horner<const TERMS: usize>(coefficients: &[f32; TERMS], x: f32) -> f32 {
    coefficients[1..].iter().fold(coefficients[0], |sum, term| sum.mul_add(x, *term))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const VECTORS: &str = include_str!("../tests/data/torch_generator_vectors.json");

    fn rows(function: &str) -> Vec<Value> {
        let file: Value = serde_json::from_str(VECTORS).expect("the vector file is JSON");
        let rows = file["fn_block_float32"][function].as_array().expect("a list of rows").clone();
        assert!(rows.len() >= 24, "the vector file lost rows of {function}");
        rows
    }

    fn bits(row: &Value, field: &str) -> u32 {
        u32::from_str_radix(row[field].as_str().expect("a hex string"), 16).expect("32 bits of hex")
    }

    fn uniform(row: &Value) -> f32 {
        row["k"].as_u64().expect("a 24-bit integer") as f32 / (1 << 24) as f32
    }

    #[test]
    fn the_logarithm_has_the_bits_of_torch() {
        for row in rows("log") {
            assert_eq!(log(1.0 - uniform(&row)).to_bits(), bits(&row, "log"), "{row}");
        }
    }

    #[test]
    fn sine_and_cosine_have_the_bits_of_torch() {
        for row in rows("sincos") {
            let angle = TAU * uniform(&row);
            let (sin, cos) = sin_cos(angle);
            let expected = (bits(&row, "theta"), bits(&row, "sin"), bits(&row, "cos"));
            assert_eq!((angle.to_bits(), sin.to_bits(), cos.to_bits()), expected, "{row}");
        }
    }

    #[test]
    fn a_radius_of_zero_gives_positive_zero() {
        let mut block = [0.0; BLOCK];
        transform_block(&mut block, 1.0, 0.0);
        assert!(block.iter().all(|value| value.to_bits() == 0), "{block:?}");
    }
}
