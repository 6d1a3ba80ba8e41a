//! What a machine can run, as plain data. Who finds it out is in `backends/device`.

use serde::{Deserialize, Serialize};

use crate::{Missing, Target};

/// What a machine can run of some classes, and why the rest cannot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovery {
    /// What can run, always in the order `ndarray`, `flex`, `wgpu:*`, `cuda:*`.
    pub targets: Vec<Target>,
    /// What cannot, in the order of the classes.
    pub missing: Vec<Missing>,
}
