//! Normal draws: torch's scalar path with its one cached value, and its block path over 16
//! elements. Not here: the float32 polynomials of the block path (`cephes`).
//!
//! Both paths are Box-Muller. Which one runs is part of torch's bits: the scalar path for fewer
//! than 16 elements and for every non-contiguous tensor, the block path otherwise.
//!
//! Source: torch's `aten/src/ATen/native/cpu/DistributionTemplates.h` (`normal_fill`) and
//! `aten/src/ATen/core/DistributionsHelper.h` (`normal_distribution`).

use std::f64::consts::TAU;

use super::Generator;
use super::capability::CpuCapability;
use super::element::{Element, Native, multiply_add};
use super::mersenne_twister::MersenneTwister;

/// Elements of one block, eight pairs.
pub(super) const BLOCK: usize = 16;

impl Generator {
    /// `torch.randn(numel, dtype=T)`: standard normals in a contiguous tensor.
    ///
    /// Below 16 elements: four 32-bit draws per pair, the second normal of an odd pair is cached
    /// for the next scalar call of any type. From 16: one draw per element (of whole blocks of 16
    /// only, for the 16-bit types), 16 more if `numel` is not a multiple of 16, all doubled for
    /// `f64`; the cached normal is neither used nor changed.
    pub fn randn<T: Element>(&mut self, numel: usize) -> Vec<T> {
        self.normal(numel, 0.0, 1.0)
    }

    /// `torch.empty(numel, dtype=T).normal_(mean, std)` on a contiguous tensor. Draws as
    /// [`randn`](Self::randn).
    ///
    /// # Panics
    ///
    /// If `std` is negative or not a number; torch raises an error.
    pub fn normal<T: Element>(&mut self, numel: usize, mean: f64, std: f64) -> Vec<T> {
        if numel < BLOCK {
            return self.normal_non_contiguous(numel, mean, std);
        }
        check_std(std);
        T::normals(self, numel, mean, std)
    }

    /// [`normal_non_contiguous`](Self::normal_non_contiguous) with mean 0 and standard deviation 1,
    /// as `randn_like` of a transposed or channels_last tensor.
    pub fn randn_non_contiguous<T: Element>(&mut self, numel: usize) -> Vec<T> {
        self.normal_non_contiguous(numel, 0.0, 1.0)
    }

    /// `tensor.normal_(mean, std)` where `tensor.is_contiguous()` is false, in **memory order**:
    /// the first value belongs to the lowest address, not to the first index.
    ///
    /// The scalar path at every size: four 32-bit draws per pair, the odd one out is cached.
    ///
    /// # Panics
    ///
    /// If `std` is negative or not a number; torch raises an error.
    pub fn normal_non_contiguous<T: Element>(
        &mut self,
        numel: usize,
        mean: f64,
        std: f64,
    ) -> Vec<T> {
        check_std(std);
        let capability = self.capability;
        (0..numel)
            .map(|_| T::from_f64(multiply_add!(capability, self.next_normal(), std, mean)))
            .collect()
    }

    /// The next standard normal of the scalar path, in float64 for every type.
    fn next_normal(&mut self) -> f64 {
        if let Some(cached) = self.cached_normal.take() {
            return cached;
        }
        let (first, second) = standard_pair(&mut self.engine);
        self.cached_normal = Some(second);
        first
    }
}

/// The block path: `drawn` uniforms at first, of which the last block is drawn anew.
pub(super) fn draw_normals<T: Native>(
    generator: &mut Generator,
    drawn: usize,
    numel: usize,
    mean: T,
    std: T,
) -> Vec<T> {
    let (engine, capability) = (&mut generator.engine, generator.capability);
    let mut values: Vec<T> = (0..drawn).map(|_| T::draw_unit(engine)).collect();
    values.resize(numel, mean);
    for block in values.as_chunks_mut::<BLOCK>().0 {
        T::normal_block(block, std, mean, capability);
    }
    if !numel.is_multiple_of(BLOCK)
        && let Some(block) = values.last_chunk_mut::<BLOCK>()
    {
        // Overwrites finished normals too: torch draws a whole block again for the tail.
        *block = std::array::from_fn(|_| T::draw_unit(engine));
        T::normal_block(block, std, mean, capability);
    }
    values
}

fn check_std(std: f64) {
    assert!(std >= 0.0, "normal needs a standard deviation of 0 or more, got {std}");
}

/// Box-Muller in float64. The angle is drawn before the radius.
fn standard_pair(engine: &mut MersenneTwister) -> (f64, f64) {
    let angle = TAU * f64::draw_unit(engine);
    let radius = (-2.0 * (-f64::draw_unit(engine)).ln_1p()).sqrt();
    (radius * angle.cos(), radius * angle.sin())
}

/// Box-Muller of a block, every step rounded to the type. `block[i]` pairs with `block[i + 8]`.
pub(super) fn transform_block<T: Native>(block: &mut [T; BLOCK], std: T, mean: T) {
    let (one, minus_two) = (T::from_f64(1.0), T::from_f64(-2.0));
    let (radii, angles) = block.split_at_mut(BLOCK / 2);
    for (radius_slot, angle_slot) in radii.iter_mut().zip(angles) {
        let radius = (minus_two * (one - *radius_slot).ln()).sqrt();
        let angle = T::from_f64(TAU * angle_slot.to_f64());
        *radius_slot = (radius * angle.cos()).scale(std, mean);
        *angle_slot = (radius * angle.sin()).scale(std, mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_tensor_draws_nothing_and_keeps_the_cached_normal() {
        let mut generator = Generator::manual_seed(1);
        generator.randn::<f32>(1);
        let before = generator.get_state();
        assert!(generator.randn::<f32>(0).is_empty());
        assert!(generator.randn_non_contiguous::<f64>(0).is_empty());
        assert_eq!(generator.get_state(), before);
    }

    #[test]
    fn the_cached_normal_outlives_a_block_and_serves_another_type() {
        let mut pair = Generator::manual_seed(1);
        let expected: Vec<f64> = pair.randn(2);
        let mut generator = Generator::manual_seed(1);
        generator.randn::<f32>(1);
        generator.randn::<f32>(16);
        assert_eq!(generator.randn::<f64>(1), expected[1..]);
    }

    #[test]
    fn contiguity_changes_the_bits_from_16_elements_on() {
        let contiguous = |numel| Generator::manual_seed(1).randn::<f32>(numel);
        let strided = |numel| Generator::manual_seed(1).randn_non_contiguous::<f32>(numel);
        assert_eq!(contiguous(15), strided(15));
        assert_ne!(contiguous(16), strided(16));
    }

    #[test]
    #[should_panic(expected = "normal needs a standard deviation of 0 or more, got -1")]
    fn a_negative_standard_deviation_is_refused() {
        Generator::manual_seed(1).normal::<f32>(20, 0.0, -1.0);
    }
}
