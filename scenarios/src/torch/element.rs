//! The floating point types a tensor of random numbers can have, and their arithmetic where torch's
//! samplers differ by type. Not here: the samplers.

use std::ops::{Add, Mul, Sub};

use half::{bf16, f16};

use super::capability::CpuCapability;
use super::cephes;
use super::mersenne_twister::MersenneTwister;
use super::normal::{BLOCK, transform_block};

/// A floating point dtype of torch: `f32`, `f64`, [`half::f16`] or [`half::bf16`].
///
/// Sealed: the bits of a draw are defined by torch for these four types and no other.
pub trait Element: Arithmetic {}

impl Element for f32 {}
impl Element for f64 {}
impl Element for f16 {}
impl Element for bf16 {}

/// What the samplers need to know of a type. Operators round once, to the type.
pub trait Arithmetic: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// The next uniform of [0, 1): as many low bits of the draw as the type has digits.
    fn draw_unit(engine: &mut MersenneTwister) -> Self;

    /// One Bernoulli draw with `self` as the probability of true.
    fn draw_bernoulli(self, engine: &mut MersenneTwister) -> bool;

    /// Rounds as a C++ cast of torch does: to the 16-bit types by way of float32.
    fn from_f64(value: f64) -> Self;

    /// Exact.
    fn to_f64(self) -> f64;

    fn ln(self) -> Self;
    fn sqrt(self) -> Self;
    fn sin(self) -> Self;
    fn cos(self) -> Self;

    /// `self * width + low`, the last step of `uniform_`.
    fn stretch(self, width: Self, low: Self, capability: CpuCapability) -> Self;

    /// `self * std + mean`, the last step of a block normal.
    fn scale(self, std: Self, mean: Self, capability: CpuCapability) -> Self;

    /// Turns 16 uniforms into 16 normals.
    fn normal_block(block: &mut [Self; BLOCK], std: Self, mean: Self, capability: CpuCapability) {
        transform_block(block, std, mean, capability);
    }
}

/// `value * factor + offset` as the given capability was compiled.
macro_rules! multiply_add {
    ($capability:expr, $value:expr, $factor:expr, $offset:expr) => {
        match $capability {
            CpuCapability::Avx2 => $value.mul_add($factor, $offset),
            CpuCapability::Default => $value * $factor + $offset,
        }
    };
}
pub(super) use multiply_add;

/// The items that `f32` and `f64` share word for word.
macro_rules! native_arithmetic {
    ($type:ty) => {
        fn draw_bernoulli(self, engine: &mut MersenneTwister) -> bool {
            Self::draw_unit(engine) < self
        }

        fn from_f64(value: f64) -> Self {
            value as $type
        }

        fn to_f64(self) -> f64 {
            f64::from(self)
        }

        fn ln(self) -> Self {
            <$type>::ln(self)
        }

        fn sqrt(self) -> Self {
            <$type>::sqrt(self)
        }

        fn sin(self) -> Self {
            <$type>::sin(self)
        }

        fn cos(self) -> Self {
            <$type>::cos(self)
        }

        #[inline]
        fn stretch(self, width: Self, low: Self, capability: CpuCapability) -> Self {
            multiply_add!(capability, self, width, low)
        }

        fn scale(self, std: Self, mean: Self, capability: CpuCapability) -> Self {
            multiply_add!(capability, self, std, mean)
        }
    };
}

impl Arithmetic for f32 {
    native_arithmetic!(f32);

    #[inline]
    fn draw_unit(engine: &mut MersenneTwister) -> Self {
        (engine.draw_u32() & ((1 << 24) - 1)) as f32 * (1.0 / (1_u32 << 24) as f32)
    }

    fn normal_block(block: &mut [Self; BLOCK], std: Self, mean: Self, capability: CpuCapability) {
        match capability {
            CpuCapability::Avx2 => cephes::transform_block(block, std, mean),
            CpuCapability::Default => transform_block(block, std, mean, capability),
        }
    }
}

