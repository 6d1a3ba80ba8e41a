//! The seed of a scenario, in the range that torch takes.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::checked;

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
        let seed = text.parse().map_err(|_| format!("`{text}` is no whole number"))?;
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
