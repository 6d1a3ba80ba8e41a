//! CubeCL's process-wide configuration. Left alone, CubeCL reads it from `cubecl.toml` or `burn.toml` in any parent
//! of the working directory, so that a file somewhere else would change a run.

use std::sync::OnceLock;

use cubecl::config::compilation::{BoundsCheckMode, F16Evaluation};
use cubecl::config::streaming::StreamPolicy;
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

/// Leaves this thread, and those that it starts, so many cores: CubeCL's CPU backend has no setting for its threads, and
/// shapes its kernels by the number of cores it may use. Which they are follows from the process, so that several
/// processes share the machine.
#[cfg(all(feature = "cubecl-cpu", target_os = "linux"))]
pub(crate) fn limit_cores(determinism: Determinism, threads: Option<usize>) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let one = (determinism == Determinism::Full).then_some(1);
    let (Some(count), Ok(all)) = (threads.or(one), sched_getaffinity(None)) else { return };
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&core| all.is_set(core)).collect();
    let first = std::process::id() as usize * count;
    let mut some = CpuSet::new();
    (0..count.min(cores.len())).for_each(|index| some.set(cores[(first + index) % cores.len()]));
    // A system that refuses leaves all cores; the fingerprint says how many there are.
    let _ = sched_setaffinity(None, &some);
}

/// Only Linux is asked.
#[cfg(all(feature = "cubecl-cpu", not(target_os = "linux")))]
pub(crate) fn limit_cores(_determinism: Determinism, _threads: Option<usize>) {}

/// Whether this process is held still.
#[cfg(feature = "cuda")]
pub(crate) fn is_held() -> bool {
    matches!(HELD.get(), Some(Ok(())))
}

fn configuration() -> CubeClRuntimeConfig {
    // The environment may ask for logs of kernels, which change no result; the rest is set below.
    let mut configuration = CubeClRuntimeConfig::default().override_from_env();
    configuration.autotune.level = CubeClRuntimeConfig::default().autotune.level;
    // One stream whatever thread calls.
    configuration.streaming.max_streams = 1;
    configuration.streaming.policy = StreamPolicy::Single;
    // CubeCL's CPU backend rounds f16 after every operation, as GPUs do, whether or not the processor has f16.
    configuration.compilation.f16_evaluation = Some(F16Evaluation::PerOperation);
    // Every kernel checks its bounds: a read out of bounds gives a zero and not what happens to lie there.
    configuration.compilation.check_mode = BoundsCheckMode::Enforce;
    configuration
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stream_and_checked_bounds() {
        let configuration = configuration();
        assert_eq!(configuration.streaming.max_streams, 1);
        assert_eq!(configuration.streaming.policy, StreamPolicy::Single);
        assert!(matches!(configuration.compilation.check_mode, BoundsCheckMode::Enforce));
    }

    #[test]
    fn it_is_set_once_and_asking_again_is_no_error() {
        assert_eq!(hold_still(Determinism::Fast), Ok(()));
        assert_eq!(hold_still(Determinism::Full), Ok(()));
        assert_eq!(hold_still(Determinism::Full), Ok(()));
        #[cfg(feature = "cuda")]
        assert!(is_held());
        assert_eq!(CubeClRuntimeConfig::get().streaming.max_streams, 1);
    }
}
