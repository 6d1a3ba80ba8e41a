//! The seed of a scenario, or one for each sample, in the range that torch takes.

use std::fmt;

use crate::checked;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A seed from -2^63 to 2^64-1, as `torch.Generator().manual_seed` takes it.
///
/// A negative seed is reinterpreted as two's complement, as torch does; it prints as it was
/// written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(i128);

impl Seed {
    /// Takes any seed that torch takes.
    ///
    /// # Errors
    /// A sentence with the range, for a seed outside of it.
    pub fn new(seed: i128) -> Result<Self, String> {
        if (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&seed) {
            Ok(Self(seed))
        } else {
            Err(format!("the seed {seed} is outside of -2^63 to 2^64-1, the range torch takes"))
        }
    }

    /// The seed behind this one; behind the last one comes the first.
    #[must_use]
    pub fn next(self) -> Self {
        Self(i128::from(self.bits().wrapping_add(1)))
    }

    /// The 64 bits that seed the generator.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0 as u64
    }
}

impl From<u64> for Seed {
    fn from(seed: u64) -> Self {
        Self(i128::from(seed))
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::str::FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seed = text.parse().map_err(|_| format!("expected a whole number, found `{text}`"))?;
        Self::new(seed)
    }
}

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(self.0) {
            Ok(seed) => serializer.serialize_i64(seed),
            Err(_) => serializer.serialize_u64(self.bits()),
        }
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::integer(deserializer, "a whole number from -2^63 to 2^64-1", Self::new)
    }
}

/// `seed:` of a scenario: one generator for the whole batch, or one for each sample, as diffusers
/// takes `generator=` as one generator or as a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seeds {
    /// One generator draws for the whole batch.
    One(Seed),
    /// A generator for each sample; never empty.
    PerSample(Vec<Seed>),
}

impl Seeds {
    /// The seed of the only generator, or of the first sample's.
    #[must_use]
    pub fn first(&self) -> Seed {
        match self {
            Self::One(seed) => *seed,
            Self::PerSample(seeds) => seeds[0],
        }
    }

    /// The seeds of the samples; empty where one generator draws for the whole batch.
    #[must_use]
    pub fn per_sample(&self) -> &[Seed] {
        match self {
            Self::One(_) => &[],
            Self::PerSample(seeds) => seeds,
        }
    }
}

impl fmt::Display for Seeds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(seed) => seed.fmt(formatter),
            Self::PerSample(seeds) => {
                let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
                write!(formatter, "[{}]", seeds.join(", "))
            }
        }
    }
}

impl Serialize for Seeds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(seed) => seed.serialize(serializer),
            Self::PerSample(seeds) => seeds.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Seeds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeedsVisitor)
    }
}

/// Takes both forms without buffering the value, so that a refused seed keeps its own line and
/// column.
struct SeedsVisitor;

impl<'de> Visitor<'de> for SeedsVisitor {
    type Value = Seeds;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "a whole number from -2^63 to 2^64-1, or a list with one for each sample of the batch",
        )
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Seeds, E> {
        self.visit_i128(i128::from(number))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Seeds, E> {
        self.visit_i128(i128::from(number))
    }

    fn visit_i128<E: serde::de::Error>(self, number: i128) -> Result<Seeds, E> {
        Seed::new(number).map(Seeds::One).map_err(E::custom)
    }

    fn visit_u128<E: serde::de::Error>(self, number: u128) -> Result<Seeds, E> {
        self.visit_i128(i128::try_from(number).unwrap_or(i128::MAX))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Seeds, A::Error> {
        let mut seeds = Vec::new();
        while let Some(seed) = items.next_element()? {
            seeds.push(seed);
        }
        if seeds.is_empty() {
            let empty = "an empty list of seeds: expected one seed for each sample of the batch";
            return Err(serde::de::Error::custom(empty));
        }
        Ok(Seeds::PerSample(seeds))
    }
}
