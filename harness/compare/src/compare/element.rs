//! The element types that tensors are compared in.

use super::sums::{Sums, sums_f32, sums_f64};
use super::ulp::{buckets_f32, buckets_f64};
use crate::tolerance::Bound;

/// An element as it lies in memory: `f32` or `f64`.
#[expect(
    private_interfaces,
    reason = "sealed: what a pass needs of a type is no one else's business"
)]
pub trait Element: Copy + Send + Sync + Sealed {
    /// The value in `f64`, without rounding.
    fn widen(self) -> f64;

    #[doc(hidden)]
    fn sums(got: &[Self], want: &[Self], bound: Bound) -> Sums;

    #[doc(hidden)]
    fn buckets(got: &[Self], want: &[Self], buckets: &mut [u32]) -> u32;
}

pub trait Sealed {}

impl Sealed for f32 {}
impl Sealed for f64 {}

#[expect(private_interfaces, reason = "as above")]
impl Element for f32 {
    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }

    fn sums(got: &[Self], want: &[Self], bound: Bound) -> Sums {
        sums_f32(got, want, bound)
    }

    fn buckets(got: &[Self], want: &[Self], buckets: &mut [u32]) -> u32 {
        buckets_f32(got, want, buckets)
    }
}

#[expect(private_interfaces, reason = "as above")]
impl Element for f64 {
    #[inline(always)]
    fn widen(self) -> f64 {
        self
    }

    fn sums(got: &[Self], want: &[Self], bound: Bound) -> Sums {
        sums_f64(got, want, bound)
    }

    fn buckets(got: &[Self], want: &[Self], buckets: &mut [u32]) -> u32 {
        buckets_f64(got, want, buckets)
    }
}
