//! PyTorch's CPU random generator, bit for bit.
//!
//! A [`Generator`] gives the same bits as `torch.Generator` of torch 2.15 on x86-64 Linux with
//! AVX2: the Mersenne Twister, every sampler built on it, and the 5056 bytes of `get_state()`. A
//! noise tensor, a shuffled data set or the initial weights of a model therefore need not be
//! shipped with a test: the seed is enough.
//!
//! Exact on every platform: integers, uniforms, Bernoulli draws, permutations, and block normals
//! (16 or more elements) of float32, float16 and bfloat16. Exact where the platform's `f64`
//! logarithm, sine and cosine are glibc's: float64 normals, the normal cached in the state, and,
//! before rounding, normals of fewer than 16 elements (rounded to float32 these agreed in 10^6 of
//! 10^6 cases with another library). All of it is what torch 2.15 does; PyTorch promises no equal
//! bits across its versions. 2.11 drew the same but for floats of 16 bits, which it drew and computed
//! in their own type; since then they are rounded float32 draws.
//!
//! Here: the generator, its seed and its arithmetic. Not here: tensors, devices and shapes. A
//! sampler takes a number of elements and returns them in memory order; the caller gives them a
//! shape.

#![warn(missing_docs)]

mod bernoulli;
mod capability;
mod cephes;
mod element;
mod integers;
mod mersenne_twister;
mod normal;
mod permutation;
mod state;
mod uniform;

#[cfg(test)]
mod laws;

pub use capability::CpuCapability;
pub use element::Element;
pub use integers::IntegerElement;
pub use state::{STATE_BYTES, StateError};

use mersenne_twister::MersenneTwister;

/// The seed of a `torch.Generator()` that was never seeded.
const DEFAULT_SEED: u64 = 67_280_421_310_721;

/// `torch.Generator(device="cpu")`.
///
/// Drawing consumes the generator: every sampler takes `&mut self`, and two equal calls give
/// different values. The type is deliberately not `Copy`; [`Clone`] is torch's `clone_state()`, a
/// second generator at the same point of the same stream.
#[derive(Clone)]
pub struct Generator {
    seed: u64,
    engine: MersenneTwister,
    /// The second normal of the last scalar pair, standard (before mean and standard deviation).
    cached_normal: Option<f64>,
    capability: CpuCapability,
}

impl Generator {
    /// A generator seeded as by `torch.Generator().manual_seed(seed)`.
    ///
    /// Only `seed` modulo 2^32 decides the stream; all 64 bits are kept in the state. torch reads a
    /// negative seed as two's complement, so its `-1` is `u64::MAX` here, that is `-1_i64 as u64`.
    pub fn manual_seed(seed: u64) -> Self {
        Self {
            seed,
            engine: MersenneTwister::seeded(seed),
            cached_normal: None,
            capability: CpuCapability::default(),
        }
    }

    /// The same generator, drawing with another arithmetic; see [`CpuCapability`].
    pub fn with_capability(mut self, capability: CpuCapability) -> Self {
        self.capability = capability;
        self
    }

    /// Starts again from `seed`, as torch's `manual_seed` on an existing generator: the cached
    /// normal is forgotten, the arithmetic stays.
    pub fn reseed(&mut self, seed: u64) {
        *self = Self::manual_seed(seed).with_capability(self.capability);
    }

    /// The seed of the last seeding or of the last state set, all 64 bits.
    pub fn initial_seed(&self) -> u64 {
        self.seed
    }

    /// The arithmetic this generator draws with.
    pub fn capability(&self) -> CpuCapability {
        self.capability
    }
}

impl Default for Generator {
    /// An unseeded `torch.Generator()`, whose seed is always 67280421310721. (The *global* default
    /// generator of torch starts from entropy instead.)
    fn default() -> Self {
        Self::manual_seed(DEFAULT_SEED)
    }
}

impl std::fmt::Debug for Generator {
    /// Names the stream and the place in it; the 624 words are left to [`Generator::get_state`].
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Generator")
            .field("seed", &self.seed)
            .field("left", &self.engine.left())
            .field("next", &self.engine.next())
            .field("cached_normal", &self.cached_normal)
            .field("capability", &self.capability)
            .finish_non_exhaustive()
    }
}
