//! Distances in units in the last place, defined across zero and for subnormals, and their
//! quantiles.

use multiversion::multiversion;

use super::element::Element;
use super::sums::BLOCK;
use crate::trace::{Dtype, ElementType};

/// How many representable `f32` lie between two values; `u64::MAX` if either is NaN.
///
/// +0 and -0 are the same value, the smallest subnormals of either sign lie two apart.
#[must_use]
pub fn ulp_distance(left: f32, right: f32) -> u64 {
    if left.is_nan() || right.is_nan() {
        return u64::MAX;
    }
    u64::from(rank(left).abs_diff(rank(right)))
}

/// The place of a value on the line of all `f32`, with both zeros at 0.
#[inline(always)]
fn rank(value: f32) -> i32 {
    let bits = value.to_bits() as i32;
    if bits < 0 { i32::MIN.wrapping_sub(bits) } else { bits }
}

/// The place of a value on the line of all `f64`, with both zeros at 0.
fn rank_f64(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
}

/// The place of a 16-bit pattern of sign and magnitude, with both zeros at 0.
fn rank_16(bits: u16) -> i32 {
    let magnitude = i32::from(bits & 0x7fff);
    if bits & 0x8000 == 0 { magnitude } else { -magnitude }
}

/// Parts that each power of two is divided into: distances below 64 are exact, larger ones are
/// rounded up by at most a 32nd.
const PARTS: u32 = 5;

/// One more than 32 parts for each of 64 powers of two.
const BUCKETS: usize = (64 << PARTS) + 2;

/// Tables that take turns, so that one increment need not wait for the one before.
const TURNS: usize = 4;

/// How many distances of each size there were.
pub(super) struct UlpHistogram {
    tables: Vec<[u32; TURNS]>,
    counts: Vec<u64>,
    /// Distances in `tables`, which must not overflow.
    pending: usize,
    max: u64,
}

impl UlpHistogram {
    pub(super) fn new() -> Self {
        Self { tables: vec![[0; TURNS]; BUCKETS], counts: vec![0; BUCKETS], pending: 0, max: 0 }
    }

    /// Takes in the distances of finite pairs, as many as a block holds at most, on the grid of
    /// the type that was computed in.
    pub(super) fn add<E: Element>(&mut self, got: &[E], want: &[E], dtype: ElementType) {
        if dtype == Dtype::F32.into() {
            return self.add_f32(got, want);
        }
        let distance = |got: f64, want: f64| {
            let distance_16 =
                |bits: fn(f64) -> u16| u64::from(rank_16(bits(got)).abs_diff(rank_16(bits(want))));
            match dtype {
                ElementType::Float(Dtype::F16) => {
                    distance_16(|value| half::f16::from_f64(value).to_bits())
                }
                ElementType::Float(Dtype::Bf16) => {
                    distance_16(|value| half::bf16::from_f64(value).to_bits())
                }
                ElementType::Float(Dtype::F64 | Dtype::F32) => {
                    rank_f64(got).abs_diff(rank_f64(want))
                }
                ElementType::Integer | ElementType::Boolean => (got - want).abs() as u64,
            }
        };
        for (got, want) in got.iter().zip(want) {
            let distance = distance(got.widen(), want.widen());
            self.max = self.max.max(distance);
            self.tables[bucket(distance)][0] += 1;
        }
        self.flush_if_due(got.len());
    }

    /// Takes in the counts of further pairs.
    pub(super) fn merge(&mut self, mut other: Self) {
        self.flush();
        other.flush();
        self.max = self.max.max(other.max);
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
    }

    fn add_f32<E: Element>(&mut self, got: &[E], want: &[E]) {
        let mut buckets = [0_u32; BLOCK];
        let buckets = &mut buckets[..got.len()];
        self.max = self.max.max(u64::from(E::buckets(got, want, buckets)));
        let (rows, rest) = buckets.as_chunks::<TURNS>();
        for row in rows {
            for (turn, &bucket) in row.iter().enumerate() {
                self.tables[bucket as usize][turn] += 1;
            }
        }
        for &bucket in rest {
            self.tables[bucket as usize][0] += 1;
        }
        self.flush_if_due(got.len());
    }

