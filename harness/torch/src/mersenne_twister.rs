//! MT19937 with torch's lazy twist: the source of every bit. Not here: how bits become numbers of a
//! type, or how the words are written to a state.
//!
//! Source: Matsumoto and Nishimura, "Mersenne Twister", 1998, with the seeding of 2002; torch's
//! `aten/src/ATen/core/MT19937RNGEngine.h`.

/// Words of state, and draws between two twists.
pub(super) const WORDS: usize = 624;
const SHIFT: usize = 397;
const MATRIX: u32 = 0x9908_b0df;
const UPPER_BIT: u32 = 0x8000_0000;
const LOWER_BITS: u32 = 0x7fff_ffff;

/// The engine. `left + next` is at most 625, so a draw never reads past the words.
#[derive(Clone)]
pub struct MersenneTwister {
    words: [u32; WORDS],
    /// Draws until the next twist, counting the one that twists.
    left: usize,
    /// Index of the word that the next draw tempers, unless it twists first.
    next: usize,
}

impl MersenneTwister {
    /// Seeds with `init_genrand`, which sees the low 32 bits only.
    pub(super) fn seeded(seed: u64) -> Self {
        let mut words = [0; WORDS];
        words[0] = seed as u32;
        for index in 1..WORDS {
            let previous = words[index - 1];
            words[index] = (previous ^ (previous >> 30))
                .wrapping_mul(1_812_433_253)
                .wrapping_add(index as u32);
        }
        Self { words, left: 1, next: 0 }
    }

    /// An engine at a given place; `None` if a draw from there could read past the words.
    pub(super) fn at(words: [u32; WORDS], left: usize, next: usize) -> Option<Self> {
        let inside = (1..=WORDS).contains(&left) && next <= WORDS && left + next <= WORDS + 1;
        inside.then_some(Self { words, left, next })
    }

    pub(super) fn words(&self) -> &[u32; WORDS] {
        &self.words
    }

    pub(super) fn left(&self) -> usize {
        self.left
    }

    pub(super) fn next(&self) -> usize {
        self.next
    }

    /// One draw: 32 bits.
    #[inline]
    pub(super) fn draw_u32(&mut self) -> u32 {
        self.left -= 1;
        if self.left == 0 {
            self.twist();
        }
        let word = self.words[self.next];
        self.next += 1;
        temper(word)
    }

    /// Two draws, the first one in the high half.
    #[inline]
    pub(super) fn draw_u64(&mut self) -> u64 {
        let high = u64::from(self.draw_u32());
        let low = u64::from(self.draw_u32());
        (high << 32) | low
    }

    /// Replaces all words at once. Three loops instead of one with a modulus: large fills live
    /// here.
    fn twist(&mut self) {
        let words = &mut self.words;
        for index in 0..WORDS - SHIFT {
            words[index] = words[index + SHIFT] ^ mix(words[index], words[index + 1]);
        }
        for index in WORDS - SHIFT..WORDS - 1 {
            words[index] = words[index + SHIFT - WORDS] ^ mix(words[index], words[index + 1]);
        }
        words[WORDS - 1] = words[SHIFT - 1] ^ mix(words[WORDS - 1], words[0]);
        self.left = WORDS;
        self.next = 0;
    }
}

#[inline]
fn mix(upper: u32, lower: u32) -> u32 {
    let odd = (lower & 1) * MATRIX;
    (((upper & UPPER_BIT) | (lower & LOWER_BITS)) >> 1) ^ odd
}

#[inline]
fn temper(word: u32) -> u32 {
    let mut bits = word ^ (word >> 11);
    bits ^= (bits << 7) & 0x9d2c_5680;
    bits ^= (bits << 15) & 0xefc6_0000;
    bits ^ (bits >> 18)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C++ [rand.predef]: the 10000th output of `std::mt19937` with its default seed 5489.
    #[test]
    fn the_ten_thousandth_output_is_the_one_in_the_cpp_standard() {
        let mut engine = MersenneTwister::seeded(5489);
        let last = (0..10_000).map(|_| engine.draw_u32()).last();
        assert_eq!(last, Some(4_123_659_995));
    }

    #[test]
    fn a_place_from_which_a_draw_would_leave_the_words_is_refused() {
        for (left, next) in [(0, 0), (625, 0), (1, 625), (624, 2), (usize::MAX, 1)] {
            assert!(
                MersenneTwister::at([0; WORDS], left, next).is_none(),
                "left {left}, next {next}"
            );
        }
        for (left, next) in [(1, 0), (1, 624), (624, 1), (3, 0)] {
            let mut engine =
                MersenneTwister::at([0; WORDS], left, next).expect("a place inside the words");
            for _ in 0..2 * WORDS {
                engine.draw_u32();
            }
        }
    }
}
