//! How a probe ended, and how that travels from the child that asked to the parent.

use serde::{Deserialize, Serialize};

use super::arithmetic::Fact;
use super::judge::Judgement;

/// What tells an answer from whatever else is printed.
pub(super) const PREFIX: &str = "burn-repro-doctor: ";

/// How a probe ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Values came back.
    Measured {
        judgement: Judgement,
        /// What failed without the values telling: a panic of another thread, an error that only waiting shows.
        unseen: Option<String>,
    },
    /// A property was measured.
    Fact(Fact),
    /// The device does not have the operation.
    Unsupported(String),
    /// An error or a panic, which the program that asked sees.
    Failed(String),
    /// The process died.
    Crashed(String),
    /// No answer came within so many seconds.
    TimedOut(u64),
    /// It was not asked, after the device had failed too often.
    NotAsked(String),
}

impl Outcome {
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

/// One line of a child.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// The device is open.
    Opened,
    /// It could not be opened.
    NotOpened(String),
    /// A probe has ended.
    Ended {
        /// Its place among all probes.
        probe: usize,
        seconds: f64,
        outcome: Outcome,
    },
}

impl Line {
    /// With the prefix, and a line break in front that ends what a driver may have begun to print.
    pub fn encode(&self) -> String {
        let json = serde_json::to_string(self).expect("a line has only plain values");
        format!("\n{PREFIX}{json}\n")
    }

    /// Of a printed line, if it is one.
    pub fn decode(printed: &str) -> Option<Self> {
        let (_, json) = printed.split_once(PREFIX)?;
        serde_json::from_str(json.trim_end()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::judge::{Rule, judge};
    use crate::doctor::known::Known;

    #[test]
    fn what_is_not_finite_travels() {
        let known = [Known::of(f64::NAN), Known::of(1.0), Known::of(f64::INFINITY)];
        let judgement = judge(&[1.0, f32::NEG_INFINITY, 0.0], &known, Rule::Function).unwrap();
        let outcome = Outcome::Measured { judgement, unseen: Some("a panic".into()) };
        let line = Line::Ended { probe: 3, seconds: 0.5, outcome: outcome.clone() }.encode();
        assert_eq!(line.matches('\n').count(), 2);
        let printed = line.trim_start_matches('\n');
        let Some(Line::Ended { probe: 3, outcome: read, .. }) = Line::decode(printed) else {
            panic!("{line}")
        };
        // NaN is not equal to itself; its text is.
        assert_eq!(format!("{read:?}"), format!("{outcome:?}"));
    }

    #[test]
    fn what_a_driver_prints_is_no_answer() {
        assert!(Line::decode("MESA: warning").is_none());
        assert!(Line::decode("burn-repro-doctor: {\"ended\"").is_none());
    }
}
