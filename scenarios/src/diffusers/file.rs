//! Reads a JSON file as Python writes it.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use burn_repro::is_pointer;

/// More than any configuration or index has, in bytes.
const LONGEST: u64 = 16 << 20;

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened or read.
    #[error("read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It stands for a file that was not downloaded.
    #[error(
        "{} is a Git LFS pointer, not the file itself; run `git lfs pull` in its repository",
        path.display()
    )]
    LfsPointer {
        /// The file.
        path: PathBuf,
    },
    /// It is not what it should be.
    #[error("parse {}: {source}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
}

/// Reads a JSON file; `parse` gets its text.
pub(crate) fn read_json<T>(
    path: &Path,
    parse: impl FnOnce(&str) -> serde_json::Result<T>,
) -> Result<T, FileError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST).read_to_end(&mut bytes))
        .map_err(|source| FileError::Read { path: path.into(), source })?;
    if is_pointer(&bytes) {
        return Err(FileError::LfsPointer { path: path.into() });
    }
    let text = String::from_utf8(bytes).map_err(|error| FileError::Read {
        path: path.into(),
        source: io::Error::new(io::ErrorKind::InvalidData, error),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    parse(&without_python_numbers(text))
        .map_err(|source| FileError::Parse { path: path.into(), source })
}

/// The text with `null`, as wide, for the numbers that Python writes and JSON does not have: many schedulers have
/// `"lambda_min_clipped": -Infinity`.
fn without_python_numbers(text: &str) -> Cow<'_, str> {
    const NUMBERS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];
    if !NUMBERS.iter().any(|number| text.contains(number)) {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let (mut rest, mut quoted) = (text, false);
    while let Some(letter) = rest.chars().next() {
        let number = NUMBERS.iter().find(|number| !quoted && rest.starts_with(**number));
        let taken = match number {
            Some(number) => {
                plain.push_str(&format!("{:<width$}", "null", width = number.len()));
                number.len()
            }
            None => {
                quoted ^= letter == '"';
                let escaped = if quoted && letter == '\\' { rest.chars().nth(1) } else { None };
                let taken = letter.len_utf8() + escaped.map_or(0, char::len_utf8);
                plain.push_str(&rest[..taken]);
                taken
            }
        };
        rest = &rest[taken..];
    }
    plain.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::none(r#"{"a": 1}"#, r#"{"a": 1}"#)]
    #[case::each(
        r#"{"a": -Infinity, "b": [NaN, Infinity]}"#,
        r#"{"a": null     , "b": [null, null    ]}"#
    )]
    #[case::in_a_string(
        r#"{"a": "NaN \" Infinity", "b": NaN}"#,
        r#"{"a": "NaN \" Infinity", "b": null}"#
    )]
    fn pythons_numbers_are_null(#[case] text: &str, #[case] plain: &str) {
        let plain = plain.to_owned();
        // NaN is narrower than null, and nothing but columns behind it depends on that.
        assert_eq!(without_python_numbers(text), plain);
        serde_json::from_str::<serde_json::Value>(&plain).unwrap();
    }
}
