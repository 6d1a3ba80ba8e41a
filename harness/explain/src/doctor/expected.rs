//! A known answer, and the size beside which an error is counted. Pure.

/// What one element of a result must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// The answer in `f64`.
    pub value: f64,
    /// The size whose ULP the error is counted in: that of the answer itself, or, where the answer is
    /// a sum, the sum of the absolute values of its terms. What is lost when terms cancel is lost by arithmetic with
    /// so many bits, and not by whoever did it.
    pub scale: f64,
    /// The answer of a device that takes subnormal inputs as zero.
    pub flushed: f64,
}

impl Expected {
    /// The answer of a function.
    pub fn of(value: f64) -> Self {
        Self { value, scale: value.abs(), flushed: value }
    }

    /// The answer of a sum whose terms have this sum of absolute values.
    pub fn sum(value: f64, scale: f64) -> Self {
        Self { value, scale, flushed: value }
    }

    /// With the answer that follows where subnormal inputs are taken as zero.
    pub(crate) fn flushed(self, flushed: f64) -> Self {
        Self { flushed, ..self }
    }
}
