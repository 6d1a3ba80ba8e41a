//! Runs a pipeline operation by operation: on the reference and on a target side by side, on a target with a fault
//! planted into it, or on the reference alone.
//!
//! `both`, `single` and `follow` are the streams, `local` is one operation by itself; `error` measures, `activation` finds what the stream has taken apart,
//! `source` says where an operation stands. What a diagnosis makes of it is `diagnose`'s work.

mod activation;
mod both;
mod error;
mod faulty_executor;
mod follow;
mod local;
mod run;
mod service;
mod single;
mod source;
mod stats;

pub use run::LockstepOptions;
pub(crate) use run::{Runs, fitting, with_fault};
pub use service::{SERVICES, ask_lockstep};
pub(crate) use stats::CapturedOperation;
