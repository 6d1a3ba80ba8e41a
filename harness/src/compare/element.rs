//! The element types that tensors are compared in, widened block by block.

/// An element as it lies in memory.
pub trait Element: Copy {
    /// The value in `f64`, without rounding.
    fn widen(self) -> f64;
}

impl Element for f64 {
    #[inline(always)]
    fn widen(self) -> f64 {
        self
    }
}

impl Element for f32 {
    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }
}
