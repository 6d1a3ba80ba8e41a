//! Calls of what only floats have: functions of real numbers, and the matrix product. Pure.

use burn_repro_device::ir::{FloatOperationIr as Float, GridSample2dOpIr};

use super::super::literal::scalar;
use super::super::names::Names;
use super::{Call, cast};

/// The call that is an operation, if there is one.
pub(super) fn call(operation: &Float, names: &Names) -> Option<Call> {
    if let Some(call) = unary(operation, names) {
        return Some(call);
    }
    let method = |receiver, name, arguments: Vec<String>| {
        Some(Call::method(names, receiver, name, arguments))
    };
    match operation {
        Float::IntoInt(op) => Some(cast(&op.input, &op.out, names)),
        Float::PowfScalar(op) => method(&op.lhs, "powf_scalar", vec![scalar(op.rhs)]),
        Float::Powf(op) => method(&op.lhs, "powf", vec![names.argument(&op.rhs)]),
        Float::ArcTan2(op) => method(&op.lhs, "atan2", vec![names.argument(&op.rhs)]),
        Float::Matmul(op) => method(&op.lhs, "matmul", vec![names.argument(&op.rhs)]),
        Float::Cross(op) => {
            method(&op.lhs, "cross", vec![names.argument(&op.rhs), op.dim.to_string()])
        }
        Float::GridSample2d(op) => Some(grid_sample(op, names)),
        // Drawn numbers are nobody's, and quantised tensors have more than one element type.
        _ => None,
    }
}

fn unary(operation: &Float, names: &Names) -> Option<Call> {
    let (name, op) = match operation {
        Float::Exp(op) => ("exp", op),
        Float::Log(op) => ("log", op),
        Float::Log1p(op) => ("log1p", op),
        Float::Erf(op) => ("erf", op),
        Float::Sqrt(op) => ("sqrt", op),
        Float::Recip(op) => ("recip", op),
        Float::Cos(op) => ("cos", op),
        Float::Cosh(op) => ("cosh", op),
        Float::Sin(op) => ("sin", op),
        Float::Sinh(op) => ("sinh", op),
        Float::Tan(op) => ("tan", op),
        Float::Tanh(op) => ("tanh", op),
        Float::ArcCos(op) => ("acos", op),
        Float::ArcCosh(op) => ("acosh", op),
        Float::ArcSin(op) => ("asin", op),
        Float::ArcSinh(op) => ("asinh", op),
        Float::ArcTan(op) => ("atan", op),
        Float::ArcTanh(op) => ("atanh", op),
        Float::Round(op) => ("round", op),
        Float::Floor(op) => ("floor", op),
        Float::Ceil(op) => ("ceil", op),
        Float::Trunc(op) => ("trunc", op),
        Float::IsNan(op) => ("is_nan", op),
        Float::IsInf(op) => ("is_inf", op),
        _ => return None,
    };
    Some(Call::method(names, &op.input, name, []))
}

fn grid_sample(operation: &GridSample2dOpIr, names: &Names) -> Call {
    let options = format!(
        "GridSampleOptions::new(InterpolateMode::{:?}).with_padding_mode(GridSamplePaddingMode::{:?}).with_align_corners({})",
        operation.options.mode, operation.options.padding_mode, operation.options.align_corners
    );
    let arguments = [names.argument(&operation.grid), options];
    Call::method(names, &operation.tensor, "grid_sample_2d", arguments).importing([
        "burn::tensor::ops::GridSampleOptions",
        "burn::tensor::ops::GridSamplePaddingMode",
        "burn::tensor::ops::InterpolateMode",
    ])
}
