//! Small values of a scenario file that refuse nonsense while they are parsed, so that the error
//! carries the line and column of the value.

use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use super::checked;

/// Declares a number that is refused outside of its range while the file is parsed.
macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $range:expr, $noun:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub usize);

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "integer", "minimum": $range.start(), "maximum": $range.end()
                })
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                checked::integer(deserializer, concat!("a ", $noun), |number| {
                    usize::try_from(number)
                        .ok()
                        .filter(|number| $range.contains(number))
                        .map(Self)
                        .ok_or_else(|| {
                            format!(
                                "{number} is no sensible {}; write a whole number from {} to {}",
                                $noun,
                                $range.start(),
                                $range.end()
                            )
                        })
                })
            }
        }
    };
}

bounded!(
    /// Number of inference steps.
    Steps, (1..=10_000), "number of steps"
);
bounded!(
    /// Number of samples generated at once.
    BatchSize, (1..=1_024), "batch size"
);
bounded!(
    /// Seconds a cell may take.
    TimeLimit, (1..=86_400), "time limit in seconds"
);
bounded!(
    /// MiB a cell may take.
    MemoryLimit, (16..=16_777_216), "memory limit in MiB"
);

/// The version of the scenario format; only 1 exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatVersion;

impl<'de> Deserialize<'de> for FormatVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::integer(deserializer, "the version of the format, 1", |version| match version {
            1 => Ok(Self),
            other => Err(format!(
                "this build reads scenario format 1, not {other}; write `version: 1` or update \
                 burn-repro"
            )),
        })
    }
}

/// A name: what trials, golden files and reports are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(pub String);

impl Name {
    /// Takes a name that is safe as a file name and as a test filter on every platform.
    ///
    /// # Errors
    /// A sentence that says which characters a name may have.
    pub fn new(name: &str) -> Result<Self, String> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let starts = name.bytes().next().is_some_and(|byte| byte != b'-');
        if starts && name.len() <= 80 && name.bytes().all(fits) {
            return Ok(Self(name.to_owned()));
        }
        Err(format!(
            "`{name}` is no scenario name; use 1 to 80 lowercase letters, digits and hyphens, for \
             instance `ddim-tiny`"
        ))
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::text(deserializer, "a scenario name", Self::new)
    }
}

/// A finite number that is not negative.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, JsonSchema)]
pub struct NonNegative(#[schemars(range(min = 0.0))] pub f64);

impl<'de> Deserialize<'de> for NonNegative {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::number(deserializer, "a number of at least 0", |number| {
            if number.is_finite() && number >= 0.0 {
                return Ok(Self(number));
            }
            Err(format!("{number} is no bound; write a finite number of at least 0"))
        })
    }
}

/// A text that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence(pub String);

impl FromStr for Sentence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric()).count();
        if letters < 3 {
            return Err(format!("`{text}` says nothing; write one sentence"));
        }
        Ok(Self(text.trim().to_owned()))
    }
}

impl<'de> Deserialize<'de> for Sentence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::text(deserializer, "a sentence", str::parse)
    }
}
