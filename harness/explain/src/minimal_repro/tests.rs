//! What is emitted for whole operations; calls of single operations are listed in `examples`.

mod built;
mod calls;

use std::path::Path;

use burn::tensor::TensorData;
use burn_repro_device::ir::OperationIr;
use burn_repro_target::{Adapter, Locator};
use rstest::rstest;

use super::call::call;
use super::names::Names;
use super::{FailingOperation, MinimalReproError, examples, files, write};

/// One file of a project as text.
fn text(caught: &FailingOperation, name: &str) -> String {
    let files = files(caught).unwrap();
    let found = files.into_iter().find(|file| file.path == name);
    String::from_utf8(found.unwrap_or_else(|| panic!("there is no {name}")).bytes).unwrap()
}

fn names_of(caught: &FailingOperation) -> Vec<String> {
    files(caught).unwrap().into_iter().map(|file| file.path.into_owned()).collect()
}

fn emit(folder: &Path, caught: &FailingOperation) {
    write(folder, &files(caught).unwrap()).unwrap();
}

#[test]
fn every_operation_becomes_its_call_or_is_executed() {
    let examples = examples::all();
    assert!(examples.len() > 120, "only {} operations", examples.len());
    for (operation, expected) in examples {
        let names = Names::of(&operation);
        let before = "    let out = ".len();
        let call = call(&operation, &names).map(|call| call.text(before));
        assert_eq!(call.as_deref(), expected, "{operation:?}");
    }
}

#[test]
fn a_convolution_is_called_as_a_user_would() {
    let main = text(&examples::conv2d(), "src/main.rs");
    let operation = r#"/// The operation.
fn operation(inputs: &Tensors, device: &Device<B>) -> Vec<TensorData> {
    let x = Tensor::<B, 4>::from_data(inputs.get("x"), (device, DType::F32));
    let weight = Tensor::<B, 4>::from_data(inputs.get("weight"), (device, DType::F32));
    let bias = Tensor::<B, 1>::from_data(inputs.get("bias"), (device, DType::F32));
    let out = conv2d(x, weight, Some(bias), ConvOptions::new([1, 1], [1, 1], [1, 1], 1));
    vec![out.into_data()]
}
"#;
    assert!(main.contains(operation), "{main}");
    for import in [
        "burn::tensor::module::conv2d",
        "burn::tensor::ops::ConvOptions",
        "burn::tensor::{DType, Device, Tensor, TensorData}",
    ] {
        assert!(main.contains(&format!("use {import};\n")), "{main}");
    }
    assert!(main.contains("type B = burn::backend::Flex;\n"), "{main}");
}

#[test]
fn what_has_no_call_is_executed_from_its_file() {
    let caught = examples::powi();
    let main = text(&caught, "src/main.rs");
    assert!(
        main.contains(r#"const INPUTS: [(u64, &str); 2] = [(1, "lhs"), (2, "rhs")];"#),
        "{main}"
    );
    let back: OperationIr = serde_json::from_str(&text(&caught, "operation.json")).unwrap();
    assert_eq!(back, caught.operation);
    let manifest = text(&caught, "Cargo.toml");
    assert!(manifest.contains(r#"features = ["std", "flex", "ir", "router"]"#), "{manifest}");
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
#[case::flex(Locator::Flex, r#"["std", "flex"]"#, "Flex;", "Device::<B>::default()")]
#[case::ndarray(
    Locator::Ndarray,
    r#"["std", "ndarray"]"#,
    "NdArray<f32, i32>;",
    "Device::<B>::default()"
)]
#[case::wgpu(
    adapter(),
    r#"["std", "wgpu", "webgpu"]"#,
    "Wgpu;",
    r#"device::open("llvmpipe (LLVM 15.0.6, 256 bits)", "vulkan")"#
)]
#[case::cuda(
    Locator::Cuda { index: 1, device: "NVIDIA H200".into() },
    r#"["std", "cuda"]"#,
    "Cuda;",
    "burn::backend::cuda::CudaDevice::new(1)"
)]
fn each_target_has_its_backend_and_device(
    #[case] locator: Locator,
    #[case] features: &str,
    #[case] backend: &str,
    #[case] device: &str,
) {
    let caught = FailingOperation { locator: locator.clone(), ..examples::add_scalar() };
    let (manifest, main) = (text(&caught, "Cargo.toml"), text(&caught, "src/main.rs"));
    assert!(
        manifest.contains(&format!("default-features = false, features = {features} }}")),
        "{manifest}"
    );
    assert!(manifest.contains("\n[workspace]\n"), "{manifest}");
    assert!(main.contains(&format!("type B = burn::backend::{backend}")), "{main}");
    assert!(main.contains(&format!("let device = {device};")), "{main}");
    let is_wgpu = matches!(locator, Locator::Wgpu(_));
    assert_eq!(names_of(&caught).iter().any(|name| name == "src/device.rs"), is_wgpu);
    let is_gpu = is_wgpu || matches!(locator, Locator::Cuda { .. });
    assert_eq!(main.contains("B::sync(device)"), is_gpu);
    assert_eq!(
        names_of(&caught).iter().any(|name| name == ".cargo/config.toml"),
        is_gpu && !is_wgpu
    );
}

#[test]
fn the_readme_tells_the_worst_element_and_the_facts() {
    let mut caught = examples::add_scalar();
    caught.got = vec![TensorData::new(vec![1.5_f32, 2.5, 3.0, 4.5], [4])];
    let readme = text(&caught, "README.md");
    for expected in [
        "# an operation at step.00/unet on flex\n",
        "\ncargo run\n",
        "| `out` | [2] | 3.0 | 3.5 | 5e-1 | 1198372.5714 | 4.0000 | 5e-1 |",
        "- operation: add_scalar [4] -> [4], rhs 0.5\n- os: linux x86_64\n",
        "    let out = lhs.add_scalar(0.5);\n",
    ] {
        assert!(readme.contains(expected), "{expected} in {readme}");
    }
}

/// Cargo would run what it built for one of them as the other.
#[test]
fn projects_that_differ_have_names_that_differ() {
    let name = |caught: &FailingOperation| {
        let manifest = text(caught, "Cargo.toml");
        let line = manifest.lines().find(|line| line.starts_with("name = ")).unwrap();
        line.to_owned()
    };
    let caught = examples::add_scalar();
    assert_eq!(name(&caught), name(&caught.clone()));
    assert!(name(&caught).starts_with("name = \"repro-add-scalar-"), "{}", name(&caught));
    let expected = vec![TensorData::new(vec![1.5_f64, 2.5, 3.5, 4.75], [4])];
    assert_ne!(name(&caught), name(&FailingOperation { expected, ..caught.clone() }));
    assert_ne!(name(&caught), name(&FailingOperation { allowed_ulp: 5.0, ..caught.clone() }));
    assert_ne!(name(&caught), name(&FailingOperation { locator: adapter(), ..caught.clone() }));
}

#[test]
fn nothing_to_compute_is_refused() {
    let caught = examples::add_scalar();
    let drop = OperationIr::Drop(examples::float(1, &[4]));
    let refused = files(&FailingOperation { operation: drop, ..caught.clone() }).unwrap_err();
    assert!(matches!(refused, MinimalReproError::Nothing(_)), "{refused}");
    let refused = files(&FailingOperation { got: Vec::new(), ..caught.clone() }).unwrap_err();
    assert!(matches!(refused, MinimalReproError::Incomplete { .. }), "{refused}");
    let refused = files(&FailingOperation { inputs: Vec::new(), ..caught }).unwrap_err();
    assert!(matches!(refused, MinimalReproError::Missing(_)), "{refused}");
}
