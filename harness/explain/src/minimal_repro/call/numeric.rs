//! Calls of arithmetic, comparisons and reductions, which floats and integers have alike. Pure.

use std::mem::discriminant;

use burn_repro_device::ir::{
    DimOpIr, NumericOperationIr as Numeric, ReduceDimOpIr, ReduceOpIr, ScalarOpIr, TensorIr,
};

use super::super::literal::{scalar, shape};
use super::super::names::Names;
use super::{Call, placement, tensor_type};

/// The call that is an operation, if there is one.
pub(super) fn call(operation: &Numeric, names: &Names) -> Option<Call> {
    binary(operation, names).or_else(|| {
        with_scalar(operation, names).or_else(|| reduction(operation, names)).or_else(|| {
            match operation {
                Numeric::Abs(op) => Some(Call::method(names, &op.input, "abs", [])),
                // Both ends have one type.
                Numeric::Clamp(op) if discriminant(&op.min) == discriminant(&op.max) => {
                    let ends = [scalar(op.min), scalar(op.max)];
                    Some(Call::method(names, &op.tensor, "clamp", ends))
                }
                Numeric::Full(op) => {
                    let dtype = names.dtype(&op.out);
                    let (kind, import) = tensor_type(&op.out, dtype);
                    let arguments = [shape(&op.out.shape), scalar(op.value), placement(dtype)];
                    Some(Call::function(&format!("{kind}::full"), arguments).importing(import))
                }
                // Drawn numbers are nobody's.
                _ => None,
            }
        })
    })
}

fn binary(operation: &Numeric, names: &Names) -> Option<Call> {
    let (name, op) = match operation {
        Numeric::Add(op) => ("add", op),
        Numeric::Sub(op) => ("sub", op),
        Numeric::Mul(op) => ("mul", op),
        Numeric::Div(op) => ("div", op),
        Numeric::Rem(op) => ("remainder", op),
        // The public API has no integer exponents for floats.
        Numeric::Powi(op) if names.dtype(&op.lhs) == names.dtype(&op.rhs) => ("powi", op),
        Numeric::Greater(op) => ("greater", op),
        Numeric::GreaterEqual(op) => ("greater_equal", op),
        Numeric::Lower(op) => ("lower", op),
        Numeric::LowerEqual(op) => ("lower_equal", op),
        _ => return None,
    };
    Some(Call::method(names, &op.lhs, name, [names.argument(&op.rhs)]))
}

fn with_scalar(operation: &Numeric, names: &Names) -> Option<Call> {
    let call = |name, op: &ScalarOpIr| Call::method(names, &op.lhs, name, [scalar(op.rhs)]);
    Some(match operation {
        Numeric::AddScalar(op) => call("add_scalar", op),
        Numeric::SubScalar(op) => call("sub_scalar", op),
        Numeric::MulScalar(op) => call("mul_scalar", op),
        Numeric::DivScalar(op) => call("div_scalar", op),
        Numeric::RemScalar(op) => call("remainder_scalar", op),
        Numeric::PowiScalar(op) => call("powi_scalar", op),
        Numeric::GreaterElem(op) => call("greater_elem", op),
        Numeric::GreaterEqualElem(op) => call("greater_equal_elem", op),
        Numeric::LowerElem(op) => call("lower_elem", op),
        Numeric::LowerEqualElem(op) => call("lower_equal_elem", op),
        _ => return None,
    })
}

fn reduction(operation: &Numeric, names: &Names) -> Option<Call> {
    let whole = |name, op: &ReduceOpIr| Call::method(names, &op.input, name, []);
    let along =
        |name, tensor: &TensorIr, dim: usize| Call::method(names, tensor, name, [dim.to_string()]);
    let reduced = |name, op: &ReduceDimOpIr| along(name, &op.input, op.axis);
    let running = |name, op: &DimOpIr| along(name, &op.input, op.axis);
    Some(match operation {
        Numeric::Sum(op) => whole("sum", op),
        Numeric::Mean(op) => whole("mean", op),
        Numeric::Prod(op) => whole("prod", op),
        Numeric::Max(op) => whole("max", op),
        Numeric::Min(op) => whole("min", op),
        Numeric::MaxAbs(op) => whole("max_abs", op),
        Numeric::SumDim(op) => reduced("sum_dim", op),
        Numeric::MeanDim(op) => reduced("mean_dim", op),
        Numeric::ProdDim(op) => reduced("prod_dim", op),
        Numeric::MaxDim(op) => reduced("max_dim", op),
        Numeric::MinDim(op) => reduced("min_dim", op),
        Numeric::MaxAbsDim(op) => reduced("max_abs_dim", op),
        Numeric::ArgMax(op) => reduced("argmax", op),
        Numeric::ArgMin(op) => reduced("argmin", op),
        Numeric::TopK(op) => largest("topk", op, names)?,
        Numeric::ArgTopK(op) => largest("argtopk", op, names)?,
        Numeric::MaxDimWithIndices(op) => along("max_dim_with_indices", &op.tensor, op.dim),
        Numeric::MinDimWithIndices(op) => along("min_dim_with_indices", &op.tensor, op.dim),
        Numeric::CumSum(op) => running("cumsum", op),
        Numeric::CumProd(op) => running("cumprod", op),
        Numeric::CumMin(op) => running("cummin", op),
        Numeric::CumMax(op) => running("cummax", op),
        _ => return None,
    })
}

/// The public API refuses to choose all elements there are.
fn largest(name: &str, operation: &ReduceDimOpIr, names: &Names) -> Option<Call> {
    let ReduceDimOpIr { input, axis, accumulator_len: count, .. } = operation;
    let all = input.shape.to_vec().get(*axis).copied()?;
    let arguments = [count.to_string(), axis.to_string()];
    (*count < all).then(|| Call::method(names, input, name, arguments))
}
