//! Every call against the operation that it stands for, both computed by flex: to the last bit the same.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use burn::tensor::{DType, TensorData};
use burn_repro_device::ir::{OperationIr, TensorIr};

use super::super::names::Names;
use super::super::program::{Program, executed};
use super::super::{FailingOperation, dtypes, examples, tensors};
use super::built::cargo_run;

#[test]
#[ignore = "builds Burn"]
fn every_call_is_its_operation() {
    let folder = tempfile::tempdir().unwrap();
    let sources = folder.path().join("src");
    fs::create_dir(&sources).unwrap();
    let manifest = super::text(&examples::powi(), "Cargo.toml");
    let manifest = manifest.replace("repro-powi", "repro-calls");
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    fs::write(sources.join("tensors.rs"), include_str!("../template/tensors.rs")).unwrap();
    // JSON has no infinities: an operation that is given one cannot be executed from a file.
    let is_written = |call: &str| !call.contains("INFINITY");
    let called = examples::all().into_iter().filter(|(_, call)| call.is_some_and(is_written));
    let called = called.map(|(operation, _)| operation);
    let (mut modules, mut checks, mut count) = (String::new(), String::new(), 0);
    for (number, operation) in called.enumerate() {
        write_pair(folder.path(), number, operation, &mut modules);
        let _ = writeln!(
            checks,
            "    check({number}, called_{number}::operation, executed_{number}::operation);"
        );
        count += 1;
    }
    let main = MAIN.replace("{modules}", &modules).replace("{checks}", &checks);
    fs::write(sources.join("main.rs"), main).unwrap();
    let output = cargo_run(folder.path());
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(!errors.contains("warning"), "{errors}");
    assert!(text.contains(&format!("{count} are the same")), "{text}");
}

/// One module for the call, and one for the operation that it stands for.
fn write_pair(folder: &Path, number: usize, operation: OperationIr, modules: &mut String) {
    let caught = fed(operation);
    let names = Names::of(&caught.operation).with_dtypes(dtypes(&caught));
    let json = format!("operation_{number}.json");
    fs::write(folder.join(&json), names.json(&caught.operation)).unwrap();
    let inputs: Vec<_> =
        caught.inputs.iter().map(|(tensor, data)| (names.name(tensor), data)).collect();
    let inputs = tensors::encode(&inputs).unwrap();
    fs::write(folder.join(format!("inputs_{number}.safetensors")), inputs).unwrap();
    for (name, program) in
        [("called", Program::new(&caught, &names)), ("executed", executed(&caught, &names))]
    {
        let imports: String =
            program.imports.iter().map(|import| format!("    use {import};\n")).collect();
        let function = program.operation.replace("\nfn operation", "\npub fn operation");
        let function = function.replace("../operation.json", &format!("../{json}"));
        let _ = writeln!(
            modules,
            "mod {name}_{number} {{\n    use super::{{B, Device, TensorData, Tensors}};\n{imports}\n{function}}}\n"
        );
    }
}

/// An operation with inputs that suit most: floats between 0 and 1, indices of the first two elements.
fn fed(operation: OperationIr) -> FailingOperation {
    let data = |tensor: &TensorIr| {
        let count = tensor.shape.num_elements();
        let shape = tensor.shape.clone();
        match tensor.dtype {
            DType::Bool(_) => TensorData::new((0..count).map(|n| n % 2 == 0).collect(), shape),
            DType::I32 => TensorData::new((0..count).map(|n| (n % 2) as i32).collect(), shape),
            _ => {
                let value = |n: usize| ((n * 7 + 3) % 23) as f32 / 23.0;
                TensorData::new((0..count).map(value).collect(), shape)
            }
        }
    };
    let mut inputs: Vec<(TensorIr, TensorData)> = Vec::new();
    for tensor in operation.inputs() {
        inputs.push((tensor.clone(), data(tensor)));
    }
    let outputs = operation.outputs().cloned().collect();
    FailingOperation { operation, inputs, outputs, got: Vec::new(), ..examples::add_scalar() }
}

const MAIN: &str = r#"mod tensors;

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::{Device, TensorData};
use tensors::Tensors;

type B = burn::backend::Flex;
type Operation = fn(&Tensors, &Device<B>) -> Vec<TensorData>;

{modules}
fn check(number: usize, called: Operation, executed: Operation) {
    let inputs = Tensors::load(&format!("inputs_{number}.safetensors"));
    let device = Device::<B>::default();
    let [called, executed] = [called, executed].map(|operation| {
        // What a backend does not have, it has in neither way.
        let computed = catch_unwind(AssertUnwindSafe(|| operation(&inputs, &device))).ok()?;
        Some(computed.into_iter().map(|data| (data.dtype, data.shape.to_vec(), data.as_bytes().to_vec())).collect())
    });
    let called: Option<Vec<_>> = called;
    assert_eq!(called, executed, "operation {number}");
    println!("{} are the same", number + 1);
}

fn main() {
{checks}}
"#;
