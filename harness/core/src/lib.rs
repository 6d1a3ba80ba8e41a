//! What burn-repro is without Burn: scenarios, plans, traces, comparison, goldens, verdicts, records, and the run's side of
//! worker processes. It knows pipelines by [`scenario::Catalog`] and devices by what workers answer.

pub mod agreement;
pub mod checked;
pub mod clock;
pub mod compare;
pub mod defect;
pub mod diagnose;
pub mod escape;
pub mod evaluate;
pub mod exit;
#[doc(hidden)]
pub mod fixtures;
pub mod folder;
pub mod golden;
pub mod hash;
pub mod interrupt;
pub mod lfs;
pub mod nearest;
pub mod number;
pub mod outliers;
pub mod plan;
pub mod precision;
pub mod reason;
pub mod record;
pub mod reference;
pub mod repeat;
pub mod run;
pub mod saved;
pub mod say;
pub mod scenario;
pub mod session;
pub mod splitmix;
pub mod stability;
pub mod tensor_file;
pub mod tolerance;
pub mod trace;
pub mod variables;
pub mod verdict;
pub mod worker;
pub mod write;