    fn flush_if_due(&mut self, added: usize) {
        self.pending += added;
        if self.pending > (u32::MAX / 2) as usize {
            self.flush();
        }
    }

    fn flush(&mut self) {
        for (count, table) in self.counts.iter_mut().zip(&mut self.tables) {
            *count += std::mem::take(table).iter().map(|&part| u64::from(part)).sum::<u64>();
        }
        self.pending = 0;
    }

    /// Largest distance, and the distances that 50 % and 99 % of the pairs do not exceed.
    pub(super) fn finish(mut self) -> [u64; 3] {
        self.flush();
        let total: u64 = self.counts.iter().sum();
        let quantile = |share: f64| {
            let rank = (total as f64 * share).ceil() as u64;
            let mut seen = 0;
            let reached = self.counts.iter().position(|count| {
                seen += count;
                seen >= rank
            });
            reached.map_or(0, |bucket| largest_of(bucket).min(self.max))
        };
        [self.max, quantile(0.5), quantile(0.99)]
    }
}

/// 0 for 0, then [`PARTS`] bits behind the first one of the distance.
fn bucket(distance: u64) -> usize {
    ((distance as f64).to_bits() >> (52 - PARTS)).saturating_sub((1023 << PARTS) - 1) as usize
}

/// The largest distance of a bucket.
fn largest_of(bucket: usize) -> u64 {
    let next = (bucket as u64 + (1023 << PARTS)) << (52 - PARTS);
    // Where the next bucket begins; distances are whole numbers.
    (f64::from_bits(next).ceil() as u64).saturating_sub(1)
}

/// The buckets of the distances on the grid of `f32`, and the largest distance.
#[inline(always)]
fn buckets(pairs: impl Iterator<Item = (f32, f32)>, buckets: &mut [u32]) -> u32 {
    let mut largest = 0;
    for ((got, want), bucket) in pairs.zip(buckets) {
        let (got, want) = (rank(got), rank(want));
        let distance = got.max(want).wrapping_sub(got.min(want)) as u32;
        largest = largest.max(distance);
        // Signed, because that conversion is one vector instruction; halved where it would not fit.
        let halved = (distance >> 1) as i32 as f32 * 2.0;
        let signed = distance as i32;
        let bits = if signed >= 0 { signed as f32 } else { halved }.to_bits();
        *bucket = (bits >> (23 - PARTS)).max((127 << PARTS) - 1) - ((127 << PARTS) - 1);
    }
    largest
}

/// As above, of `f32`.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw", "x86_64+avx2"))]
pub(super) fn buckets_f32(got: &[f32], want: &[f32], into: &mut [u32]) -> u32 {
    buckets(got.iter().copied().zip(want.iter().copied()), into)
}

