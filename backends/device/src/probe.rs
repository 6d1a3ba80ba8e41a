//! Asking this process what it can run of one class, and handing the answer to the process that asked.
//!
//! Drivers may crash or hang while they are asked, so `discovery` has it done by a child.

use std::io::{self, Write};

use crate::cpu;
use burn_repro_target::{Class, Discovery, Missing, caught};

/// What tells the report from whatever else a driver prints.
pub(crate) const PREFIX: &str = "burn-repro-probe: ";

/// Asks, in this process, what can run of one class.
///
/// A panic of a driver's crate becomes a [`Missing`]; a crash or a hang does not, so call it in a child (see
/// [`print_probe`]) unless the class is [`Class::Cpu`].
#[must_use]
pub fn probe(class: Class) -> Discovery {
    let report = caught(|| match class {
        Class::Cpu => cpu::probe(),
        #[cfg(feature = "wgpu")]
        Class::Wgpu => crate::adapters::probe(),
        #[cfg(feature = "cuda")]
        Class::Cuda => crate::cuda::probe(),
        #[cfg(not(all(feature = "wgpu", feature = "cuda")))]
        class => left_out(class),
    });
    report.unwrap_or_else(|panic| {
        let missing = Missing::class(
            class,
            format!("looking for {class} targets panicked: {panic}"),
            help_with_a_driver(class),
        );
        Discovery { targets: Vec::new(), missing: vec![missing] }
    })
}

/// A class that this build does without.
#[cfg(not(all(feature = "wgpu", feature = "cuda")))]
fn left_out(class: Class) -> Discovery {
    let reason = format!("this program was built without {class} targets");
    let help = format!("give burn-repro the feature `{class}` in Cargo.toml");
    Discovery { targets: Vec::new(), missing: vec![Missing::class(class, reason, &help)] }
}

/// What the command given to [`discover`](crate::discover) must do: [`probe`] and print the report on stdout.
///
/// # Errors
///
/// If stdout cannot be written to.
pub fn print_probe(class: Class) -> io::Result<()> {
    let json = serde_json::to_string(&probe(class)).map_err(io::Error::other)?;
    let mut stdout = io::stdout().lock();
    // The line break in front ends what a driver may have begun to print.
    stdout.write_all(format!("\n{PREFIX}{json}\n").as_bytes())?;
    stdout.flush()
}

/// What to do about a driver that panics, crashes or hangs when it is asked what there is.
pub(crate) const fn help_with_a_driver(class: Class) -> &'static str {
    match class {
        Class::Cpu => "report it; nothing outside this program is asked for these targets",
        Class::Wgpu => {
            "see whether `vulkaninfo --summary` works; update the graphics driver, or leave it out with VK_DRIVER_FILES"
        }
        Class::Cuda => {
            "see whether `nvidia-smi` works; update the NVIDIA driver, or leave a GPU out with CUDA_VISIBLE_DEVICES"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_targets_are_always_here() {
        let report = probe(Class::Cpu);
        let names: Vec<_> = report.targets.iter().map(|target| target.name.as_str()).collect();
        assert_eq!((names, report.missing), (vec!["ndarray", "flex", "cubecl-cpu"], Vec::new()));
    }

    #[test]
    fn a_class_either_runs_or_says_why_not() {
        for class in Class::ALL {
            let report = probe(class);
            assert_ne!(report.targets.is_empty(), report.missing.is_empty(), "{report:?}");
            assert!(report.targets.iter().all(|target| target.class == class));
            assert!(report.missing.iter().all(|missing| missing.class == class
                && !missing.reason.is_empty()
                && !missing.help.is_empty()));
            let json = serde_json::to_string(&report).unwrap();
            assert!(!json.contains('\n'));
            assert_eq!(serde_json::from_str::<Discovery>(&json).unwrap(), report);
        }
    }
}
