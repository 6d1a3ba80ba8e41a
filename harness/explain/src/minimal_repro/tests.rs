//! What is cut out of a recording, and the project that is made of it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use burn::tensor::{Device, Tensor};
use burn_repro_target::{Adapter, Locator};
use burn_repro_worker::{BoxError, Probe, Recording, within};
use rstest::rstest;

use super::slice::Slice;
use super::{FailingSlice, files, write};
use crate::fault::{At, InjectedFault};
use crate::operation::Description;

/// Two operations that the last needs, one that it does not, and one of another scope.
fn recording() -> Recording {
    let run = |_: &Device, probe: &mut Probe| -> Result<(), BoxError> {
        let x = probe.noise([4], &[0.5, -1.0, 2.0, 3.0]);
        let x = within("before", || x * 3.0);
        let out: Tensor<1> = within("block", || {
            let beside = x.clone().exp();
            let doubled = x * 2.0;
            let moved = doubled + 1.0;
            let _ = beside + 1.0;
            moved.sqrt()
        });
        probe.output("x", &out);
        Ok(())
    };
    Recording::of(&Device::flex(), run).unwrap()
}

fn number_of(recording: &Recording, name: &str) -> usize {
    let mut operations = recording.operations.iter();
    operations.position(|operation| Description::of(operation).name == name).unwrap()
}

fn planted(fault: &str, number: usize) -> InjectedFault {
    InjectedFault { fault: fault.into(), at: At::Operation(number) }
}

fn cut(fault: &InjectedFault, last: usize) -> Option<Slice> {
    Slice::cut(&recording(), &Device::flex(), Some(fault), last).unwrap()
}

fn names(slice: &Slice) -> Vec<String> {
    slice.operations.iter().map(|operation| Description::of(operation).name).collect()
}

#[test]
fn what_is_off_by_itself_stands_alone() {
    let root = number_of(&recording(), "sqrt");
    let slice = cut(&planted("negated", root), root).unwrap();
    assert_eq!(names(&slice), ["sqrt"]);
    assert_eq!(slice.inputs.len(), 1);
}

/// The second factor of the block is wrong; what the last does not need goes, and so does the other scope.
#[test]
fn what_is_off_with_others_keeps_those_that_it_needs() {
    let recording = recording();
    let last = number_of(&recording, "sqrt");
    let wrong = number_of(&recording, "add_scalar") - 1;
    let slice = cut(&planted("scaled-percent", wrong), last).unwrap();
    assert_eq!(names(&slice), ["mul_scalar", "add_scalar", "sqrt"]);
    let wrong = number_of(&recording, "add_scalar");
    let slice = cut(&planted("scaled-percent", wrong), last).unwrap();
    assert_eq!(names(&slice), ["add_scalar", "sqrt"]);
}

#[test]
fn nothing_is_cut_out_where_nothing_is_off() {
    let last = number_of(&recording(), "sqrt");
    assert!(cut(&planted("negated", usize::MAX), last).is_none());
}

fn failing(locator: Locator) -> FailingSlice {
    let last = number_of(&recording(), "sqrt");
    FailingSlice {
        title: "sqrt at block".into(),
        scenario: "small".into(),
        target: "flex".into(),
        locator,
        slice: cut(&planted("scaled-percent", last), last).unwrap(),
        facts: vec![("os".into(), "linux x86_64".into())],
    }
}

fn text(failing: &FailingSlice, name: &str) -> String {
    let files = files(failing).unwrap();
    let found = files.into_iter().find(|file| file.path == name);
    String::from_utf8(found.unwrap_or_else(|| panic!("there is no {name}")).bytes).unwrap()
}

fn adapter() -> Locator {
    Locator::Wgpu(Adapter {
        device: "llvmpipe (LLVM 15.0.6, 256 bits)".into(),
        api: "vulkan".into(),
        vendor_id: 65541,
        device_id: 0,
        pci_bus: String::new(),
    })
}

#[rstest]
#[case::flex(Locator::Flex, "\"flex\"", "Flex;", "Device::flex()")]
#[case::ndarray(Locator::Ndarray, "\"ndarray\"", "NdArray;", "Device::ndarray()")]
#[case::cubecl_cpu(Locator::CubeclCpu, "\"cpu\"", "Cube;", "Device::cpu()")]
#[case::wgpu(adapter(), "\"wgpu\", \"webgpu\"", "Cube;", "adapter::open(\"llvmpipe (LLVM 15")]
#[case::cuda(
    Locator::Cuda { index: 1, device: "NVIDIA H200".into() },
    "\"cuda\"",
    "Cube;",
    "Device::cuda(1_usize)"
)]
fn each_target_has_its_backend_and_device(
    #[case] locator: Locator,
    #[case] features: &str,
    #[case] backend: &str,
    #[case] device: &str,
) {
    let failing = failing(locator);
    let (manifest, slice) = (text(&failing, "Cargo.toml"), text(&failing, "src/slice.rs"));
    let features = format!("features = [\"std\", \"extension\", {features}] }}");
    assert!(manifest.contains(&features), "{manifest}");
    assert!(manifest.contains("\n[workspace]\n"), "{manifest}");
    assert!(slice.contains(&format!("pub type Backend = burn::backend::{backend}")), "{slice}");
    assert!(slice.contains(device), "{slice}");
}

#[test]
fn the_readme_tells_the_worst_element_and_the_facts() {
    let readme = text(&failing(Locator::Flex), "README.md");
    for expected in [
        "# sqrt at block on flex\n",
        "\ncargo run\n",
        "One operation of Burn",
        "| [3] | 4.",
        "- operation: sqrt [4] -> [4]\n- os: linux x86_64\n",
    ] {
        assert!(readme.contains(expected), "{expected} in {readme}");
    }
}

/// Cargo would run what it built for one of them as the other.
#[test]
fn projects_that_differ_have_names_that_differ() {
    let name = |failing: &FailingSlice| {
        let manifest = text(failing, "Cargo.toml");
        manifest.lines().find(|line| line.starts_with("name = ")).unwrap().to_owned()
    };
    let flex = failing(Locator::Flex);
    assert_eq!(name(&flex), name(&flex.clone()));
    assert_ne!(name(&flex), name(&failing(Locator::Ndarray)));
}

fn cargo_run(folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--offline"]).current_dir(folder);
    let beside = folder.with_file_name("target");
    let target = std::env::var_os("MINIMAL_REPRO_TARGET_DIR").unwrap_or_else(|| beside.into());
    command.env("CARGO_TARGET_DIR", target);
    command.output().unwrap()
}

/// Takes minutes where Burn is not built yet; `MINIMAL_REPRO_TARGET_DIR` names a folder to build in that is kept.
#[test]
#[ignore = "builds Burn"]
fn a_project_tells_right_from_wrong() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("repro");
    let mut failing = failing(Locator::Flex);
    for (status, says) in
        [(0, "no difference is more than allowed"), (1, "a difference is more than allowed")]
    {
        write(&folder, &files(&failing).unwrap()).unwrap();
        let output = cargo_run(&folder);
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{text}{errors}");
        assert!(text.contains(says) && errors.is_empty(), "{text}{errors}");
        let result = &mut failing.slice.results[0];
        let wrong: Vec<f64> = result.expected.iter::<f64>().map(|value| value + 0.25).collect();
        result.expected = burn::tensor::TensorData::new(wrong, [4]);
    }
    assert!(fs::exists(folder.join("Cargo.lock")).unwrap());
}
