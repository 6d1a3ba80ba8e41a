//! One operation of a model: what it is called, what it is given, and how exact it has to be. Pure.
//!
//! Operations come from Burn's intermediate representation. Running them is the `lockstep`'s work.

mod kind;
mod scalars;

use burn::tensor::DType;
use burn_repro_device::ir::{OperationIr, TensorIr};
use serde_json::{Map, Value};

pub(crate) use kind::{OpKind, op_kind};
pub(crate) use scalars::{change_scalars, round_scalars, scalars};

/// An operation in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description {
    /// For instance `conv2d`, `add_scalar` or `int_add`.
    pub name: String,
    /// What it is given beside tensors: `stride [1, 1], groups 1`; scalars among them.
    pub arguments: String,
}

impl Description {
    /// Describes an operation.
    pub fn of(operation: &OperationIr) -> Self {
        let value = serde_json::to_value(operation).expect("operations are plain values");
        let (path, fields) = innermost(value);
        let (family, kind) = match path.as_slice() {
            [family, .., kind] => (family.as_str(), kind.as_str()),
            [kind] => ("", kind.as_str()),
            [] => ("", "unknown"),
        };
        let prefix = match family {
            "BaseInt" | "NumericInt" | "Int" => "int_",
            "BaseBool" | "Bool" => "bool_",
            _ => "",
        };
        let arguments = fields.iter().filter(|(_, value)| !holds_tensors(value));
        let arguments: Vec<String> = arguments
            .filter(|(name, _)| *name != "accumulator_len")
            .flat_map(|(name, value)| words(name, value))
            .collect();
        Self { name: format!("{prefix}{}", snake_case(kind)), arguments: arguments.join(", ") }
    }
}

/// The type of an operation's floats on the target: of its first input, or of what it makes.
pub(crate) fn float_type(operation: &OperationIr) -> Option<DType> {
    let tensors = operation.inputs().chain(operation.outputs());
    tensors.map(|tensor| tensor.dtype).find(DType::is_float)
}

/// The shapes of an operation's inputs and outputs: `[1, 4, 8, 8] [4, 4, 3, 3] -> [1, 4, 8, 8]`.
pub fn shapes(operation: &OperationIr) -> String {
    let list = |tensors: Vec<&TensorIr>| {
        let shapes = tensors.iter().map(|tensor| format!("{:?}", tensor.shape.to_vec()));
        shapes.collect::<Vec<_>>().join(" ")
    };
    let (inputs, outputs) = (operation.inputs().collect(), operation.outputs().collect());
    format!("{} -> {}", list(inputs), list(outputs)).trim_start().to_owned()
}

/// The names of the variants down to the one that holds tensors, and that one's fields.
fn innermost(mut value: Value) -> (Vec<String>, Map<String, Value>) {
    let mut path = Vec::new();
    loop {
        let fields = match value {
            Value::Object(fields) => fields,
            // A variant with the type of its tensors in front.
            Value::Array(mut parts) if !parts.is_empty() => {
                value = parts.pop().unwrap_or_default();
                continue;
            }
            _ => return (path, Map::new()),
        };
        if fields.len() != 1 || fields.values().any(holds_tensors) {
            return (path, fields);
        }
        let (name, inner) = fields.into_iter().next().expect("one field");
        path.push(name);
        value = inner;
    }
}

fn holds_tensors(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.contains_key("status"),
        Value::Array(values) => values.first().is_some_and(holds_tensors),
        Value::Null => true,
        _ => false,
    }
}

/// `epsilon 1e-5`; the fields of options one by one, the value of a scalar without its type.
fn words(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => match fields.iter().next() {
            Some((kind, scalar)) if fields.len() == 1 && is_scalar_kind(kind) => {
                words(name, scalar)
            }
            _ => fields.iter().flat_map(|(name, value)| words(name, value)).collect(),
        },
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => vec![format!("{name} {float:?}")],
            _ => vec![format!("{name} {number}")],
        },
        // JSON has neither infinities nor NaN.
        Value::Null => vec![format!("{name} not finite")],
        Value::String(text) => vec![format!("{name} {text}")],
        value => vec![format!("{name} {value}").replace(',', ", ")],
    }
}

fn is_scalar_kind(kind: &str) -> bool {
    matches!(kind, "Float" | "Int" | "UInt" | "Bool")
}

/// `AddScalar` as `add_scalar`; digits belong to the word in front of them.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
