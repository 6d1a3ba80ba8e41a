//! The bytes of `torch.Generator.get_state()`, written and read. Not here: files; the caller stores
//! the bytes.
//!
//! Layout, little-endian, from torch's `aten/src/ATen/CPUGeneratorImpl.cpp`
//! (`CPUGeneratorImplState`):
//!
//! | offset | type | content |
//! | --- | --- | --- |
//! | 0 | u64 | seed |
//! | 8 | i32 | left |
//! | 12 | i32 | seeded, 1 |
//! | 16 | u64 | next |
//! | 24 | 624 x u64 | words of the engine, 32 bits each |
//! | 5016 | f64 | unused, 0 |
//! | 5024 | f64 | cached normal, 0 if none |
//! | 5032 | f64 | unused, 0 |
//! | 5040 | i32, 4 bytes padding | 1 if a normal is cached |
//! | 5048 | f32 | float32 sample, 0 |
//! | 5052 | u8, 3 bytes padding | 1 if there is a float32 sample: never on the CPU |

use super::Generator;
use super::mersenne_twister::{MersenneTwister, WORDS};

/// Length of a state in bytes.
pub const STATE_BYTES: usize = 5056;

const SEED: usize = 0;
const LEFT: usize = 8;
const SEEDED: usize = 12;
const NEXT: usize = 16;
const ENGINE: usize = 24;
const NORMAL: usize = 5024;
const NORMAL_IS_VALID: usize = 5040;
const FLOAT_SAMPLE_IS_VALID: usize = 5052;

/// Why bytes are not the state of a CPU generator. The generator is left as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Not [`STATE_BYTES`] long.
    #[error(
        "state has {found} bytes instead of 5056: pass all bytes of a CPU generator's get_state()"
    )]
    Length {
        /// Bytes passed.
        found: usize,
    },
    /// The field `seeded` is zero.
    #[error("state is marked as never seeded: take it from a generator after manual_seed")]
    NotSeeded,
    /// A place outside the engine. Stricter than torch, which accepts `left + next > 625` and then
    /// reads past its words.
    #[error(
        "state has left = {left} and next = {next}: left must be 1 to 624, next 0 to 624, their \
         sum at most 625; take the bytes unchanged from get_state()"
    )]
    Position {
        /// Draws until the next twist.
        left: i32,
        /// Index of the next word.
        next: u64,
    },
    /// An engine word with more than 32 bits, which torch would cut off silently.
    #[error("state word {index} has more than 32 bits: take the bytes unchanged from get_state()")]
    Word {
        /// Index of the first such word.
        index: usize,
    },
    /// A cached float32 sample, which no sampler of this module would ever use up.
    #[error(
        "state holds a cached float32 sample, which no CPU sampler makes: reseed and save it again"
    )]
    FloatSample,
}

impl Generator {
    /// `get_state()`: everything that decides the following draws, except the
    /// [capability](Self::capability). The same bytes as torch's.
    pub fn get_state(&self) -> [u8; STATE_BYTES] {
        let mut bytes = [0; STATE_BYTES];
        put(&mut bytes, SEED, self.seed.to_le_bytes());
        put(&mut bytes, LEFT, (self.engine.left() as i32).to_le_bytes());
        put(&mut bytes, SEEDED, 1_i32.to_le_bytes());
        put(&mut bytes, NEXT, (self.engine.next() as u64).to_le_bytes());
        for (index, word) in self.engine.words().iter().enumerate() {
            put(&mut bytes, ENGINE + 8 * index, u64::from(*word).to_le_bytes());
        }
        if let Some(normal) = self.cached_normal {
            put(&mut bytes, NORMAL, normal.to_le_bytes());
            put(&mut bytes, NORMAL_IS_VALID, 1_i32.to_le_bytes());
        }
        bytes
    }

