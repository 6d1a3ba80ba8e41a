//! Runs a pipeline operation by operation: on the reference and on a target side by side, on a target with a fault
//! planted into it, or on the reference alone.
//!
//! `both`, `single` and `follow` are the streams, `local` is one operation by itself; `error` measures, `activation` finds what the stream has taken apart,
//! `names` and `source` say where an operation stands. What a diagnosis makes of it is `diagnose`'s work.

mod activation;
mod both;
mod error;
mod follow;
mod interposed;
mod kept;
mod local;
mod names;
mod report;
mod run;
mod single;
mod source;
pub(crate) mod values;

pub(crate) use kept::Captured;
pub(crate) use names::learn;
pub(crate) use report::{LockstepReport, OperationReport, ReadReport};
pub(crate) use run::{LockstepOptions, Runs, capture, fitting, follow, lockstep, with_fault};
