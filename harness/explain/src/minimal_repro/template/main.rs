//! Runs a few operations of Burn on a device and compares their results with what they should be. Which operations they
//! are is told in `operations.json`, on which device and how they are measured in `slice`.
//!
//! `cargo run` says how far apart they are, and exits with 1 if that is more than allowed. Made by burn-repro.

mod compare;
mod slice;
mod tensors;

use std::process::ExitCode;

use burn::tensor::{Device, TensorData, read_sync};
use burn_ir::{OperationIr, TensorId, TensorIr, TensorStatus};
use burn_router::TensorInterpreter;

use compare::{Unit, compare, place};
use tensors::Tensors;

fn main() -> ExitCode {
    let got = results(&slice::device());
    let expected = Tensors::load("expected.safetensors");
    println!("{}", slice::TITLE);
    let mut agrees = true;
    for ((id, unit), got) in slice::RESULTS.into_iter().zip(got) {
        agrees &= report(id, &got, &expected.get(&id.to_string()), unit);
    }
    if agrees {
        println!("no difference is more than allowed");
        return ExitCode::SUCCESS;
    }
    println!("a difference is more than allowed");
    ExitCode::FAILURE
}

/// Executes the operations one after another.
fn results(device: &Device) -> Vec<TensorData> {
    let operations: Vec<OperationIr> = serde_json::from_str(include_str!("../operations.json"))
        .expect("operations.json is of this version of Burn");
    let mut interpreter = TensorInterpreter::<slice::Backend>::new(slice::backend(device));
    // Backends differ in how they store booleans.
    let bools = device.settings().bool_dtype;
    for (id, data) in Tensors::load("inputs.safetensors").all() {
        let data = if data.dtype().is_bool() { data.convert_dtype(bools.into()) } else { data };
        interpreter.register_tensor_data_id(TensorId::new(id.parse().expect("a number")), data);
    }
    let outputs: Vec<TensorIr> = operations.iter().flat_map(|op| op.outputs()).cloned().collect();
    operations.into_iter().for_each(|operation| interpreter.register_op(operation));
    interpreter.sync().expect("the device has computed it");
    let mut read = |(id, _): (u64, Unit)| {
        let out = outputs.iter().find(|out| out.id == TensorId::new(id)).expect("it is a result");
        let out = TensorIr { status: TensorStatus::ReadOnly, ..out.clone() };
        read_sync(interpreter.read_tensor_async(out)).expect("the device gives its results")
    };
    slice::RESULTS.into_iter().map(&mut read).collect()
}

/// Prints the worst element of a result; whether it is as it should be.
fn report(id: u64, got: &TensorData, expected: &TensorData, unit: Unit) -> bool {
    let shape = expected.shape().to_vec();
    if got.shape().to_vec() != shape {
        println!("{id}: its shape is {:?} and should be {shape:?}", got.shape().to_vec());
        return false;
    }
    let numbers = |data: &TensorData| data.iter::<f64>().collect::<Vec<f64>>();
    let worst = compare(&numbers(got), &numbers(expected), unit);
    println!("tensor {id} {shape:?}, the worst element is {:?}:", place(worst.index, &shape));
    println!("  got        {:?}", worst.got);
    println!("  expected   {:?}", worst.expected);
    println!("  difference {:e}", worst.difference);
    println!("  units      {:.4}, of which {:.4} are allowed", worst.units, slice::ALLOWED);
    println!("  the largest difference of all elements is {:e}", worst.largest_difference);
    worst.units <= slice::ALLOWED
}
