//! The inner loop: sums and extremes of one block of pairs, all in one pass over it.
//!
//! Written so that the compiler turns it into vector instructions. Every sum runs in [`LANES`]
//! fixed lanes, so that its bits are the same with any instruction set. Looks for no NaN: where there is
//! one, the sums are not finite, and the block is taken again without it.

use multiversion::multiversion;

use super::element::Element;
use crate::tolerance::Bound;

/// Pairs a block holds at most; both sides of it stay in the first-level cache.
pub(super) const BLOCK: usize = 2048;

/// Independent partial sums.
const LANES: usize = 8;

/// How numbers add up to one: where that begins, and how two become one.
mod sum {
    pub(super) const START: f64 = 0.0;

    #[inline(always)]
    pub(super) fn join(left: f64, right: f64) -> f64 {
        left + right
    }
}

mod largest {
    pub(super) const START: f64 = f64::NEG_INFINITY;

    /// One vector instruction, where `f64::max` takes three for the sake of NaN.
    #[inline(always)]
    pub(super) fn join(left: f64, right: f64) -> f64 {
        if right > left { right } else { left }
    }
}

mod largest_or_zero {
    pub(super) use super::largest::join;
    pub(super) const START: f64 = 0.0;
}

/// Fields and what is done with each of them, so that they are listed once. Generated field by field: arrays that are
/// looped over do not stay in registers.
macro_rules! accumulators {
    ($($(#[$doc:meta])+ $name:ident: $kind:ident,)+) => {
        /// Sums and extremes over pairs of finite numbers.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub(super) struct Sums {
            $($(#[$doc])+ pub(super) $name: f64,)+
        }

        impl Sums {
            /// Of no pairs.
            pub(super) const NONE: Self = Self { $($name: $kind::START,)+ };

            /// Takes in the sums of further pairs.
            pub(super) fn add(&mut self, other: &Self) {
                $(self.$name = $kind::join(self.$name, other.$name);)+
            }
        }

        /// One number for each lane.
        struct LaneSums {
            $($name: [f64; LANES],)+
        }

        impl LaneSums {
            #[inline(always)]
            fn new() -> Self {
                Self { $($name: [$kind::START; LANES],)+ }
            }

            #[inline(always)]
            fn add(&mut self, lane: usize, pair: Sums) {
                $(self.$name[lane] = $kind::join(self.$name[lane], pair.$name);)+
            }

            #[inline(always)]
            fn total(&self) -> Sums {
                Sums { $($name: self.$name.into_iter().fold($kind::START, $kind::join),)+ }
            }
        }
    };
}

accumulators! {
    /// Sum of the differences, with their sign.
    difference: sum,
    /// Sum of the absolute differences.
    abs_difference: sum,
    /// Sum of the squared differences.
    squared_difference: sum,
    /// Sum of the differences relative to the wanted value, where that is not 0.
    rel_difference: sum,
    /// Number of wanted values that are not 0.
    rel_count: sum,
    /// Sum of the products.
    product: sum,
    /// Sum of the squares of what was got.
    squared_got: sum,
    /// Sum of the squares of what was wanted.
    squared_want: sum,
    /// Sum of the absolute values of what was got.
    abs_got: sum,
    /// Number of pairs outside of the bound.
    outside: sum,
    /// Largest absolute difference.
    max_abs: largest_or_zero,
    /// Largest relative difference.
    max_rel: largest_or_zero,
    /// Largest difference left when the relative part of the bound is taken off.
    max_excess: largest_or_zero,
    /// Largest wanted value.
    max_want: largest,
    /// The negative of the smallest wanted value, so that all extremes are largest ones.
    max_minus_want: largest,
}

impl Sums {
    /// Of one pair.
    #[inline(always)]
    fn of(got: f64, want: f64, bound: Bound) -> Self {
        let difference = got - want;
        let distance = difference.abs();
        let size = want.abs();
        // Selected, not branched over: 0 / 0 is computed and thrown away.
        let (rel, counted) = if size > 0.0 { (distance / size, 1.0) } else { (0.0, 0.0) };
        Self {
            difference,
            abs_difference: distance,
            squared_difference: difference * difference,
            rel_difference: rel,
            rel_count: counted,
            product: got * want,
            squared_got: got * got,
            squared_want: want * want,
            abs_got: got.abs(),
            outside: if distance > bound.abs() + bound.rel() * size { 1.0 } else { 0.0 },
            max_abs: distance,
            max_rel: rel,
            max_excess: distance - bound.rel() * size,
            max_want: want,
            max_minus_want: -want,
        }
    }

    /// Whether every pair was finite: any other leaves its mark on these two.
    pub(super) fn are_finite(&self) -> bool {
        (self.abs_difference + self.abs_got).is_finite()
    }
}

#[inline(always)]
fn sums<E: Element>(got: &[E], want: &[E], bound: Bound) -> Sums {
    let mut lanes = LaneSums::new();
    let (got_rows, got_rest) = got.as_chunks::<LANES>();
    let (want_rows, want_rest) = want.as_chunks::<LANES>();
    for (got, want) in got_rows.iter().zip(want_rows) {
        for lane in 0..LANES {
            lanes.add(lane, Sums::of(got[lane].widen(), want[lane].widen(), bound));
        }
    }
    for (lane, (&got, &want)) in got_rest.iter().zip(want_rest).enumerate() {
        lanes.add(lane, Sums::of(got.widen(), want.widen(), bound));
    }
    lanes.total()
}

/// Sums over pairs of `f32`, both sides of one length.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw", "x86_64+avx2"))]
pub(super) fn sums_f32(got: &[f32], want: &[f32], bound: Bound) -> Sums {
    sums(got, want, bound)
}

/// Sums over pairs of `f64`, both sides of one length.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw", "x86_64+avx2"))]
pub(super) fn sums_f64(got: &[f64], want: &[f64], bound: Bound) -> Sums {
    sums(got, want, bound)
}
