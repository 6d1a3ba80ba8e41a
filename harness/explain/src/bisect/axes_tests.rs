//! What can be changed on machines that are made up.

use burn_repro_target::{Adapter, Fingerprint, Settings};
use rstest::rstest;

use super::*;
use crate::bisect::tests::start as red_cell;

fn adapter(device: &str, api: &str, pci_bus: &str) -> Adapter {
    let (device, api, pci_bus) = (device.into(), api.into(), pci_bus.into());
    Adapter { device, api, vendor_id: 1, device_id: 2, pci_bus }
}

fn wgpu(name: &str, adapter: Adapter) -> Target {
    let fingerprint =
        Fingerprint { device: Some(adapter.device.clone()), ..Fingerprint::default() };
    Target { name: name.into(), class: Class::Wgpu, locator: Locator::Wgpu(adapter), fingerprint }
}

fn said(axes: &Axes) -> Vec<String> {
    let said = |change: &Change| format!("{}: {} -> {}", change.axis, change.was, change.tried);
    axes.changes.iter().map(said).collect()
}

fn reason(axes: &Axes, axis: Axis) -> String {
    let reasons = axes.not_tried.iter().filter(|one| one.axis == axis);
    reasons.map(|one| one.reason.as_str()).collect::<Vec<_>>().join(" | ")
}

#[rstest]
#[case::pinned(Determinism::Full, None, 4, &["1 -> 2", "1 -> 4"])]
#[case::as_users_run_it(Determinism::Fast, None, 4, &["4 -> 1", "4 -> 2"])]
#[case::told(Determinism::Full, Some(2), 2, &["2 -> 1"])]
#[case::one_core(Determinism::Full, None, 1, &["1 -> 2"])]
fn a_processor_target_is_tried_with_other_threads(
    #[case] determinism: Determinism,
    #[case] threads: Option<usize>,
    #[case] cores: usize,
    #[case] changes: &[&str],
) {
    let settings = Settings { determinism, threads, ..Settings::default() };
    let start = Setup { settings, ..red_cell() };
    let axes = axes(&start, &Machine { cores, ..Machine::default() });
    let said = said(&axes);
    let threads: Vec<&str> =
        said.iter().filter_map(|change| change.strip_prefix("threads: ")).collect();
    assert_eq!(threads, changes);
    let meant = axes.changes[0].means.as_deref();
    assert_eq!(meant.is_some(), threads.is_empty() || start.settings.threads.is_none());
}

#[test]
fn what_a_processor_target_does_not_have_is_said() {
    let other = Target { name: "ndarray".into(), locator: Locator::Ndarray, ..red_cell().target };
    let places = [red_cell().target, other].map(|target| Candidate { target, opengl: false });
    let axes =
        axes(&red_cell(), &Machine { cores: 2, places: places.into(), ..Machine::default() });
    assert!(said(&axes).contains(&"adapter: flex -> ndarray".to_owned()), "{axes:?}");
    assert_eq!(reason(&axes, Axis::Adapter), "");
    assert_eq!(reason(&axes, Axis::Tf32), "only CUDA targets have TF32");
    assert_eq!(reason(&axes, Axis::ShaderPath), "only WGPU targets have a shader path");
    assert!(reason(&axes, Axis::AutotuneAndFusion).contains("--tuned PATH"));
}

#[test]
fn a_device_is_known_through_another_graphics_interface() {
    let vulkan = wgpu("wgpu:h100", adapter("NVIDIA H100", "vulkan", ""));
    let start = Setup { target: vulkan.clone(), ..red_cell() };
    let places = vec![
        Candidate { target: vulkan, opengl: false },
        Candidate { target: wgpu("wgpu:b", adapter("llvmpipe", "vulkan", "")), opengl: false },
        Candidate {
            target: wgpu("wgpu:c", adapter("NVIDIA H100/PCIe/SSE2", "gl", "")),
            opengl: true,
        },
        Candidate { target: wgpu("wgpu:d", adapter("llvmpipe", "gl", "")), opengl: true },
    ];
    let axes = axes(&start, &Machine { cores: 2, places, ..Machine::default() });
    let said = said(&axes);
    assert!(said.contains(&"shader path: vulkan -> gl".to_owned()), "{said:?}");
    assert!(said.contains(&"adapter: wgpu:h100 -> wgpu:b".to_owned()), "{said:?}");
    // OpenGL shows llvmpipe a second time.
    assert_eq!(said.iter().filter(|change| change.starts_with("adapter")).count(), 1);
    assert_eq!(reason(&axes, Axis::ShaderPath), NO_SPIRV);
    assert!(!said.iter().any(|change| change.starts_with("threads")), "{said:?}");
    assert!(reason(&axes, Axis::Threads).contains("llvmpipe"));
}

#[rstest]
#[case::address("A", "0000:01", "B", "0000:01", true)]
#[case::two_of_a_kind("A", "0000:01", "A", "0000:02", false)]
#[case::no_address("A", "", "A", "0000:02", true)]
#[case::other("A", "", "B", "", false)]
fn one_device_has_one_address(
    #[case] left: &str,
    #[case] left_bus: &str,
    #[case] right: &str,
    #[case] right_bus: &str,
    #[case] same: bool,
) {
    let left = wgpu("wgpu:left", adapter(left, "vulkan", left_bus));
    let right = wgpu("wgpu:right", adapter(right, "gl", right_bus));
    assert_eq!(is_same_device(&left, &right), same);
    assert!(!is_same_device(&left, &left));
}

#[rstest]
#[case(&[], &["autotune", "fusion"], "autotune and fusion: neither -> both")]
#[case(&[], &["fusion"], "fusion: off -> on")]
#[case(&["autotune", "fusion"], &["fusion"], "autotune: on -> off")]
#[case(&["autotune"], &["fusion"], "autotune and fusion: autotune -> fusion")]
#[case(&["fusion"], &[], "fusion: on -> off")]
fn another_build_is_named_by_what_differs(
    #[case] own: &[&str],
    #[case] other: &[&str],
    #[case] change: &str,
) {
    let words = |features: &[&str]| features.iter().map(ToString::to_string).collect();
    let mut start = red_cell();
    start.target.fingerprint.features = words(own);
    let build = Build { program: "other/repro".into(), features: words(other) };
    let axes = axes(&start, &Machine { cores: 2, builds: vec![build], ..Machine::default() });
    assert_eq!(said(&axes).last().map(String::as_str), Some(change));
    assert_eq!(reason(&axes, Axis::AutotuneAndFusion), "");
    assert_eq!(axes.changes.last().unwrap().means.as_deref(), Some("other/repro"));
}

#[test]
fn f64_has_no_wider_type() {
    let settings = Settings { dtype: Dtype::F64, ..Settings::default() };
    let axes = axes(&Setup { settings, ..red_cell() }, &Machine::default());
    assert!(reason(&axes, Axis::Dtype).contains("f64 is the widest"));
}
