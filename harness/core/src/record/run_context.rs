//! What is known of a run before its first cell: what the machine is called, when it began, with how many threads.

use jiff::Timestamp;

/// The name of a machine that was not given one.
#[must_use]
pub fn machine_name() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

/// What is known of a run beside its cells.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// What the machine or the variant is called.
    pub name: String,
    /// When it began.
    pub started: Timestamp,
    /// The commit of the scenarios' repository.
    pub commit: Option<String>,
    /// Threads of each processor cell, where the run asked for a number.
    pub threads: Option<usize>,
}
