//! What is known of a run before its first cell: what the machine is called, when it began, with how many threads.

use jiff::Timestamp;

/// Parses a number of threads.
///
/// # Errors
/// A sentence with the range.
pub fn threads(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=1024).contains(count));
    count.ok_or_else(|| format!("`{text}` is no number of threads; write one from 1 to 1024"))
}

/// Parses the name of a machine.
///
/// # Errors
/// A sentence that says what a name may be.
pub fn machine(text: &str) -> Result<String, String> {
    let text = text.trim();
    let plain = !text.is_empty() && text.len() <= 64 && !text.contains(char::is_control);
    plain.then(|| text.to_owned()).ok_or_else(|| {
        format!(
            "`{text}` is no name for a machine; write one of up to 64 letters, as linux-lavapipe"
        )
    })
}

/// What a machine is called where nobody named it.
#[must_use]
pub fn machine_name() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

/// What is known of a run beside its cells.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// What the machine or the variant is called.
    pub name: String,
    /// When it began.
    pub started: Timestamp,
    /// The commit of the scenarios' repository.
    pub commit: Option<String>,
    /// Threads of each processor cell, where the run asked for a number.
    pub threads: Option<usize>,
}
