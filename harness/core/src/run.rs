//! What happens during a run: cells that begin and cells that ended. Running them is `session`.

use crate::evaluate::CellReport;
use crate::trace::Trace;

/// What happens during a run.
#[derive(Debug)]
pub enum Event {
    /// A cell begins.
    Started {
        /// The scenario's name.
        scenario: String,
        /// The target's name.
        target: String,
    },
    /// A cell ended, or is skipped.
    Finished {
        /// Its report.
        report: Box<CellReport>,
        /// What it recorded, if it finished.
        trace: Option<Trace>,
        /// What its worker wrote to standard error.
        log: Vec<String>,
    },
}

/// A cell that was run.
#[derive(Debug)]
pub struct Ran {
    /// Its report.
    pub report: CellReport,
    /// What it recorded, if it finished.
    pub trace: Option<Trace>,
    /// What its worker wrote to standard error.
    pub log: Vec<String>,
}

impl From<Ran> for Event {
    fn from(Ran { report, trace, log }: Ran) -> Self {
        Self::Finished { report: Box::new(report), trace, log }
    }
}
