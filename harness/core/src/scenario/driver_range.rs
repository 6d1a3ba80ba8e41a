//! A range of driver versions, `>=22.3, <23.1`, against the words that a driver has for itself.

use std::cmp::Ordering;
use std::str::FromStr;

use crate::checked;
use serde::{Deserialize, Deserializer};

/// A range of driver versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverRange(Vec<Bound>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Bound {
    sign: Sign,
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
}

/// Numbers between dots; what is left out counts as 0.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version(Vec<u64>);

impl Version {
    fn compare(&self, other: &Self) -> Ordering {
        let length = self.0.len().max(other.0.len());
        let numbers = |version: &Self| -> Vec<u64> {
            (0..length).map(|place| version.0.get(place).copied().unwrap_or(0)).collect()
        };
        numbers(self).cmp(&numbers(other))
    }

    /// The first number with a dot in it: 22.3.6 of `llvmpipe Mesa 22.3.6 (LLVM 15.0.6)`.
    fn first_in(words: &str) -> Option<Self> {
        words
            .split(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .filter(|word| word.contains('.'))
            .find_map(|word| word.trim_matches('.').parse().ok())
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Result<Vec<u64>, _> = text.split('.').map(str::parse).collect();
        numbers.map(Self).map_err(|_| {
            format!("invalid version `{text}`: expected numbers and dots, for instance `22.3.6`")
        })
    }
}

impl DriverRange {
    /// Whether the first version in a driver's words is inside; without one it is not.
    #[must_use]
    pub fn holds(&self, driver: &str) -> bool {
        let Some(version) = Version::first_in(driver) else { return false };
        self.0.iter().all(|bound| {
            let order = version.compare(&bound.version);
            match bound.sign {
                Sign::Less => order == Ordering::Less,
                Sign::LessOrEqual => order != Ordering::Greater,
                Sign::Greater => order == Ordering::Greater,
                Sign::GreaterOrEqual => order != Ordering::Less,
                Sign::Equal => order == Ordering::Equal,
            }
        })
    }
}

impl FromStr for DriverRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let signs = [
            ("<=", Sign::LessOrEqual),
            (">=", Sign::GreaterOrEqual),
            ("<", Sign::Less),
            (">", Sign::Greater),
            ("=", Sign::Equal),
        ];
        let bound = |part: &str| {
            let part = part.trim();
            let found =
                signs.iter().find_map(|(word, sign)| Some((part.strip_prefix(word)?, *sign)));
            let (version, sign) = found.ok_or_else(|| {
                format!("invalid bound of a driver's version `{part}`: expected for instance \">=22.3, <23.1\"")
            })?;
            Ok(Bound { sign, version: version.trim().parse()? })
        };
        text.split(',').map(bound).collect::<Result<_, String>>().map(Self)
    }
}

impl<'de> Deserialize<'de> for DriverRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::text(deserializer, "a range of driver versions", str::parse)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(">=22.3, <23.1", "llvmpipe Mesa 22.3.6 (LLVM 15.0.6)", true)]
    #[case(">=22.3, <23.1", "llvmpipe Mesa 23.1.0 (LLVM 15.0.6)", false)]
    #[case(">=22.3.6, <=22.3.6", "Mesa 22.3.6", true)]
    #[case("=22.3", "Mesa 22.3.0", true)]
    #[case("<550.54.15", "nvidia 550.54.14 (cuda 12.4)", true)]
    #[case("<550", "nvidia 550.54.14 (cuda 12.4)", false)]
    #[case(">550.9", "nvidia 550.54", true)]
    #[case("<999", "a driver without a number, or with one: 7", false)]
    fn the_first_version_of_a_driver_s_words_counts(
        #[case] range: &str,
        #[case] driver: &str,
        #[case] holds: bool,
    ) {
        assert_eq!(range.parse::<DriverRange>().unwrap().holds(driver), holds);
    }

    #[rstest]
    #[case("22.3", "invalid bound of a driver's version")]
    #[case(">=new", "invalid version `new`")]
    #[case("", "invalid bound")]
    fn nonsense_is_refused(#[case] range: &str, #[case] reason: &str) {
        assert!(range.parse::<DriverRange>().unwrap_err().contains(reason));
    }
}