/// As above, of `f64` that are rounded to `f32` first.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw", "x86_64+avx2"))]
pub(super) fn buckets_f64(got: &[f64], want: &[f64], into: &mut [u32]) -> u32 {
    let narrow = |&value: &f64| value as f32;
    buckets(got.iter().map(narrow).zip(want.iter().map(narrow)), into)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(1.0, 1.0, 0)]
    #[case(0.0, -0.0, 0)]
    #[case(1.0, 1.000_000_1, 1)]
    #[case(f32::from_bits(1), -f32::from_bits(1), 2)]
    #[case(f32::MAX, f32::INFINITY, 1)]
    #[case(f32::MAX, f32::MIN, 2 * 0x7f7f_ffff)]
    #[case(f32::NAN, f32::NAN, u64::MAX)]
    fn counts_values_between(#[case] left: f32, #[case] right: f32, #[case] want: u64) {
        assert_eq!(ulp_distance(left, right), want);
    }

    fn distances(got: &[f64], want: &[f64], dtype: Dtype) -> [u64; 3] {
        let mut histogram = UlpHistogram::new();
        histogram.add(got, want, dtype.into());
        histogram.finish()
    }

    #[rstest]
    #[case(Dtype::F64, 1.0, 1.0 + f64::EPSILON, 1)]
    #[case(Dtype::F64, -5e-324, 5e-324, 2)]
    #[case(Dtype::F32, 1.0, 1.0 + f64::EPSILON, 0)]
    #[case(Dtype::F16, 1.0, 1.0 + 2.0 / 1024.0, 2)]
    #[case(Dtype::F16, -6e-8, 6e-8, 2)]
    #[case(Dtype::Bf16, 1.0, 1.0 + 3.0 / 128.0, 3)]
    fn the_grid_is_that_of_the_type(
        #[case] dtype: Dtype,
        #[case] got: f64,
        #[case] want: f64,
        #[case] distance: u64,
    ) {
        assert_eq!(distances(&[got], &[want], dtype), [distance; 3]);
    }

    /// `count` pairs of ascending distance 0, 1, 2 …
    fn ladder(count: u32) -> (Vec<f64>, Vec<f64>) {
        let value = |bits: u32| f64::from(f32::from_bits(0x3f80_0000 + bits));
        ((0..count).map(value).collect(), (0..count).map(|_| value(0)).collect())
    }

    #[test]
    fn small_quantiles_are_exact_and_large_ones_within_a_32nd() {
        let (got, want) = ladder(60);
        assert_eq!(distances(&got, &want, Dtype::F32), [59, 29, 59]);
        let (got, want) = ladder(500);
        let [max, p50, p99] = distances(&got, &want, Dtype::F32);
        assert_eq!(max, 499);
        assert!((249..=257).contains(&p50), "{p50}");
        assert!((494..=499).contains(&p99), "{p99}");
    }

    proptest! {
        #[test]
        fn the_next_value_is_one_away(bits in 0_u32..0x7f80_0000) {
            let value = f32::from_bits(bits);
            prop_assert_eq!(ulp_distance(value, value.next_up()), 1);
            prop_assert_eq!(ulp_distance(-value, -value.next_up()), 1);
        }

        #[test]
        fn it_is_a_distance(a in any::<u32>(), b in any::<u32>(), c in any::<u32>()) {
            let [a, b, c] = [a, b, c].map(f32::from_bits);
            prop_assume!(!(a.is_nan() || b.is_nan() || c.is_nan()));
            prop_assert_eq!(ulp_distance(a, b), ulp_distance(b, a));
            prop_assert!(ulp_distance(a, c) <= ulp_distance(a, b) + ulp_distance(b, c));
        }

        /// The vector code and the plain definition agree, and so do both ways to a bucket.
        #[test]
        fn the_fast_way_agrees(bits in prop::collection::vec(any::<[u32; 2]>(), 1..BLOCK)) {
            let pairs: Vec<[f32; 2]> = bits
                .iter()
                .map(|pair| pair.map(f32::from_bits))
                .filter(|pair| pair.iter().all(|value| value.is_finite()))
                .collect();
            prop_assume!(!pairs.is_empty());
            let side = |index: usize| pairs.iter().map(|p| f64::from(p[index])).collect::<Vec<_>>();
            let mut sorted: Vec<u64> = pairs.iter().map(|p| ulp_distance(p[0], p[1])).collect();
            sorted.sort_unstable();
            let [max, p50, p99] = distances(&side(0), &side(1), Dtype::F32);
            prop_assert_eq!(max, *sorted.last().unwrap());
            for (share, got) in [(0.5, p50), (0.99, p99)] {
                let rank = (sorted.len() as f64 * share).ceil() as usize;
                let exact = sorted[rank - 1];
                prop_assert!(got >= exact, "{got} {exact}");
                prop_assert!(got as f64 <= exact as f64 * 1.04 + 1.0 || got == max, "{got} {exact}");
            }
        }

        #[test]
        fn a_bucket_holds_its_largest(distance in any::<u64>()) {
            // Whole numbers above 2^53 are rounded to a neighbour's bucket.
            let bucket_of = bucket(distance);
            prop_assert!(largest_of(bucket_of) >= distance || distance > 1 << 53);
            prop_assert!(bucket_of == 0 || largest_of(bucket_of - 1) < distance);
        }
    }
}
