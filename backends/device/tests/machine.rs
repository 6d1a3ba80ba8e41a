//! This machine, whatever it has: discovery through a real child, and the processor targets, which are always here. GPUs
//! are the matter of `devices`.
//!
//! Burn fixes a device's float type once per process, so the targets are opened in f64 here, and in f32 by the unit
//! tests.

use std::process::Command;
use std::time::Duration;

use burn::tensor::{Tensor, TensorData};
use burn_repro_device::{Device, OpenError, check_f64, discover, open, print_probe};
use burn_repro_target::{Class, Discovery, Dtype, Target};

const LIMIT: Duration = Duration::from_mins(1);
/// What the child process is to do; see `the_child`.
const ROLE: &str = "BURN_REPRO_TEST_ROLE";

fn in_a_child(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["the_child", "--exact", "--nocapture"]).env(ROLE, role);
    command
}

/// Does nothing unless another test of this file has started this process for it.
#[test]
fn the_child() {
    match std::env::var(ROLE).unwrap_or_default().as_str() {
        "" => {}
        class => print_probe(class.parse().unwrap()).unwrap(),
    }
}

fn here() -> Discovery {
    discover(|class| in_a_child(&class.to_string()), LIMIT)
}

fn target(name: &str) -> Target {
    here().targets.into_iter().find(|target| target.name == name).unwrap()
}

/// Numbers whose products and sums no float type has to round.
fn product_and_sums(device: &Device) -> (TensorData, TensorData) {
    let left = Tensor::<2>::from_data([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device);
    let right = Tensor::<2>::from_data([[1.0, -1.0], [0.5, 2.0], [0.25, 4.0]], device);
    let product = left.clone().matmul(right).into_data();
    let sums = left.sum_dim(1).into_data();
    device.sync().unwrap();
    (product, sums)
}

fn assert_computes(device: &Device, name: &str) {
    let (product, sums) = product_and_sums(device);
    assert_eq!(product.iter::<f64>().collect::<Vec<_>>(), [2.75, 15.0, 8.0, 30.0], "{name}");
    assert_eq!(sums.iter::<f64>().collect::<Vec<_>>(), [6.0, 15.0], "{name}");
}

#[test]
fn every_class_is_here_or_says_why_not() {
    let discovery = here();
    println!("{}", serde_json::to_string_pretty(&discovery).unwrap());
    let names: Vec<_> = discovery.targets.iter().map(|target| target.name.as_str()).collect();
    assert_eq!(names[..2], ["ndarray", "flex"]);
    assert!(discovery.targets.is_sorted_by_key(|target| target.class), "{names:?}");
    for class in [Class::Wgpu, Class::Cuda] {
        let found = discovery.targets.iter().any(|target| target.class == class);
        assert_ne!(
            found,
            discovery.missing.iter().any(|missing| missing.class == class),
            "{class}: {discovery:?}"
        );
    }
    assert!(
        discovery.targets.iter().all(|target| target.fingerprint.features.is_empty()),
        "a deterministic build has neither"
    );
    assert_eq!(discovery, here(), "a second look finds something else");
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_vulkan_driver_wgpu_is_missing() {
    let probe = |class: Class| {
        let mut command = in_a_child(&class.to_string());
        command.env("VK_DRIVER_FILES", "/nonexistent").env("VK_ICD_FILENAMES", "/nonexistent");
        command
    };
    let discovery = discover(probe, LIMIT);
    let wgpu = discovery.missing.iter().find(|missing| missing.class == Class::Wgpu).unwrap();
    assert_eq!(
        wgpu.reason,
        "wgpu found no adapter; VK_DRIVER_FILES is set, so that only the drivers in it are seen: /nonexistent"
    );
    assert!(wgpu.help.contains("apt-get install mesa-vulkan-drivers"), "{}", wgpu.help);
}

#[test]
fn a_target_computes_in_the_float_type_it_was_opened_in_and_keeps_it() {
    for name in ["ndarray", "flex"] {
        let target = target(name);
        let device = open(&target, Dtype::F64).unwrap();
        assert_computes(&device, name);
        assert_eq!(check_f64(&device), Ok(()), "{name}");
        let fine = Tensor::<1>::from_data([1.0_f64 + 1e-12], &device).sub_scalar(1.0).into_data();
        assert!(
            (fine.iter::<f64>().next().unwrap() - 1e-12).abs() < 1e-15,
            "{name} does not compute in f64"
        );
        assert_eq!(
            open(&target, Dtype::F64),
            Ok(device),
            "opening a target again must give the same device"
        );
        let refusal = open(&target, Dtype::F32).unwrap_err().to_string();
        assert_eq!(
            refusal,
            format!(
                "{name} computes in f64 and i32 already in this process; open it in f32 in a process of its own"
            )
        );
    }
}

#[test]
fn a_float_type_that_a_target_lacks_is_refused() {
    let target = target("ndarray");
    for dtype in [Dtype::F16, Dtype::Bf16] {
        assert_eq!(
            open(&target, dtype),
            Err(OpenError::UnsupportedDtype { target: "ndarray".into(), dtype })
        );
    }
}
