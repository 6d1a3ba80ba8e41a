//! How a scenario ended on a worker.

use super::protocol::{Answer, Notice};
use crate::reason::{Reason, ReasonCode, joined};
use crate::trace::Trace;

/// How a scenario ended on a worker.
#[derive(Debug)]
pub enum Outcome {
    /// It ran; what it recorded.
    Finished(Box<Trace>),
    /// The target cannot do what the scenario asks.
    Unsupported(Vec<Reason>),
    /// The pipeline failed, or the device could not be opened.
    Failed(Vec<Reason>),
    /// A thread panicked although the pipeline returned a result.
    HiddenPanic(Vec<Reason>),
    /// The device failed its self-test.
    BrokenDevice(Vec<Reason>),
    /// The result holds unwritten memory.
    StaleMemory(Vec<Reason>),
    /// The process died, or its answer arrived damaged.
    Crashed(Vec<Reason>),
    /// The time limit passed, in seconds.
    TimedOut(u64),
    /// It took more memory than it may.
    OutOfMemory {
        /// What it may take, in bytes.
        limit: u64,
    },
}

impl Outcome {
    /// The process died, or is of no use.
    pub(super) fn crashed(text: impl Into<String>) -> Self {
        Self::Crashed(vec![Reason::new(ReasonCode::Crashed, text)])
    }

    /// Why there is no result; empty where there is one.
    #[must_use]
    pub fn reasons(&self) -> Vec<Reason> {
        match self {
            Self::Finished(_) => Vec::new(),
            Self::Unsupported(reasons)
            | Self::Failed(reasons)
            | Self::HiddenPanic(reasons)
            | Self::BrokenDevice(reasons)
            | Self::StaleMemory(reasons)
            | Self::Crashed(reasons) => reasons.clone(),
            Self::TimedOut(seconds) => vec![
                Reason::new(ReasonCode::TimedOut, format!("no result after {seconds} s")),
                Reason::help("raise `time_limit` if the cell is only slow"),
            ],
            Self::OutOfMemory { limit } => vec![
                Reason::new(
                    ReasonCode::OutOfMemory,
                    format!("the cell took more than {} MiB", limit >> 20),
                ),
                Reason::help("raise `memory_limit` if the cell needs that much"),
            ],
        }
    }

    /// Why there is no result, in one line; empty where there is one.
    #[must_use]
    pub fn reason(&self) -> String {
        joined(&self.reasons())
    }
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Finished(trace) => Self::Finished(Box::new(trace)),
            Answer::Notice(notice) => match notice {
                Notice::Unsupported(reasons) => Self::Unsupported(reasons),
                Notice::Failed(reasons) => Self::Failed(reasons),
                Notice::HiddenPanic(reasons) => Self::HiddenPanic(reasons),
                Notice::BrokenDevice(reasons) => Self::BrokenDevice(reasons),
                Notice::StaleMemory(reasons) => Self::StaleMemory(reasons),
                Notice::Ready(_) | Notice::Began | Notice::Answered(_) => {
                    Self::crashed("the worker sent an answer without a question")
                }
            },
        }
    }
}
