//! Uniform floating point draws. Not here: integers, and the uniforms inside normals.

use super::Generator;
use super::element::Element;

impl Generator {
    /// `torch.rand(numel, dtype=T)`: uniform on [0, 1), exact multiples of 2^-24 (f32), 2^-53
    /// (f64), 2^-11 (f16) or 2^-8 (bf16).
    ///
    /// One 32-bit draw per element, two for `f64`.
    pub fn rand<T: Element>(&mut self, numel: usize) -> Vec<T> {
        (0..numel).map(|_| T::draw_unit(&mut self.engine)).collect()
    }

    /// `torch.empty(numel, dtype=T).uniform_(low, high)`, for any memory layout.
    ///
    /// One 32-bit draw per element, two for `f64`. The bounds are rounded to `T` first. As in
    /// torch, rounding can produce `high` itself.
    ///
    /// # Panics
    ///
    /// If `low > high` or one of them is not a number; torch raises an error.
    pub fn uniform<T: Element>(&mut self, numel: usize, low: f64, high: f64) -> Vec<T> {
        assert!(low <= high, "uniform needs low <= high, got {low} and {high}");
        let capability = self.capability;
        let low = T::from_f64(low);
        let width = T::from_f64(high) - low;
        (0..numel).map(|_| T::draw_unit(&mut self.engine).stretch(width, low, capability)).collect()
    }
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
