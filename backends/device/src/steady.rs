//! CubeCL's process-wide configuration. Left alone, CubeCL reads it from `cubecl.toml` or `burn.toml` in any parent
//! of the working directory, so that a file somewhere else would change a run.

use std::sync::OnceLock;

use cubecl::config::compilation::BoundsCheckMode;
use cubecl::config::{CubeClRuntimeConfig, RuntimeConfig};

use burn_repro_target::{Determinism, caught};

static HELD: OnceLock<Result<(), String>> = OnceLock::new();

/// Sets the configuration once for this process; an error says that CubeCL had read it before. `fast` leaves it as
/// users have it, their files included.
pub(crate) fn hold_still(determinism: Determinism) -> Result<(), String> {
    match determinism {
        Determinism::Full => {
            HELD.get_or_init(|| caught(|| CubeClRuntimeConfig::set(configuration()))).clone()
        }
        Determinism::Fast => Ok(()),
    }
}

/// Whether this process is held still.
pub(crate) fn is_held() -> bool {
    matches!(HELD.get(), Some(Ok(())))
}

fn configuration() -> CubeClRuntimeConfig {
    // The environment may ask for logs of kernels, which change no result; the rest is set below.
    let mut configuration = CubeClRuntimeConfig::default().override_from_env();
    configuration.autotune.level = CubeClRuntimeConfig::default().autotune.level;
    // One stream whatever thread calls: memory of another stream is not pinned on wgpu, and values were corrupted.
    configuration.streaming.max_streams = 1;
    // A cache on disk would let an earlier run decide what is executed; its keys do not hold the GPU's architecture.
    configuration.compilation.cache = None;
    // Every kernel checks its bounds: a read out of bounds gives a zero and not what happens to lie there.
    configuration.compilation.check_mode = BoundsCheckMode::Enforce;
    configuration
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stream_no_cache_and_checked_bounds() {
        let configuration = configuration();
        assert_eq!(configuration.streaming.max_streams, 1);
        assert!(configuration.compilation.cache.is_none());
        assert!(matches!(configuration.compilation.check_mode, BoundsCheckMode::Enforce));
    }

    #[test]
    fn it_is_set_once_and_asking_again_is_no_error() {
        assert_eq!(hold_still(Determinism::Fast), Ok(()));
        assert_eq!(hold_still(Determinism::Full), Ok(()));
        assert_eq!(hold_still(Determinism::Full), Ok(()));
        assert!(is_held());
        assert_eq!(CubeClRuntimeConfig::get().streaming.max_streams, 1);
    }
}