impl Arithmetic for f64 {
    native_arithmetic!(f64);

    #[inline]
    fn draw_unit(engine: &mut MersenneTwister) -> Self {
        (engine.draw_u64() & ((1 << 53) - 1)) as f64 * (1.0 / (1_u64 << 53) as f64)
    }
}

/// The 16-bit types: drawn from their own number of bits, computed in float32, rounded at every
/// step.
///
/// The functions go through `f64`, so that the float32 result is the correctly rounded one on every
/// platform; for the few inputs that exist (2^11 and 2^8 uniforms) it agrees with torch's `logf`,
/// `sinf` and `cosf` after rounding.
macro_rules! half_arithmetic {
    ($type:ty, $digits:literal) => {
        impl Arithmetic for $type {
            #[inline]
            fn draw_unit(engine: &mut MersenneTwister) -> Self {
                const DIGITS: u32 = 1 << $digits;
                Self::from_f32((engine.draw_u32() & (DIGITS - 1)) as f32 * (1.0 / DIGITS as f32))
            }

            // Only the threshold is 16 bits wide here, the uniform is a float32.
            fn draw_bernoulli(self, engine: &mut MersenneTwister) -> bool {
                f32::draw_unit(engine) < self.to_f32()
            }

            // Not the crate's own `from_f64`: it truncates or not, depending on type and processor.
            fn from_f64(value: f64) -> Self {
                Self::from_f32(value as f32)
            }

            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            fn ln(self) -> Self {
                Arithmetic::from_f64(f64::from(self).ln())
            }

            fn sqrt(self) -> Self {
                Arithmetic::from_f64(f64::from(self).sqrt())
            }

            fn sin(self) -> Self {
                Arithmetic::from_f64(f64::from(self).sin())
            }

            fn cos(self) -> Self {
                Arithmetic::from_f64(f64::from(self).cos())
            }

            fn stretch(self, width: Self, low: Self, capability: CpuCapability) -> Self {
                Self::from_f32(self.to_f32().stretch(width.to_f32(), low.to_f32(), capability))
            }

            fn scale(self, std: Self, mean: Self, _: CpuCapability) -> Self {
                self * std + mean
            }
        }
    };
}

half_arithmetic!(f16, 11);
half_arithmetic!(bf16, 8);

#[cfg(test)]
mod tests {
    use super::*;

    /// Above the middle of two neighbours. By 2^-22, which float32 keeps, the value goes up; by
    /// 2^-40 the first rounding lands on the middle and the second goes down to the even neighbour.
    #[test]
    fn the_16_bit_types_are_rounded_by_way_of_float32() {
        let above = |digits: i32, by: i32| 1.0 + 2_f64.powi(-digits) + 2_f64.powi(-by);
        let half = |value| <f16 as Arithmetic>::from_f64(value);
        let brain = |value| <bf16 as Arithmetic>::from_f64(value);
        assert_eq!([half(above(11, 22)), half(above(11, 40))], [f16::ONE + f16::EPSILON, f16::ONE]);
        assert_eq!(
            [brain(above(8, 22)), brain(above(8, 40))],
            [bf16::ONE + bf16::EPSILON, bf16::ONE]
        );
    }

    /// Every bit of a uniform comes from the low end of the draw; its largest value is below 1.
    #[test]
    fn a_uniform_uses_as_many_bits_as_the_type_has_digits() {
        fn largest<T: Arithmetic>() -> f64 {
            let mut engine = MersenneTwister::seeded(1);
            (0..100_000).map(|_| T::draw_unit(&mut engine).to_f64()).fold(0.0, f64::max)
        }
        assert_eq!(largest::<bf16>(), 1.0 - 2_f64.powi(-8));
        assert_eq!(largest::<f16>(), 1.0 - 2_f64.powi(-11));
        assert!(largest::<f32>() < 1.0);
    }
}
