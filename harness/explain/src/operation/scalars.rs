//! The scalars that an operation is given: an epsilon, a factor, the ends of a range.

use burn_repro_device::ir::{
    BaseOperationIr as Base, FloatOperationIr as Float, NumericOperationIr as Numeric, OperationIr,
    ScalarIr,
};

/// The scalars of an operation, in order.
pub fn scalars(operation: &OperationIr) -> Vec<f64> {
    let mut operation = operation.clone();
    let scalars = scalars_mut(&mut operation);
    scalars.into_iter().map(|scalar| number(*scalar)).collect()
}

fn number(scalar: ScalarIr) -> f64 {
    match scalar {
        ScalarIr::Float(value) => value,
        ScalarIr::Int(value) => value as f64,
        ScalarIr::UInt(value) => value as f64,
        ScalarIr::Bool(value) => f64::from(u8::from(value)),
    }
}

/// Rounds every scalar of an operation on floats to the target's own type, as the target does.
pub(crate) fn round_scalars(operation: &mut OperationIr, round: impl Fn(f64) -> f64) {
    for scalar in scalars_mut(operation) {
        if let ScalarIr::Float(value) = scalar {
            *value = round(*value);
        }
    }
}

/// The scalars of an operation, to be changed.
pub(crate) fn scalars_mut(operation: &mut OperationIr) -> Vec<&mut ScalarIr> {
    match operation {
        OperationIr::BaseFloat(base) | OperationIr::BaseInt(base) | OperationIr::BaseBool(base) => {
            match base {
                Base::EqualElem(op) => vec![&mut op.rhs],
                Base::MaskFill(op) => vec![&mut op.value],
                _ => Vec::new(),
            }
        }
        OperationIr::NumericFloat(_, numeric) | OperationIr::NumericInt(_, numeric) => {
            numeric_scalars(numeric)
        }
        OperationIr::Float(_, Float::PowfScalar(op)) => vec![&mut op.rhs],
        _ => Vec::new(),
    }
}

fn numeric_scalars(operation: &mut Numeric) -> Vec<&mut ScalarIr> {
    match operation {
        Numeric::AddScalar(op)
        | Numeric::SubScalar(op)
        | Numeric::MulScalar(op)
        | Numeric::DivScalar(op)
        | Numeric::RemScalar(op)
        | Numeric::PowiScalar(op)
        | Numeric::GreaterElem(op)
        | Numeric::GreaterEqualElem(op)
        | Numeric::LowerElem(op)
        | Numeric::LowerEqualElem(op) => vec![&mut op.rhs],
        Numeric::Full(op) => vec![&mut op.value],
        Numeric::Clamp(op) => vec![&mut op.min, &mut op.max],
        _ => Vec::new(),
    }
}
