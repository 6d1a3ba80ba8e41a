//! An operation as a call of Burn's public tensor API, where one function of it is this operation and nothing else.
//!
//! The families of operations are in `base`, `numeric`, `float` and `module`. Where there is no such function, the
//! `program` executes the intermediate representation itself.

mod base;
mod float;
mod module;
mod numeric;

use std::collections::BTreeSet;

use burn::tensor::DType;
use burn_repro_device::ir::{
    BoolOperationIr as Bool, IntOperationIr as Int, OperationIr, TensorIr,
};

use super::names::Names;

/// The longest line of an emitted program.
const WIDTH: usize = 100;

/// A call, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// What stands before the arguments: `conv2d`, `lhs.matmul`.
    head: String,
    arguments: Vec<String>,
    /// What has to be imported.
    pub(super) imports: BTreeSet<&'static str>,
}

impl Call {
    fn method(
        names: &Names,
        receiver: &TensorIr,
        name: &str,
        arguments: impl IntoIterator<Item = String>,
    ) -> Self {
        Self::function(&format!("{}.{name}", names.argument(receiver)), arguments)
    }

    fn function(head: &str, arguments: impl IntoIterator<Item = String>) -> Self {
        Self {
            head: head.to_owned(),
            arguments: arguments.into_iter().collect(),
            imports: BTreeSet::new(),
        }
    }

    fn importing(mut self, imports: impl IntoIterator<Item = &'static str>) -> Self {
        self.imports.extend(imports);
        self
    }

    /// The call as the value of a `let` that is indented once; in one line if it fits.
    pub(super) fn text(&self, before: usize) -> String {
        let line = format!("{}({})", self.head, self.arguments.join(", "));
        if before + line.len() < WIDTH {
            return line;
        }
        let arguments = self.arguments.iter().map(|argument| format!("        {argument},\n"));
        format!("{}(\n{}    )", self.head, arguments.collect::<String>())
    }
}

/// The call that is an operation, if there is one.
pub(super) fn call(operation: &OperationIr, names: &Names) -> Option<Call> {
    if operation.inputs().chain(operation.outputs()).any(has_no_type) {
        return None;
    }
    match operation {
        OperationIr::BaseFloat(base) | OperationIr::BaseInt(base) | OperationIr::BaseBool(base) => {
            base::call(base, names)
        }
        OperationIr::NumericFloat(_, numeric) | OperationIr::NumericInt(_, numeric) => {
            numeric::call(numeric, names)
        }
        OperationIr::Float(_, float) => float::call(float, names),
        OperationIr::Int(int) => of_int(int, names),
        OperationIr::Bool(bool) => Some(of_bool(bool, names)),
        OperationIr::Module(module) => module::call(module, names),
        _ => None,
    }
}

/// Whether there is no type for a tensor in the public API, or none that one element type decides.
fn has_no_type(tensor: &TensorIr) -> bool {
    tensor.shape.num_dims() == 0 || matches!(tensor.dtype, DType::QFloat(_))
}

fn of_int(operation: &Int, names: &Names) -> Option<Call> {
    let method = |receiver, name, arguments: Vec<String>| {
        Some(Call::method(names, receiver, name, arguments))
    };
    match operation {
        Int::IntoFloat(op) => Some(cast(&op.input, &op.out, names)),
        Int::Matmul(op) => method(&op.lhs, "matmul", vec![names.argument(&op.rhs)]),
        Int::BitwiseNot(op) => method(&op.input, "bitwise_not", Vec::new()),
        Int::BitwiseAnd(op) => method(&op.lhs, "bitwise_and", vec![names.argument(&op.rhs)]),
        Int::BitwiseOr(op) => method(&op.lhs, "bitwise_or", vec![names.argument(&op.rhs)]),
        Int::BitwiseXor(op) => method(&op.lhs, "bitwise_xor", vec![names.argument(&op.rhs)]),
        Int::BitwiseLeftShift(op) => {
            method(&op.lhs, "bitwise_left_shift", vec![names.argument(&op.rhs)])
        }
        Int::BitwiseRightShift(op) => {
            method(&op.lhs, "bitwise_right_shift", vec![names.argument(&op.rhs)])
        }
        // With a scalar: the public API takes it in the backend's own type, which may be narrower.
        _ => None,
    }
}

fn of_bool(operation: &Bool, names: &Names) -> Call {
    match operation {
        Bool::IntoFloat(op) | Bool::IntoInt(op) => cast(&op.input, &op.out, names),
        Bool::Not(op) => Call::method(names, &op.input, "bool_not", []),
        Bool::And(op) => Call::method(names, &op.lhs, "bool_and", [names.argument(&op.rhs)]),
        Bool::Or(op) => Call::method(names, &op.lhs, "bool_or", [names.argument(&op.rhs)]),
    }
}

/// A conversion to floats or integers of a type.
fn cast(input: &TensorIr, out: &TensorIr, names: &Names) -> Call {
    let dtype = names.dtype(out);
    let (to, import) = match dtype.is_float() {
        true => ("FloatDType", "burn::tensor::FloatDType"),
        false => ("IntDType", "burn::tensor::IntDType"),
    };
    Call::method(names, input, "cast", [format!("{to}::{dtype:?}")]).importing([import])
}

/// `Tensor::<B, 4>`, and the kind where it is not float.
pub(super) fn tensor_type(tensor: &TensorIr, dtype: DType) -> (String, Option<&'static str>) {
    let rank = tensor.shape.num_dims();
    match dtype {
        DType::Bool(_) => (format!("Tensor::<B, {rank}, Bool>"), Some("burn::tensor::Bool")),
        _ if dtype.is_float() => (format!("Tensor::<B, {rank}>"), None),
        _ => (format!("Tensor::<B, {rank}, Int>"), Some("burn::tensor::Int")),
    }
}

/// Where a new tensor of a type is placed.
pub(super) fn placement(dtype: DType) -> String {
    match dtype {
        // A backend has one way to store booleans.
        DType::Bool(_) => "device".to_owned(),
        dtype => format!("(device, DType::{dtype:?})"),
    }
}
