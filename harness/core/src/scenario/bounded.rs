//! Small values of a scenario file that refuse nonsense while they are parsed, so that the error
//! carries the line and column of the value.

use std::borrow::Cow;
use std::str::FromStr;

use crate::checked;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

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
                                "invalid {} {number}: expected a whole number from {} to {}",
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
                "unsupported scenario format {other}: expected `version: 1`; update burn-repro to read a later format"
            )),
        })
    }
}

/// A name: what trials, golden files and reports are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(pub String);

impl Name {
    /// Letters, digits and signs of a name at most, so that the longest file called after it fits everywhere.
    const LENGTH: usize = 80;

    /// Takes a name that is safe as a file name and as a test filter on every platform.
    ///
    /// # Errors
    /// A sentence that says what a name may be, or what the name would do on which platform.
    pub fn new(name: &str) -> Result<Self, String> {
        let refused = |why: &str| Err(format!("the scenario name `{name}` is refused: {why}"));
        if let Some(device) = windows_device(name) {
            return refused(&format!(
                "on Windows `{device}` is a device, with any extension, so that its golden cannot be a file; choose \
                 another name, for instance `{device}-1`"
            ));
        }
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if !(1..=Self::LENGTH).contains(&name.len()) || !name.bytes().all(fits) {
            return refused(
                "expected 1 to 80 letters (a to z in either case), digits, `-`, `_` and `.`, for instance `ddim-tiny`",
            );
        }
        if name.starts_with(['-', '.']) {
            return refused(
                "it would be an option of the command line or a hidden file; begin it with a letter, a digit or `_`",
            );
        }
        if name.ends_with('.') {
            return refused("Windows drops a dot at the end; leave the dot out");
        }
        Ok(Self(name.to_owned()))
    }

    /// What two names share that are one file where the case of letters does not count.
    pub(super) fn in_any_case(name: &str) -> String {
        name.to_ascii_lowercase()
    }
}

/// The device that Windows takes a file of that name for, in lower case, whatever the extension.
fn windows_device(name: &str) -> Option<String> {
    let stem = name.split('.').next().unwrap_or_default().to_lowercase();
    let number = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let numbered = number.is_some_and(|number| {
        // Superscript digits count.
        let mut letters = number.chars();
        letters.next().is_some_and(|digit| "123456789\u{b9}\u{b2}\u{b3}".contains(digit))
            && letters.next().is_none()
    });
    let is_device = numbered || ["con", "prn", "aux", "nul"].contains(&stem.as_str());
    is_device.then_some(stem)
}

/// The name of an output, as a pipeline puts it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputName(pub String);

impl FromStr for OutputName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if name.trim().is_empty() {
            return Err("expected the name of an output, for instance `image`; it is empty".into());
        }
        Ok(Self(name.to_owned()))
    }
}

impl<'de> Deserialize<'de> for OutputName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::text(deserializer, "the name of an output", str::parse)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::text(deserializer, "a scenario name", Self::new)
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
            return Err(format!("`{text}` is too short: expected a sentence"));
        }
        Ok(Self(text.trim().to_owned()))
    }
}

impl<'de> Deserialize<'de> for Sentence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::text(deserializer, "a sentence", str::parse)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::Name;

    /// Also of this kind: a name of one letter, of digits alone, and one that only begins like a device.
    #[rstest]
    #[case("my_scenario")]
    #[case("DDIM-Tiny")]
    #[case("sd1.5")]
    #[case("v1..2")]
    #[case("_private")]
    #[case("x")]
    #[case("0")]
    #[case("console")]
    #[case("com10")]
    #[case("com")]
    #[case("com-1")]
    #[case("lpt0")]
    #[case("null")]
    #[case("my.nul")]
    #[case("a1234567890123456789012345678901234567890123456789012345678901234567890123456789")]
    fn a_name_that_every_platform_holds_is_taken(#[case] name: &str) {
        assert_eq!(Name::new(name).unwrap().0, name);
    }

    #[rstest]
    #[case("nul", "on Windows `nul` is a device")]
    #[case("NUL", "on Windows `nul` is a device")]
    #[case("nul.v2", "on Windows `nul` is a device")]
    #[case("Con", "on Windows `con` is a device")]
    #[case("prn.a.b", "on Windows `prn` is a device")]
    #[case("aux.", "on Windows `aux` is a device")]
    #[case("com1", "on Windows `com1` is a device")]
    #[case("LPT9.x", "on Windows `lpt9` is a device")]
    #[case("com\u{b9}", "on Windows `com\u{b9}` is a device")]
    #[case("lpt\u{b3}.x", "on Windows `lpt\u{b3}` is a device")]
    #[case("tiny.", "Windows drops a dot at the end")]
    #[case(".tiny", "a hidden file")]
    #[case("..", "a hidden file")]
    #[case("-tiny", "an option of the command line")]
    #[case("", "expected 1 to 80 letters")]
    #[case("../x", "expected 1 to 80 letters")]
    #[case("a/b", "expected 1 to 80 letters")]
    #[case("a::b", "expected 1 to 80 letters")]
    #[case("a b", "expected 1 to 80 letters")]
    #[case("größe", "expected 1 to 80 letters")]
    #[case(
        "a12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "expected 1 to 80 letters"
    )]
    fn another_name_is_refused_with_the_reason(#[case] name: &str, #[case] reason: &str) {
        let error = Name::new(name).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
}
