//! How a scenario ended on a worker.

use super::protocol::{Answer, Notice};
use crate::trace::Trace;

/// How a scenario ended on a worker.
#[derive(Debug)]
pub enum Outcome {
    /// It ran; what it recorded.
    Finished(Box<Trace>),
    /// The target cannot do what the scenario asks.
    Unsupported(String),
    /// The pipeline failed, or the device could not be opened.
    Failed(String),
    /// A thread panicked behind a pipeline that returned as if all were well.
    HiddenPanic(String),
    /// The device no longer gives known answers.
    BrokenDevice(String),
    /// The result holds memory that nobody wrote.
    StaleMemory(String),
    /// The process died, or its answer arrived damaged.
    Crashed(String),
    /// The time limit passed, in seconds.
    TimedOut(u64),
    /// It took more memory than it may.
    OutOfMemory {
        /// What it may take, in bytes.
        limit: u64,
    },
}

impl Outcome {
    /// Why there is no result, in words; empty where there is one.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Finished(_) => String::new(),
            Self::Unsupported(reason)
            | Self::Failed(reason)
            | Self::HiddenPanic(reason)
            | Self::BrokenDevice(reason)
            | Self::StaleMemory(reason)
            | Self::Crashed(reason) => reason.clone(),
            Self::TimedOut(seconds) => {
                format!("no result after {seconds} s; raise `time_limit` if it is only slow")
            }
            Self::OutOfMemory { limit } => format!(
                "it took more than {} MiB; raise `memory_limit` if it needs that much",
                limit >> 20
            ),
        }
    }
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Finished(trace) => Self::Finished(Box::new(trace)),
            Answer::Notice(notice) => match notice {
                Notice::Unsupported(reason) => Self::Unsupported(reason),
                Notice::Failed(reason) => Self::Failed(reason),
                Notice::HiddenPanic(reason) => Self::HiddenPanic(reason),
                Notice::BrokenDevice(reason) => Self::BrokenDevice(reason),
                Notice::StaleMemory(reason) => Self::StaleMemory(reason),
                Notice::Ready
                | Notice::Began
                | Notice::Measured(_)
                | Notice::Lockstep(_)
                | Notice::Fitting(_)
                | Notice::Followed(_) => Self::Crashed("the worker answered out of turn".into()),
            },
        }
    }
}
