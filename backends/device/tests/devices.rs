//! The GPUs of this machine, software ones included: what is found computes, and is opened under its name only. Ignored
//! where there is none.
//!
//! This test's own binary is the probe and the child that opens devices after somebody else.

mod needed;

use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use std::time::Duration;

use burn::tensor::{Tensor, TensorData};
use burn_repro_device::{OpenError, discover, open, print_probe};
use burn_repro_target::{Adapter, Class, Discovery, Dtype, Locator, Target};
use libtest_mimic::{Arguments, Failed, Trial};

const LIMIT: Duration = Duration::from_mins(1);
/// What a child is to do.
const ROLE: &str = "BURN_REPRO_TEST_ROLE";
const LATE: &str = "read the configuration first";

fn in_a_child(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(ROLE, role);
    command
}

fn here() -> &'static Discovery {
    static HERE: OnceLock<Discovery> = OnceLock::new();
    HERE.get_or_init(|| discover(|class| in_a_child(&class.to_string()), LIMIT))
}

fn devices() -> impl Iterator<Item = &'static Target> {
    here().targets.iter().filter(|target| target.class != Class::Cpu)
}

fn no_device() -> Option<String> {
    let missing =
        here().missing.iter().map(|missing| format!("{}: {}", missing.name, missing.reason));
    devices().next().is_none().then(|| missing.collect::<Vec<_>>().join(", "))
}

fn no_adapter() -> Option<String> {
    let missing = here().missing.iter().find(|missing| missing.class == Class::Wgpu)?;
    Some(format!("{}: {}", missing.name, missing.reason))
}

/// Numbers whose products and sums no float type has to round.
fn every_device_that_is_found_computes() -> Result<(), Failed> {
    for target in devices() {
        let device = open(target, Dtype::F32)?;
        let left = Tensor::<2>::from_data([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], &device);
        let right = Tensor::<2>::from_data([[1.0, -1.0], [0.5, 2.0], [0.25, 4.0]], &device);
        let product = left.clone().matmul(right).into_data();
        let sums = left.sum_dim(1).into_data();
        device.sync().unwrap();
        let values = |data: TensorData| data.iter::<f64>().collect::<Vec<_>>();
        assert_eq!(values(product), [2.75, 15.0, 8.0, 30.0], "{}", target.name);
        assert_eq!(values(sums), [6.0, 15.0], "{}", target.name);
    }
    Ok(())
}

fn an_adapter_is_opened_under_its_name_only() -> Result<(), Failed> {
    for target in devices().filter(|target| target.class == Class::Wgpu) {
        let Locator::Wgpu(adapter) = &target.locator else {
            return Err(format!("{} is no adapter", target.name).into());
        };
        open(target, Dtype::F32)?;
        let device_id = adapter.device_id.wrapping_add(1);
        let other = Locator::Wgpu(Adapter { device_id, ..adapter.clone() });
        for stranger in [
            Target { name: "wgpu:another".into(), ..target.clone() },
            Target { locator: other, ..target.clone() },
        ] {
            let refused = open(&stranger, Dtype::F32);
            assert!(matches!(refused, Err(OpenError::Gone { .. })), "{stranger:?}: {refused:?}");
        }
    }
    Ok(())
}

fn none_is_opened_once_cubecl_has_read_its_configuration_elsewhere() -> Result<(), Failed> {
    let output = in_a_child(LATE).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let refusals =
        said.matches("cannot be held still: Cannot set the configuration multiple times");
    assert_eq!((output.status.success(), refusals.count()), (true, devices().count()), "{said}");
    Ok(())
}

fn open_late() {
    use cubecl::config::RuntimeConfig as _;
    cubecl::config::CubeClRuntimeConfig::get();
    for target in devices() {
        println!("{}", open(target, Dtype::F32).unwrap_err());
    }
}

fn main() -> ExitCode {
    match std::env::var(ROLE).as_deref() {
        Ok(LATE) => {
            open_late();
            return ExitCode::SUCCESS;
        }
        Ok(class) => {
            print_probe(class.parse().unwrap()).unwrap();
            return ExitCode::SUCCESS;
        }
        Err(_) => {}
    }
    let device = |name: &str, test: fn() -> Result<(), Failed>| -> Trial {
        needed::trial(
            name,
            no_device,
            needed::is_required("wgpu") || needed::is_required("cuda"),
            test,
        )
    };
    let trials = vec![
        device("every_device_that_is_found_computes", every_device_that_is_found_computes),
        device(
            "none_is_opened_once_cubecl_has_read_its_configuration_elsewhere",
            none_is_opened_once_cubecl_has_read_its_configuration_elsewhere,
        ),
        needed::trial(
            "an_adapter_is_opened_under_its_name_only",
            no_adapter,
            needed::is_required("wgpu"),
            an_adapter_is_opened_under_its_name_only,
        ),
    ];
    // None shares a device with another.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials).exit_code()
}
