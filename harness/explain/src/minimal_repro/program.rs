//! `src/main.rs` of an emitted project: the operation once, and what it gives beside what it should give. Pure.
//!
//! How the operation is called is `call`'s matter, which files there are beside it is `project`'s.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use burn_repro_device::ir::TensorIr;
use burn_repro_target::Locator;

use super::call::{Call, call, placement, tensor_type};
use super::literal::float;
use super::measure::Measured;
use super::names::Names;
use super::{FailingOperation, project};

/// The operation of a project as Rust text.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// The function that is the operation.
    pub(super) operation: String,
    pub(super) imports: BTreeSet<&'static str>,
    /// Whether the intermediate representation is executed, for want of a function of the public API.
    pub(super) is_executed: bool,
}

impl Program {
    pub(super) fn new(caught: &FailingOperation, names: &Names) -> Self {
        match call(&caught.operation, names) {
            Some(call) => called(caught, names, &call),
            None => executed(caught, names),
        }
    }

    /// The whole file.
    pub(super) fn main(
        &self,
        caught: &FailingOperation,
        names: &Names,
        measured: &[Measured],
    ) -> String {
        let is_wgpu = matches!(caught.locator, Locator::Wgpu(_));
        let device = if is_wgpu { "mod device;\n" } else { "" };
        let mut imports = self.imports.clone();
        imports.extend(["burn::tensor::Device", "burn::tensor::TensorData"]);
        let imports = uses(&imports);
        let operation = &self.operation;
        let backend = project::backend_type(&caught.locator);
        let head = head(caught);
        let (results, rest) = (results(caught, names, measured), rest(caught));
        format!(
            "{head}\nmod compare;\n{device}mod tensors;\n\nuse std::process::ExitCode;\n\n{imports}\n\
             use compare::{{Unit, compare, place}};\nuse tensors::Tensors;\n\n/// What computes it.\ntype B = {backend};\n\n{operation}\n{results}\n{rest}"
        )
    }
}

fn head(caught: &FailingOperation) -> String {
    format!(
        "//! {} on {}: one operation of Burn, and what it should give.\n//!\n//! `cargo run` says how far apart they are, \
         and exits with 1 if that is more than allowed.\n//! Made by burn-repro.\n",
        one_line(&caught.title),
        one_line(&caught.target)
    )
}

/// A text that cannot end the comment that it stands in.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

fn called(caught: &FailingOperation, names: &Names, call: &Call) -> Program {
    let mut imports = call.imports.clone();
    let mut body = String::new();
    for (tensor, data) in &caught.inputs {
        let (name, dtype) = (names.name(tensor), data.dtype);
        let (kind, import) = tensor_type(tensor, dtype);
        imports.extend(import);
        let place = placement(dtype);
        let line =
            format!("    let {name} = {kind}::from_data(inputs.get(\"{name}\"), {place});\n");
        body.push_str(&line);
    }
    let outs: Vec<&str> = caught.outputs.iter().map(|out| names.name(out)).collect();
    let pattern = match outs.as_slice() {
        [out] => (*out).to_owned(),
        outs => format!("({})", outs.join(", ")),
    };
    let before = format!("    let {pattern} = ");
    let _ = writeln!(body, "{before}{};", call.text(before.len()));
    if matches!(caught.locator, Locator::Wgpu(_) | Locator::Cuda { .. }) {
        imports.insert("burn::tensor::backend::Backend");
        // Reading alone does not say whether a kernel failed.
        body.push_str("    B::sync(device).expect(\"the device has computed it\");\n");
    }
    let read: Vec<String> = outs.iter().map(|out| format!("{out}.into_data()")).collect();
    let _ = writeln!(body, "    vec![{}]", read.join(", "));
    if body.contains("(device, DType::") {
        imports.insert("burn::tensor::DType");
    }
    imports.insert("burn::tensor::Tensor");
    let inputs = if caught.inputs.is_empty() { "_inputs" } else { "inputs" };
    let operation = format!(
        "/// The operation.\nfn operation({inputs}: &Tensors, device: &Device<B>) -> Vec<TensorData> {{\n{body}}}\n"
    );
    Program { operation, imports, is_executed: false }
}

/// The operation as the intermediate representation has it.
pub(super) fn executed(caught: &FailingOperation, names: &Names) -> Program {
    let id = |tensor: &TensorIr| format!("({}, \"{}\")", tensor.id.value(), names.name(tensor));
    let inputs: Vec<String> = caught.inputs.iter().map(|(tensor, _)| id(tensor)).collect();
    let operation = EXECUTED
        .replace("{count}", &inputs.len().to_string())
        .replace("{inputs}", &inputs.join(", "));
    let imports = BTreeSet::from([
        "burn::backend::ir::{OperationIr, TensorId, TensorIr, TensorStatus}",
        "burn::backend::router::{Runner, RunnerClient}",
        "burn::tensor::get_device_settings",
        "burn::tensor::read_sync",
    ]);
    Program { operation, imports, is_executed: true }
}

const EXECUTED: &str = r#"/// The tensors that the operation is given: their numbers in it, and their names in the file.
const INPUTS: [(u64, &str); {count}] = [{inputs}];

