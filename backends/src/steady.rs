//! CubeCL's process-wide configuration. Left alone, CubeCL reads it from `cubecl.toml` or `burn.toml` in any parent
//! of the working directory, so that a file somewhere else would change a run.

use std::sync::OnceLock;

use cubecl::config::compilation::BoundsCheckMode;
use cubecl::config::{CubeClRuntimeConfig, RuntimeConfig};

use crate::caught::caught;

/// Sets the configuration once for this process; an error says that CubeCL had read it before.
pub(crate) fn hold_still() -> Result<(), String> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    DONE.get_or_init(|| caught(|| CubeClRuntimeConfig::set(configuration()))).clone()
}

fn configuration() -> CubeClRuntimeConfig {
    // The environment may ask for logs of kernels, which change no result; the rest is set below.
    let mut configuration = CubeClRuntimeConfig::default().override_from_env();
    configuration.autotune.level = CubeClRuntimeConfig::default().autotune.level;
    // One stream whatever thread calls: memory of another stream is not pinned on wgpu, and values were corrupted.
    configuration.streaming.max_streams = 1;
    // A cache on disk would let an earlier run decide what is executed; its keys do not hold the GPU's architecture.
    configuration.compilation.cache = None;
    // The kernels that an application gets by default are the ones to be judged. `Enforce` would compile others, and
    // hide a read out of bounds that this harness is here to show.
    configuration.compilation.check_mode = BoundsCheckMode::Auto;
    configuration
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stream_no_cache_and_the_kernels_that_applications_get() {
        let configuration = configuration();
        assert_eq!(configuration.streaming.max_streams, 1);
        assert!(configuration.compilation.cache.is_none());
        assert!(matches!(configuration.compilation.check_mode, BoundsCheckMode::Auto));
    }

    #[test]
    fn it_is_set_once_and_asking_again_is_no_error() {
        assert_eq!(hold_still(), Ok(()));
        assert_eq!(hold_still(), Ok(()));
        assert_eq!(CubeClRuntimeConfig::get().streaming.max_streams, 1);
    }
}
