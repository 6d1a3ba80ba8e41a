//! Variables of the environment as every program here reads them: what counts as set, what as on, and what is said of a
//! value that cannot be meant. The harness has the list of its own; here is the one that children read, too.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// Turned on, this variable shows the adapters of OpenGL, too.
pub const OPENGL: &str = "BURN_REPRO_OPENGL";

/// A value that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the variable {name} is `{value}`: {reason}")]
pub struct VariableError {
    name: &'static str,
    value: String,
    reason: String,
}

/// Parses what a variable says; nothing where it is not set, empty or blank.
///
/// # Errors
/// If it is not UTF-8, or what `parse` says of the value without the spaces around it.
pub fn variable<T>(
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, VariableError> {
    parsed(name, env::var_os(name), parse)
}

/// Whether a variable is turned on; one that is not set is off.
///
/// # Errors
/// If it says neither on nor off.
pub fn switch(name: &'static str) -> Result<bool, VariableError> {
    Ok(variable(name, on_or_off)?.unwrap_or(false))
}

/// The file or folder that a variable names, in UTF-8 or not; nothing where it is not set, empty or blank. A name that
/// begins with a space is written with its folder, `./ name`.
#[must_use]
pub fn path_variable(name: &str) -> Option<PathBuf> {
    path(env::var_os(name)?)
}

fn parsed<T>(
    name: &'static str,
    value: Option<OsString>,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, VariableError> {
    let Some(value) = value else { return Ok(None) };
    let refused =
        |value: &str, reason: String| VariableError { name, value: value.to_owned(), reason };
    let text = value.to_str().ok_or_else(|| {
        refused(&value.to_string_lossy(), "it is not UTF-8; expected UTF-8 text".to_owned())
    })?;
    match text.trim() {
        "" => Ok(None),
        text => parse(text).map(Some).map_err(|reason| refused(text, reason)),
    }
}

fn on_or_off(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err("expected 1, true or yes to turn it on, or 0, false or no to leave it off".into()),
    }
}

fn path(value: OsString) -> Option<PathBuf> {
    let path = match value.to_str() {
        Some(text) => PathBuf::from(text.trim()),
        None => PathBuf::from(value),
    };
    (!path.as_os_str().is_empty()).then_some(path)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn switched(value: &str) -> Result<Option<bool>, String> {
        parsed("SWITCH", Some(value.into()), on_or_off).map_err(|error| error.to_string())
    }

    /// As people write it in shells, in workflows (`true`), in compose files (`yes`) and in `.env` files (`True`).
    #[rstest]
    #[case::digit("1", Some(true))]
    #[case::word("true", Some(true))]
    #[case::python("True", Some(true))]
    #[case::shout("YES", Some(true))]
    #[case::blank_around(" yes\n", Some(true))]
    #[case::zero("0", Some(false))]
    #[case::off_word("False", Some(false))]
    #[case::no("no", Some(false))]
    #[case::empty("", None)]
    #[case::blank(" \t", None)]
    fn a_switch_is_read_as_people_write_it(#[case] value: &str, #[case] on: Option<bool>) {
        assert_eq!(switched(value), Ok(on));
    }

    #[rstest]
    #[case("maybe")]
    #[case("2")]
    #[case("nightly")]
    #[case("true,false")]
    fn what_is_neither_on_nor_off_is_refused_with_its_name(#[case] value: &str) {
        let expected = "expected 1, true or yes to turn it on, or 0, false or no to leave it off";
        assert_eq!(switched(value), Err(format!("the variable SWITCH is `{value}`: {expected}")));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_may_be_any_bytes_and_another_value_may_not() {
        use std::os::unix::ffi::OsStringExt;
        let bytes = OsString::from_vec(b"a\xffb".to_vec());
        assert_eq!(path(bytes.clone()), Some(PathBuf::from(bytes.clone())));
        let error = parsed("SWITCH", Some(bytes), on_or_off).unwrap_err().to_string();
        assert_eq!(
            error,
            "the variable SWITCH is `a\u{fffd}b`: it is not UTF-8; expected UTF-8 text"
        );
    }

    #[rstest]
    #[case("", None)]
    #[case("  ", None)]
    #[case(" golden ", Some("golden"))]
    #[case("./ golden", Some("./ golden"))]
    #[case("a b", Some("a b"))]
    fn spaces_around_a_path_do_not_count(#[case] value: &str, #[case] read: Option<&str>) {
        assert_eq!(path(value.into()), read.map(PathBuf::from));
    }
}