/// The operation, as Burn's intermediate representation has it: no function of the tensor API is just this.
fn operation(inputs: &Tensors, device: &Device<B>) -> Vec<TensorData> {
    let operation: OperationIr = serde_json::from_str(include_str!("../operation.json"))
        .expect("operation.json is of this version of Burn");
    let runner = Runner::<B>::new(device.clone());
    // Backends differ in how they store booleans.
    let bools = get_device_settings::<B>(device).bool_dtype;
    for (id, name) in INPUTS {
        let data = inputs.get(name);
        let data = if data.dtype.is_bool() { data.convert_dtype(bools.into()) } else { data };
        runner.register_tensor_data_id(TensorId::new(id), data);
    }
    let outputs: Vec<TensorIr> = operation.outputs().cloned().collect();
    runner.register_op(operation);
    runner.sync().expect("the device has computed it");
    let read = |out| {
        let out = TensorIr { status: TensorStatus::ReadOnly, ..out };
        read_sync(runner.read_tensor_async(out)).expect("the device gives its results")
    };
    outputs.into_iter().map(read).collect()
}
"#;

/// Imports as lines, those of Burn's tensors in one.
fn uses(imports: &BTreeSet<&str>) -> String {
    let of_tensors = |import: &&str| {
        import.strip_prefix("burn::tensor::").filter(|name| !name.contains("::")).is_some()
    };
    let (tensors, others): (Vec<&str>, Vec<&str>) = imports.iter().copied().partition(of_tensors);
    let names: Vec<&str> = tensors.iter().map(|import| &import["burn::tensor::".len()..]).collect();
    let mut text: String = others.iter().map(|import| format!("use {import};\n")).collect();
    let _ = writeln!(text, "use burn::tensor::{{{}}};", names.join(", "));
    text
}

/// The constants that say how results are measured.
fn results(caught: &FailingOperation, names: &Names, measured: &[Measured]) -> String {
    let mut text = format!(
        "/// More units than this need an explanation.\nconst ALLOWED: f64 = {};\n\n",
        float(caught.allowed_ulp)
    );
    let mut pairs = Vec::new();
    for (out, Measured { unit, words, .. }) in caught.outputs.iter().zip(measured) {
        let name = names.name(out);
        let constant = name.to_uppercase();
        let beside = match unit.beside {
            Some(beside) => format!("Some({})", float(beside)),
            None => "None".to_owned(),
        };
        let _ = writeln!(
            text,
            "/// What `{name}` is measured in: {words}.\nconst {constant}: Unit = Unit {{\n    epsilon: {},\n    smallest: \
             {},\n    largest: {},\n    beside: {beside},\n}};\n",
            float(unit.epsilon),
            float(unit.smallest),
            float(unit.largest),
        );
        pairs.push(format!("(\"{name}\", {constant})"));
    }
    let (count, pairs) = (pairs.len(), pairs.join(", "));
    let _ = writeln!(text, "const RESULTS: [(&str, Unit); {count}] = [{pairs}];");
    text
}

fn rest(caught: &FailingOperation) -> String {
    let (device, seen_on) = project::device(&caught.locator);
    let comment = seen_on.map(|name| format!("    // It was seen on {}.\n", one_line(name)));
    let title = format!("{:?}", format!("{} on {}", caught.title, caught.target));
    MAIN.replace("{comment}", &comment.unwrap_or_default())
        .replace("{device}", &device)
        .replace("{title}", &title.replace('{', "{{").replace('}', "}}"))
}

const MAIN: &str = r#"fn main() -> ExitCode {
{comment}    let device = {device};
    let got = operation(&Tensors::load("inputs.safetensors"), &device);
    let expected = Tensors::load("expected.safetensors");
    println!({title});
    let mut agrees = true;
    for ((name, unit), got) in RESULTS.into_iter().zip(got) {
        agrees &= report(name, &got, &expected.get(name), unit);
    }
    if agrees {
        println!("no difference is more than allowed");
        return ExitCode::SUCCESS;
    }
    println!("a difference is more than allowed");
    ExitCode::FAILURE
}

/// Prints the worst element of a result; whether it is as it should be.
fn report(name: &str, got: &TensorData, expected: &TensorData, unit: Unit) -> bool {
    let shape = expected.shape.to_vec();
    if got.shape.to_vec() != shape {
        println!("{name}: its shape is {:?} and should be {shape:?}", got.shape.to_vec());
        return false;
    }
    let numbers = |data: &TensorData| data.iter::<f64>().collect::<Vec<f64>>();
    let worst = compare(&numbers(got), &numbers(expected), unit);
    println!("{name} {shape:?}, the worst element is {:?}:", place(worst.index, &shape));
    println!("  got        {:?}", worst.got);
    println!("  expected   {:?}", worst.expected);
    println!("  difference {:e}", worst.difference);
    println!("  units      {:.4}, of which {ALLOWED:.4} are allowed", worst.units);
    println!("  the largest difference of all elements is {:e}", worst.largest_difference);
    worst.units <= ALLOWED
}
"#;
