//! Exit codes, version 1: scripts rely on them.

use std::process::ExitCode;

/// How a run ended, from harmless to worst; the highest applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// All well.
    Success = 0,
    /// A bug in the harness, or an operating system that refuses to work.
    Internal = 1,
    /// Wrong usage or a bad scenario.
    Usage = 2,
    /// Nothing ran.
    NothingRan = 4,
    /// A result differs.
    Mismatch = 100,
    /// A golden is missing or stale.
    Golden = 101,
    /// A worker crashed or took too long.
    Crashed = 102,
    /// A required backend is not here.
    Required = 103,
}

impl Exit {
    /// The exit of a code, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        let all = [
            Self::Success,
            Self::Internal,
            Self::Usage,
            Self::NothingRan,
            Self::Mismatch,
            Self::Golden,
            Self::Crashed,
            Self::Required,
        ];
        all.into_iter().find(|exit| *exit as u8 == code)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
