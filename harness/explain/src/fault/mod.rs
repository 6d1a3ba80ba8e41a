//! Faults that are planted into the operations of a target, to see whether a scenario's checks notice them and whether
//! a diagnosis finds them.
//!
//! A fault is one line of a table: what operations it fits, and what it does to them. Running a scenario with one is the
//! lockstep's and the power test's work.

mod faulty_executor;
mod host;
mod operations;
mod outputs;
mod planted;
mod table;

use std::fmt;
use std::str::FromStr;

use burn_repro_device::ir::OperationIr;
use serde::{Deserialize, Serialize};

pub(crate) use faulty_executor::FaultyExecutor;
pub(crate) use host::Elements;
use planted::State;
pub use table::FAULTS;

/// Something that could be wrong with a backend.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Its name in tables and scenario files.
    pub name: &'static str,
    /// What is wrong, in a few words.
    pub what: &'static str,
    /// Which operations it fits.
    pub fits: fn(&OperationIr) -> bool,
    /// What it does to them.
    pub does: FaultEffect,
}

/// What a fault does.
#[derive(Debug, Clone, Copy)]
pub enum FaultEffect {
    /// Executes another operation in its place.
    Rewrites(fn(&mut OperationIr)),
    /// Changes what comes in: the inputs at these places, for this operation only.
    Inputs(&'static [usize], fn(&mut Elements)),
    /// Changes what comes out.
    Output(fn(&mut Elements)),
    /// Gives what came out the last time that a result had this shape.
    Stale,
    /// Computes the result anew from the inputs.
    Computes(fn(&OperationIr, &[Elements]) -> Option<Elements>),
    /// Changes host data on its way to the device.
    Host(fn(&mut Elements)),
}

/// A fault at its place.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct InjectedFault {
    /// The fault's name.
    pub fault: String,
    /// Where.
    pub at: At,
}

/// Which operations of those that it fits a fault changes.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
pub enum At {
    /// The operation of this number.
    Operation(usize),
    /// All of them.
    Every,
}

impl fmt::Display for InjectedFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            At::Every => formatter.write_str(&self.fault),
            At::Operation(number) => write!(formatter, "{}@{number}", self.fault),
        }
    }
}

/// A word that is no fault and no place of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown fault `{word}`: expected NAME, or NAME@N for operation N alone, where NAME is one of {known}"
)]
pub struct UnknownFault {
    word: String,
    known: String,
}

impl FromStr for InjectedFault {
    type Err = UnknownFault;

    fn from_str(word: &str) -> Result<Self, UnknownFault> {
        let unknown = || {
            let known: Vec<&str> = FAULTS.iter().map(|fault| fault.name).collect();
            UnknownFault { word: word.to_owned(), known: known.join(", ") }
        };
        let (name, at) = match word.split_once('@') {
            Some((name, number)) => (name, At::Operation(number.parse().map_err(|_| unknown())?)),
            None => (word, At::Every),
        };
        let fault = Fault::named(name).ok_or_else(unknown)?;
        Ok(Self { fault: fault.name.to_owned(), at })
    }
}

impl Fault {
    /// The fault of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FAULTS.iter().find(|fault| fault.name == name)
    }

    /// Whether it changes host data instead of an operation.
    pub(crate) fn is_of_host_data(&self) -> bool {
        matches!(self.does, FaultEffect::Host(_))
    }
}
