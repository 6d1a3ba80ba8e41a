//! The one pass over two tensors: block by block through the inner loop, the histogram of ULP
//! distances and the list of places. Large tensors are passed over by all cores.
//!
//! NaN and infinity: a pair with one on either side has no distance. It is counted, listed among the
//! places outside, and left out of every sum; readers of the numbers must look at the count.

use std::thread;

use super::element::Element;
use super::places::{Pair, Places};
use super::sums::{BLOCK, Sums};
use super::ulp::UlpHistogram;
use crate::tolerance::Bound;
use crate::trace::ElementType;

/// Pairs that one core takes at a time. Fixed, so that the sums have the same bits on any number of
/// cores.
const SEGMENT: usize = 512 * BLOCK;

/// What one pass finds out.
pub(super) struct Pass {
    pub(super) sums: Sums,
    /// Pairs with a NaN or an infinity on either side.
    pub(super) non_finite: usize,
    /// Largest ULP distance, median and 99th percentile.
    pub(super) ulp: [u64; 3],
    pub(super) places: Places,
}

/// Passes over two slices of one length.
pub(super) fn pass<E: Element>(got: &[E], want: &[E], bound: Bound, dtype: ElementType) -> Pass {
    let segments: Vec<(usize, &[E], &[E])> = got
        .chunks(SEGMENT)
        .zip(want.chunks(SEGMENT))
        .enumerate()
        .map(|(index, (got, want))| (index * SEGMENT, got, want))
        .collect();
    let one =
        |&(start, got, want): &(usize, &[E], &[E])| Running::of(start, got, want, bound, dtype);
    let cores = thread::available_parallelism().map_or(1, usize::from).min(segments.len());
    let mut parts: Vec<Running> = if cores < 2 {
        segments.iter().map(one).collect()
    } else {
        let share = segments.len().div_ceil(cores);
        thread::scope(|scope| {
            let start = |segments| {
                scope.spawn(move || {
                    let segments: &[(usize, &[E], &[E])] = segments;
                    segments.iter().map(one).collect::<Vec<_>>()
                })
            };
            let threads: Vec<_> = segments.chunks(share).map(start).collect();
            // A pass does not panic; should it, the panic goes on here.
            let join = |thread: thread::ScopedJoinHandle<'_, Vec<Running>>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            threads.into_iter().flat_map(join).collect()
        })
    };
    let mut all = parts.remove(0);
    for part in parts {
        all.merge(part);
    }
    let Running { sums, non_finite, ulp, places, .. } = all;
    Pass { sums, non_finite, ulp: ulp.finish(), places }
}

struct Running {
    sums: Sums,
    non_finite: usize,
    ulp: UlpHistogram,
    places: Places,
    bound: Bound,
    dtype: ElementType,
}

impl Running {
    /// Of one segment that begins at the flat index `start`.
    fn of<E: Element>(
        start: usize,
        got: &[E],
        want: &[E],
        bound: Bound,
        dtype: ElementType,
    ) -> Self {
        let mut running = Self {
            sums: Sums::NONE,
            non_finite: 0,
            ulp: UlpHistogram::new(),
            places: Places::default(),
            bound,
            dtype,
        };
        for (index, (got, want)) in got.chunks(BLOCK).zip(want.chunks(BLOCK)).enumerate() {
            running.block(start + index * BLOCK, got, want);
        }
        running
    }

    fn merge(&mut self, other: Self) {
        self.sums.add(&other.sums);
        self.non_finite += other.non_finite;
        self.ulp.merge(other.ulp);
        other.places.first_outside.into_iter().for_each(|pair| self.places.outside(pair));
        other.places.worst.into_iter().for_each(|pair| self.places.candidate(pair));
    }

    /// Takes in a block that begins at the flat index `start`.
    fn block<E: Element>(&mut self, start: usize, got: &[E], want: &[E]) {
        let sums = E::sums(got, want, self.bound);
        if sums.are_finite() {
            self.sums.add(&sums);
            self.ulp.add(got, want, self.dtype);
            self.look_for_places(start, got, want, sums.outside > 0.0, sums.max_abs);
            return;
        }
        let widened = got.iter().zip(want).map(|(got, want)| (got.widen(), want.widen()));
        let (finite_got, finite_want): (Vec<f64>, Vec<f64>) =
            widened.filter(|(got, want)| got.is_finite() && want.is_finite()).unzip();
        self.non_finite += got.len() - finite_got.len();
        let sums = f64::sums(&finite_got, &finite_want, self.bound);
        self.sums.add(&sums);
        self.ulp.add(&finite_got, &finite_want, self.dtype);
        // Something of the block is outside in any case.
        self.look_for_places(start, got, want, true, sums.max_abs);
    }

    fn look_for_places<E: Element>(
        &mut self,
        start: usize,
        got: &[E],
        want: &[E],
        has_outside: bool,
        largest: f64,
    ) {
        let outside = has_outside && self.places.want_outside();
        let worst = self.places.want_worst(largest);
        if !outside && !worst {
            return;
        }
        for (offset, (got, want)) in got.iter().zip(want).enumerate() {
            let pair = Pair { flat: start + offset, got: got.widen(), want: want.widen() };
            if outside && !self.bound.passes(pair.got, pair.want) {
                self.places.outside(pair);
            }
            if worst && pair.got.is_finite() && pair.want.is_finite() {
                self.places.candidate(pair);
            }
        }
    }
}
