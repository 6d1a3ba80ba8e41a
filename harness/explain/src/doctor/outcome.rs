//! How a probe ended.

use serde::{Deserialize, Serialize};

use super::arithmetic::Fact;
use super::grade::Grade;

/// How a probe ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeOutcome {
    /// Values came back.
    Measured {
        judgement: Grade,
        /// What failed without the values telling: a panic of another thread, an error that only waiting shows.
        unseen: Option<String>,
    },
    /// A property was measured.
    Fact(Fact),
    /// The device does not have the operation.
    Unsupported(String),
    /// An error or a panic, which the program that asked sees.
    Failed(String),
    /// The worker died.
    Crashed(String),
    /// No answer came within so many seconds.
    TimedOut(u64),
    /// It was not asked, after the device had failed too often.
    NotAsked(String),
}

impl ProbeOutcome {
    /// Whether the same process may be asked something else: a device that has failed may answer anything.
    pub(crate) fn leaves_the_device_whole(&self) -> bool {
        match self {
            Self::Measured { unseen, .. } => unseen.is_none(),
            Self::Fact(_) => true,
            _ => false,
        }
    }

    /// Whether the question was answered, if only by an error.
    pub(crate) fn is_answer(&self) -> bool {
        !matches!(self, Self::Crashed(_) | Self::TimedOut(_) | Self::NotAsked(_))
    }
}
