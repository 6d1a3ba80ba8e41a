//! How a target is to be run: float type, determinism, threads; and the environment that a worker process needs for
//! it, because crates and drivers read their variables once. What is set inside the process is in the device crate.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Class, Dtype, Target};

/// How still Burn is held.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Determinism {
    /// As still as Burn can be held; `repro list --targets` says what that guarantees.
    #[default]
    Full,
    /// As users run it.
    Fast,
}

impl fmt::Display for Determinism {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Full => "full",
            Self::Fast => "fast",
        })
    }
}

/// How a target is to be run. It is global to a process: another one needs another process.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Settings {
    /// The float type of its tensors.
    pub dtype: Dtype,
    /// How still it is held.
    pub determinism: Determinism,
    /// Threads of a target that computes on the processor; `None` is one with full determinism, and what the crates
    /// choose without.
    pub threads: Option<usize>,
}

impl From<Dtype> for Settings {
    /// Full determinism.
    fn from(dtype: Dtype) -> Self {
        Self { dtype, ..Self::default() }
    }
}

impl Settings {
    /// The variables that the process of a worker is started with.
    #[must_use]
    pub fn environment(&self, target: &Target) -> Vec<(&'static str, String)> {
        let full = self.determinism == Determinism::Full;
        let mut variables = Vec::new();
        match target.class {
            Class::Cpu => {
                let pinned = full.then_some(1);
                if let Some(threads) = self.threads.or(pinned) {
                    // ndarray's two pools: rayon's, and that of its matrix product.
                    variables.push(("RAYON_NUM_THREADS", threads.to_string()));
                    variables.push(("MATMUL_NUM_THREADS", threads.to_string()));
                }
                if full {
                    // glibc fills what it hands out with 0xFE bytes, which is -1.7e38 in f32: memory that a kernel
                    // reads before it is written does not look like a result.
                    variables.push(("MALLOC_PERTURB_", "1".to_owned()));
                }
            }
            Class::Wgpu => {
                if let Some(threads) = self.threads {
                    variables.push(("LP_NUM_THREADS", threads.to_string()));
                }
            }
            Class::Cuda => {}
        }
        variables
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fingerprint, Locator};
    use rstest::rstest;

    #[rstest]
    #[case::one_thread_unless_told_otherwise(Determinism::Full, None, "1 1 1")]
    #[case::told_otherwise(Determinism::Full, Some(4), "4 4 1")]
    #[case::as_users_run_it(Determinism::Fast, None, "")]
    #[case::fast_with_threads(Determinism::Fast, Some(2), "2 2")]
    fn the_variables_of_a_processor_target(
        #[case] determinism: Determinism,
        #[case] threads: Option<usize>,
        #[case] values: &str,
    ) {
        let target = Target {
            name: "ndarray".into(),
            class: Class::Cpu,
            locator: Locator::Ndarray,
            fingerprint: Fingerprint::default(),
        };
        let settings = Settings { dtype: Dtype::F32, determinism, threads };
        let set: Vec<String> =
            settings.environment(&target).into_iter().map(|(_, value)| value).collect();
        assert_eq!(set.join(" "), values);
    }
}
