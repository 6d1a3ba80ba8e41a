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

/// Sums and extremes over pairs of finite numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sums {
    /// Sum of the differences, with their sign.
    pub(super) difference: f64,
    /// Sum of the absolute differences.
    pub(super) abs_difference: f64,
    /// Sum of the squared differences.
    pub(super) squared_difference: f64,
    /// Sum of the differences relative to the wanted value, where that is not 0.
    pub(super) rel_difference: f64,
    /// Number of wanted values that are not 0.
    pub(super) rel_count: f64,
    /// Sum of the products.
    pub(super) product: f64,
    /// Sum of the squares of what was got.
    pub(super) squared_got: f64,
    /// Sum of the squares of what was wanted.
    pub(super) squared_want: f64,
    /// Sum of the absolute values of what was got.
    pub(super) abs_got: f64,
    /// Number of pairs outside of the bound.
    pub(super) outside: f64,
    /// Largest absolute difference.
    pub(super) max_abs: f64,
    /// Largest relative difference.
    pub(super) max_rel: f64,
    /// Largest difference left when the relative part of the bound is taken off.
    pub(super) max_excess: f64,
    /// Largest wanted value.
    pub(super) max_want: f64,
    /// The negative of the smallest wanted value, so that all extremes are largest ones.
    pub(super) max_minus_want: f64,
}

impl Sums {
    /// Of no pairs.
    pub(super) const NONE: Self = Self {
        difference: 0.0,
        abs_difference: 0.0,
        squared_difference: 0.0,
        rel_difference: 0.0,
        rel_count: 0.0,
        product: 0.0,
        squared_got: 0.0,
        squared_want: 0.0,
        abs_got: 0.0,
        outside: 0.0,
        max_abs: 0.0,
        max_rel: 0.0,
        max_excess: 0.0,
        max_want: f64::NEG_INFINITY,
        max_minus_want: f64::NEG_INFINITY,
    };

    /// Whether every pair was finite: any other leaves its mark on these two.
    pub(super) fn are_finite(&self) -> bool {
        (self.abs_difference + self.abs_got).is_finite()
    }

    /// Takes in the sums of further pairs.
    pub(super) fn add(&mut self, other: &Self) {
        self.difference += other.difference;
        self.abs_difference += other.abs_difference;
        self.squared_difference += other.squared_difference;
        self.rel_difference += other.rel_difference;
        self.rel_count += other.rel_count;
        self.product += other.product;
        self.squared_got += other.squared_got;
        self.squared_want += other.squared_want;
        self.abs_got += other.abs_got;
        self.outside += other.outside;
        self.max_abs = self.max_abs.max(other.max_abs);
        self.max_rel = self.max_rel.max(other.max_rel);
        self.max_excess = self.max_excess.max(other.max_excess);
        self.max_want = self.max_want.max(other.max_want);
        self.max_minus_want = self.max_minus_want.max(other.max_minus_want);
    }
}

/// One number for each lane.
type Lanes = [f64; LANES];

struct LaneSums {
    difference: Lanes,
    abs_difference: Lanes,
    squared_difference: Lanes,
    rel_difference: Lanes,
    rel_count: Lanes,
    product: Lanes,
    squared_got: Lanes,
    squared_want: Lanes,
    abs_got: Lanes,
    outside: Lanes,
    max_abs: Lanes,
    max_rel: Lanes,
    max_excess: Lanes,
    max_want: Lanes,
    max_minus_want: Lanes,
}

impl LaneSums {
    #[inline(always)]
    fn new() -> Self {
        let [zero, lowest] = [[0.0; LANES], [f64::NEG_INFINITY; LANES]];
        Self {
            difference: zero,
            abs_difference: zero,
            squared_difference: zero,
            rel_difference: zero,
            rel_count: zero,
            product: zero,
            squared_got: zero,
            squared_want: zero,
            abs_got: zero,
            outside: zero,
            max_abs: zero,
            max_rel: zero,
            max_excess: zero,
            max_want: lowest,
            max_minus_want: lowest,
        }
    }

    #[inline(always)]
    fn add(&mut self, lane: usize, got: f64, want: f64, bound: Bound) {
        let difference = got - want;
        let distance = difference.abs();
        let size = want.abs();
        // Selected, not branched over: 0 / 0 is computed and thrown away.
        let (rel, counted) = if size > 0.0 { (distance / size, 1.0) } else { (0.0, 0.0) };
        let excess = distance - bound.rel() * size;
        let outside = if distance > bound.abs() + bound.rel() * size { 1.0 } else { 0.0 };
        self.difference[lane] += difference;
        self.abs_difference[lane] += distance;
        self.squared_difference[lane] += difference * difference;
        self.rel_difference[lane] += rel;
        self.rel_count[lane] += counted;
        self.product[lane] += got * want;
        self.squared_got[lane] += got * got;
        self.squared_want[lane] += want * want;
        self.abs_got[lane] += got.abs();
        self.outside[lane] += outside;
        self.max_abs[lane] = larger(self.max_abs[lane], distance);
        self.max_rel[lane] = larger(self.max_rel[lane], rel);
        self.max_excess[lane] = larger(self.max_excess[lane], excess);
        self.max_want[lane] = larger(self.max_want[lane], want);
        self.max_minus_want[lane] = larger(self.max_minus_want[lane], -want);
    }

    #[inline(always)]
    fn total(&self) -> Sums {
        Sums {
            difference: self.difference.iter().sum(),
            abs_difference: self.abs_difference.iter().sum(),
            squared_difference: self.squared_difference.iter().sum(),
            rel_difference: self.rel_difference.iter().sum(),
            rel_count: self.rel_count.iter().sum(),
            product: self.product.iter().sum(),
            squared_got: self.squared_got.iter().sum(),
            squared_want: self.squared_want.iter().sum(),
            abs_got: self.abs_got.iter().sum(),
            outside: self.outside.iter().sum(),
            max_abs: self.max_abs.iter().copied().fold(0.0, f64::max),
            max_rel: self.max_rel.iter().copied().fold(0.0, f64::max),
            max_excess: self.max_excess.iter().copied().fold(0.0, f64::max),
            max_want: self.max_want.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            max_minus_want: self.max_minus_want.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

/// One vector instruction, where `f64::max` takes three for the sake of NaN.
#[inline(always)]
fn larger(left: f64, right: f64) -> f64 {
    if right > left { right } else { left }
}

#[inline(always)]
fn sums<E: Element>(got: &[E], want: &[E], bound: Bound) -> Sums {
    let mut lanes = LaneSums::new();
    let (got_rows, got_rest) = got.as_chunks::<LANES>();
    let (want_rows, want_rest) = want.as_chunks::<LANES>();
    for (got, want) in got_rows.iter().zip(want_rows) {
        for lane in 0..LANES {
            lanes.add(lane, got[lane].widen(), want[lane].widen(), bound);
        }
    }
    for (lane, (&got, &want)) in got_rest.iter().zip(want_rest).enumerate() {
        lanes.add(lane, got.widen(), want.widen(), bound);
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