    /// `set_state(bytes)`: continues where the generator that gave the bytes stood, torch's or this
    /// one. The capability stays.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the bytes are not such a state; the generator is then unchanged.
    pub fn set_state(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        let bytes: &[u8; STATE_BYTES] =
            bytes.try_into().map_err(|_| StateError::Length { found: bytes.len() })?;
        if take(bytes, SEEDED) == [0; 4] {
            return Err(StateError::NotSeeded);
        }
        if bytes[FLOAT_SAMPLE_IS_VALID] != 0 {
            return Err(StateError::FloatSample);
        }
        let engine = read_engine(bytes)?;
        let is_cached = take(bytes, NORMAL_IS_VALID) != [0; 4];
        self.seed = u64::from_le_bytes(take(bytes, SEED));
        self.engine = engine;
        self.cached_normal = is_cached.then(|| f64::from_le_bytes(take(bytes, NORMAL)));
        Ok(())
    }
}

fn read_engine(bytes: &[u8; STATE_BYTES]) -> Result<MersenneTwister, StateError> {
    let left = i32::from_le_bytes(take(bytes, LEFT));
    let next = u64::from_le_bytes(take(bytes, NEXT));
    let mut words = [0; WORDS];
    for (index, word) in words.iter_mut().enumerate() {
        let value = u64::from_le_bytes(take(bytes, ENGINE + 8 * index));
        *word = u32::try_from(value).map_err(|_| StateError::Word { index })?;
    }
    let position = usize::try_from(left).ok().zip(usize::try_from(next).ok());
    position
        .and_then(|(left, next)| MersenneTwister::at(words, left, next))
        .ok_or(StateError::Position { left, next })
}

fn put<const WIDTH: usize>(bytes: &mut [u8; STATE_BYTES], offset: usize, value: [u8; WIDTH]) {
    bytes[offset..offset + WIDTH].copy_from_slice(&value);
}

fn take<const WIDTH: usize>(bytes: &[u8; STATE_BYTES], offset: usize) -> [u8; WIDTH] {
    std::array::from_fn(|index| bytes[offset + index])
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// A valid state with `value` written at `offset`.
    fn edited<const WIDTH: usize>(offset: usize, value: [u8; WIDTH]) -> Vec<u8> {
        let mut bytes = Generator::manual_seed(1).get_state();
        put(&mut bytes, offset, value);
        bytes.to_vec()
    }

    const fn position(left: i32, next: u64) -> StateError {
        StateError::Position { left, next }
    }

    #[rstest]
    #[case::empty(Vec::new(), StateError::Length { found: 0 })]
    #[case::cuda(vec![0; 16], StateError::Length { found: 16 })]
    #[case::too_long(vec![0; 5057], StateError::Length { found: 5057 })]
    #[case::not_seeded(edited(SEEDED, [0; 4]), StateError::NotSeeded)]
    #[case::left_zero(edited(LEFT, [0; 4]), position(0, 0))]
    #[case::left_negative(edited(LEFT, [0xff; 4]), position(-1, 0))]
    #[case::left_large(edited(LEFT, 625_i32.to_le_bytes()), position(625, 0))]
    #[case::next_large(edited(NEXT, 625_u64.to_le_bytes()), position(1, 625))]
    #[case::next_huge(edited(NEXT, [0xff; 8]), position(1, u64::MAX))]
    #[case::wide_word(edited(ENGINE + 8 * 7 + 4, [1]), StateError::Word { index: 7 })]
    #[case::float_sample(edited(FLOAT_SAMPLE_IS_VALID, [1]), StateError::FloatSample)]
    fn a_bad_state_changes_nothing(#[case] bytes: Vec<u8>, #[case] expected: StateError) {
        let mut generator = Generator::manual_seed(2);
        let before = generator.get_state();
        assert_eq!(generator.set_state(&bytes), Err(expected));
        assert_eq!(generator.get_state(), before);
    }

    #[test]
    fn a_sum_beyond_the_words_is_refused() {
        let mut bytes = edited(LEFT, 624_i32.to_le_bytes());
        bytes[NEXT..NEXT + 8].copy_from_slice(&2_u64.to_le_bytes());
        let refused = Generator::default().set_state(&bytes);
        assert_eq!(refused, Err(position(624, 2)));
    }

    #[test]
    fn the_seed_travels_with_the_state() {
        let mut generator = Generator::default();
        assert_eq!(generator.initial_seed(), 67_280_421_310_721);
        generator.set_state(&Generator::manual_seed(u64::MAX).get_state()).expect("a valid state");
        assert_eq!(generator.initial_seed(), u64::MAX);
    }
}
