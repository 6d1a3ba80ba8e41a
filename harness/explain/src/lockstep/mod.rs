//! Replays a recording operation by operation: on the reference and on a target side by side, on a target with a fault
//! planted into it, or on the reference alone.
//!
//! `both`, `single` and `follow` are the replays, `local` is one operation by itself, `error` measures. What a diagnosis
//! makes of it is `diagnose`'s work.

mod both;
mod error;
mod follow;
mod local;
mod run;
mod service;
mod single;
mod stats;

pub use run::LockstepOptions;
pub(crate) use run::{fitting, with_fault};
pub use service::{SERVICES, ask_lockstep};
