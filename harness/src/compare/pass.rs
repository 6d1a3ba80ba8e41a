//! The one pass over two tensors: block by block through the inner loop, the histogram of ULP
//! distances and the list of places.
//!
//! NaN and infinity: a pair with one on either side has no distance. It is counted, listed among the
//! places outside, and left out of every sum; whoever reads the numbers must look at the count.

use super::element::Element;
use super::places::{Pair, Places};
use super::sums::{BLOCK, Sums, all_finite, sums};
use super::ulp::UlpHistogram;
use crate::scenario::Bound;
use crate::trace::Dtype;

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
pub(super) fn pass<G: Element, W: Element>(
    got: &[G],
    want: &[W],
    bound: Bound,
    dtype: Dtype,
) -> Pass {
    let mut running = Running {
        sums: Sums::NONE,
        non_finite: 0,
        ulp: UlpHistogram::new(),
        places: Places::default(),
        bound,
        dtype,
    };
    let (mut got_block, mut want_block) = ([0.0; BLOCK], [0.0; BLOCK]);
    for (index, (got, want)) in got.chunks(BLOCK).zip(want.chunks(BLOCK)).enumerate() {
        let (got_block, want_block) = (&mut got_block[..got.len()], &mut want_block[..got.len()]);
        widen(got, got_block);
        widen(want, want_block);
        running.block(index * BLOCK, got_block, want_block);
    }
    let Running { sums, non_finite, ulp, places, .. } = running;
    Pass { sums, non_finite, ulp: ulp.finish(), places }
}

fn widen<E: Element>(from: &[E], to: &mut [f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = from.widen();
    }
}

struct Running {
    sums: Sums,
    non_finite: usize,
    ulp: UlpHistogram,
    places: Places,
    bound: Bound,
    dtype: Dtype,
}

impl Running {
    /// Takes in a block that begins at the flat index `start`.
    fn block(&mut self, start: usize, got: &[f64], want: &[f64]) {
        if all_finite(got, want) {
            let largest = self.finite(got, want);
            self.look_for_places(start, got, want, largest);
            return;
        }
        let finite = |(got, want): &(&f64, &f64)| got.is_finite() && want.is_finite();
        let (finite_got, finite_want): (Vec<f64>, Vec<f64>) =
            got.iter().zip(want).filter(finite).unzip();
        self.non_finite += got.len() - finite_got.len();
        let largest = self.finite(&finite_got, &finite_want);
        // Something of the block is outside in any case.
        self.look_for_places(start, got, want, Largest { outside: true, ..largest });
    }

    /// Takes in finite pairs.
    fn finite(&mut self, got: &[f64], want: &[f64]) -> Largest {
        let block = sums(got, want, self.bound);
        self.sums.add(&block);
        self.ulp.add(got, want, self.dtype);
        Largest { outside: block.outside > 0.0, difference: block.max_abs }
    }

    fn look_for_places(&mut self, start: usize, got: &[f64], want: &[f64], largest: Largest) {
        let outside = largest.outside && self.places.want_outside();
        let worst = self.places.want_worst(largest.difference);
        if !outside && !worst {
            return;
        }
        for (offset, (&got, &want)) in got.iter().zip(want).enumerate() {
            let pair = Pair { flat: start + offset, got, want };
            if outside && !self.bound.passes(got, want) {
                self.places.outside(pair);
            }
            if worst && got.is_finite() && want.is_finite() {
                self.places.candidate(pair);
            }
        }
    }
}

/// What says whether a block has places to be shown.
#[derive(Clone, Copy)]
struct Largest {
    outside: bool,
    difference: f64,
}
