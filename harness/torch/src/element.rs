//! The floating point types a tensor of random numbers can have, and their arithmetic where torch's
//! samplers differ by type. Not here: the samplers.

use std::ops::{Add, Mul, Sub};

use half::{bf16, f16};

use super::capability::CpuCapability;
use super::mersenne_twister::MersenneTwister;
use super::normal::{BLOCK, draw_normals, transform_block};
use super::uniform::draw_uniforms;
use super::{Generator, cephes};

/// A floating point dtype of torch: `f32`, `f64`, [`half::f16`] or [`half::bf16`].
///
/// Sealed: the bits of a draw are defined by torch for these four types and no other.
pub trait Element: Arithmetic {}

impl Element for f32 {}
impl Element for f64 {}
impl Element for f16 {}
impl Element for bf16 {}

/// What the samplers need to know of a type. The loops over elements are functions of the concrete
/// types, so that they are compiled, and optimised, in this crate.
pub trait Arithmetic: Copy {
    /// One Bernoulli draw with `self` as the probability of true.
    fn draw_bernoulli(self, engine: &mut MersenneTwister) -> bool;

    /// Rounds as a C++ cast of torch does: to the 16-bit types by way of float32.
    fn from_f64(value: f64) -> Self;

    /// Exact.
    fn to_f64(self) -> f64;

    /// Uniforms from `low` to `high`.
    fn uniforms(generator: &mut Generator, numel: usize, low: f64, high: f64) -> Vec<Self>;

    /// 16 or more normals of a contiguous tensor.
    fn normals(generator: &mut Generator, numel: usize, mean: f64, std: f64) -> Vec<Self>;
}

/// The types that torch draws and computes in. Operators round once, to the type.
pub trait Native:
    Arithmetic + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
    /// The next uniform of [0, 1): as many low bits of the draw as the type has digits.
    fn draw_unit(engine: &mut MersenneTwister) -> Self;

    fn ln(self) -> Self;
    fn sqrt(self) -> Self;
    fn sin(self) -> Self;
    fn cos(self) -> Self;

    /// `self * width + low`, the last step of `uniform_`.
    fn stretch(self, width: Self, low: Self, capability: CpuCapability) -> Self;

    /// `self * std + mean`, the last step of a block normal: fused in both capabilities.
    fn scale(self, std: Self, mean: Self) -> Self;

    /// Turns 16 uniforms into 16 normals.
    fn normal_block(block: &mut [Self; BLOCK], std: Self, mean: Self, _: CpuCapability) {
        transform_block(block, std, mean);
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

/// What `f32` and `f64` share word for word.
macro_rules! native {
    ($type:ty) => {
        impl Arithmetic for $type {
            fn draw_bernoulli(self, engine: &mut MersenneTwister) -> bool {
                Self::draw_unit(engine) < self
            }

            fn from_f64(value: f64) -> Self {
                value as $type
            }

            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            fn uniforms(generator: &mut Generator, numel: usize, low: f64, high: f64) -> Vec<Self> {
                draw_uniforms(generator, numel, low as $type, high as $type)
            }

            fn normals(generator: &mut Generator, numel: usize, mean: f64, std: f64) -> Vec<Self> {
                // The uniforms of the part that the last block overwrites are drawn, too.
                draw_normals(generator, numel, numel, mean as $type, std as $type)
            }
        }
    };
}

native!(f32);
native!(f64);

/// The functions of a native type.
macro_rules! native_functions {
    ($type:ty) => {
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

        fn scale(self, std: Self, mean: Self) -> Self {
            self.mul_add(std, mean)
        }
    };
}

impl Native for f32 {
    native_functions!(f32);

    #[inline]
    fn draw_unit(engine: &mut MersenneTwister) -> Self {
        (engine.draw_u32() & ((1 << 24) - 1)) as f32 * (1.0 / (1_u32 << 24) as f32)
    }

    fn normal_block(block: &mut [Self; BLOCK], std: Self, mean: Self, capability: CpuCapability) {
        match capability {
            CpuCapability::Avx2 => cephes::transform_block(block, std, mean),
            CpuCapability::Default => transform_block(block, std, mean),
        }
    }
}

impl Native for f64 {
    native_functions!(f64);

    #[inline]
    fn draw_unit(engine: &mut MersenneTwister) -> Self {
        (engine.draw_u64() & ((1 << 53) - 1)) as f64 * (1.0 / (1_u64 << 53) as f64)
    }
}

/// The 16-bit types: drawn and computed in float32, and rounded once.
macro_rules! half {
    ($type:ty) => {
        impl Arithmetic for $type {
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

            fn uniforms(generator: &mut Generator, numel: usize, low: f64, high: f64) -> Vec<Self> {
                let [first, end] = [low, high].map(<Self as Arithmetic>::from_f64);
                f32::uniforms(generator, numel, low, high)
                    .into_iter()
                    .map(Self::from_f32)
                    // torch keeps the interval half-open: what is rounded to its end is put at its start.
                    .map(|value| if value == end { first } else { value })
                    .collect()
            }

            fn normals(generator: &mut Generator, numel: usize, mean: f64, std: f64) -> Vec<Self> {
                // Of the last block, which overwrites a part, no uniforms are drawn before.
                let drawn = numel / BLOCK * BLOCK;
                let normals = draw_normals(generator, drawn, numel, mean as f32, std as f32);
                normals.into_iter().map(Self::from_f32).collect()
            }
        }
    };
}

half!(f16);
half!(bf16);

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
        let mut engine = MersenneTwister::seeded(1);
        let unit = |engine: &mut MersenneTwister| f32::draw_unit(engine) * 2_f32.powi(24);
        assert!((0..1_000).all(|_| unit(&mut engine).fract() == 0.0));
        assert!((0..100_000).all(|_| unit(&mut engine) < 2_f32.powi(24)));
    }

    /// 1 is no value of [0, 1), though float32 uniforms above 1 - 2^-9 are rounded to it.
    #[test]
    fn a_16_bit_uniform_that_is_rounded_to_the_end_is_put_at_the_start() {
        let halves: Vec<bf16> = Generator::manual_seed(0).uniform(100_000, -1.0, 1.0);
        let singles: Vec<f32> = Generator::manual_seed(0).uniform(100_000, -1.0, 1.0);
        let ends = singles.iter().filter(|&&single| bf16::from_f32(single) == bf16::ONE).count();
        assert!(ends > 0);
        assert!(halves.iter().all(|&half| half < bf16::ONE));
        let moved =
            halves.iter().zip(&singles).filter(|(half, single)| half.to_f32() < **single - 1.0);
        assert_eq!(moved.count(), ends);
    }
}
