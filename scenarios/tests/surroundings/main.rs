//! What shells, workflows and machines do to the command line, end to end: variables, paths that are not UTF-8, files that
//! git did not fetch, names that not every system can hold, and words that act on what shows them. The gate's part is
//! `golden_change` of the harness.

#[cfg(unix)]
mod bytes;
mod files;
#[path = "../project/mod.rs"]
mod project;
mod variables;
mod words;

use std::fs;
use std::path::Path;

use serde_json::Value;

const TINY: &[&str] = &["ddim/ddim-tiny"];

fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}
