//! What commands write where the command line says, and the JSON that they print. What a run leaves in its folder is
//! `leave`.

use std::io;
use std::path::Path;

use serde::Serialize;

use super::Failure;
use burn_repro_core::exit::Exit;
use burn_repro_core::say::print_as_it_is;
use burn_repro_core::write::write_whole;

/// Prints a value as JSON.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    print_as_it_is(&json(value)?);
    Ok(())
}

/// Writes a value as JSON, whole or not at all. `exit` is the command's own: a red cell stays red where its file cannot be
/// written.
pub(super) fn write_json(file: &Path, value: &impl Serialize, exit: Exit) -> Result<(), Failure> {
    write_file(file, json(value)?.as_bytes(), exit)
}

/// Writes a file, whole or not at all; see [`write_json`].
pub(super) fn write_file(file: &Path, bytes: &[u8], exit: Exit) -> Result<(), Failure> {
    write_whole(file, bytes).map_err(|error| Failure {
        exit: exit.max(Exit::Usage),
        message: cannot_write(file, &error),
    })
}

/// What is said of a file that cannot be written.
pub(super) fn cannot_write(file: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", file.display())
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    Ok(serde_json::to_string_pretty(value).map_err(Failure::internal)? + "\n")
}
