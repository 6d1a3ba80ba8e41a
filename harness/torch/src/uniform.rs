//! Uniform floating point draws. Not here: integers, and the uniforms inside normals.

use super::Generator;
use super::element::{Element, Native};

impl Generator {
    /// `torch.rand(numel, dtype=T)`: uniform on [0, 1), exact multiples of 2^-24 (f32) or 2^-53
    /// (f64). Of the 16-bit types it is the rounded f32 value, and 0 where that is 1.
    ///
    /// One 32-bit draw per element, two for `f64`.
    pub fn rand<T: Element>(&mut self, numel: usize) -> Vec<T> {
        T::uniforms(self, numel, 0.0, 1.0)
    }

    /// `torch.empty(numel, dtype=T).uniform_(low, high)`, for any memory layout.
    ///
    /// One 32-bit draw per element, two for `f64`. The bounds are rounded to `T` first, to f32 for
    /// the 16-bit types. As in torch, rounding can produce `high` itself in f32 and f64; a 16-bit
    /// value that is rounded to `high` becomes `low`.
    ///
    /// # Panics
    ///
    /// If `low > high` or one of them is not a number; torch raises an error.
    pub fn uniform<T: Element>(&mut self, numel: usize, low: f64, high: f64) -> Vec<T> {
        assert!(low <= high, "uniform needs low <= high, got {low} and {high}");
        T::uniforms(self, numel, low, high)
    }
}

/// Uniforms from `low` to `high`; with 0 and 1 they are the draws themselves.
pub(super) fn draw_uniforms<T: Native>(
    generator: &mut Generator,
    numel: usize,
    low: T,
    high: T,
) -> Vec<T> {
    let (engine, capability) = (&mut generator.engine, generator.capability);
    let width = high - low;
    (0..numel).map(|_| T::draw_unit(engine).stretch(width, low, capability)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_tensor_draws_nothing() {
        let mut generator = Generator::manual_seed(1);
        let before = generator.get_state();
        assert!(generator.rand::<f32>(0).is_empty());
        assert!(generator.uniform::<f64>(0, -1.0, 1.0).is_empty());
        assert_eq!(generator.get_state(), before);
    }

    #[test]
    fn equal_bounds_still_draw() {
        let mut generator = Generator::manual_seed(1);
        let before = generator.get_state();
        assert_eq!(generator.uniform::<f32>(2, 0.5, 0.5), [0.5, 0.5]);
        assert_ne!(generator.get_state(), before);
    }

    #[test]
    #[should_panic(expected = "uniform needs low <= high, got 1 and 0")]
    fn reversed_bounds_are_refused() {
        Generator::manual_seed(1).uniform::<f32>(1, 1.0, 0.0);
    }
}
