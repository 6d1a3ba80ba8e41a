//! Which operations faults fit, and how they are rewritten. Pure.

use burn::tensor::DType;
use burn_repro_device::ir::{
    ActivationOperationIr as Activation, BaseOperationIr as Base, FloatOperationIr as Float,
    ModuleOperationIr as Module, NumericOperationIr as Numeric, OperationIr, ScalarIr, TensorIr,
};

use super::Elements;
use crate::numeric::round;
use crate::operation::{OpKind, change_scalars, op_kind, scalars};

/// Any operation with a result of floats that is computed or moved.
pub(super) fn any(operation: &OperationIr) -> bool {
    let out = operation.outputs().next();
    op_kind(operation) != OpKind::Unspecified
        && operation.inputs().next().is_some()
        && out.is_some_and(|out| out.dtype.is_float() && out.shape.num_elements() > 1)
}

/// Any whose last two dimensions are as long as each other.
pub(super) fn square(operation: &OperationIr) -> bool {
    let is_square = |out: &TensorIr| match out.shape.to_vec().as_slice() {
        [.., height, width] => height == width && *width > 1,
        _ => false,
    };
    any(operation) && operation.outputs().next().is_some_and(is_square)
}

/// Any with several channels, of which each has elements.
pub(super) fn with_channels(operation: &OperationIr) -> bool {
    let has = |out: &TensorIr| {
        let shape = out.shape.to_vec();
        shape.len() >= 2 && shape[1] > 1
    };
    any(operation) && operation.outputs().next().is_some_and(has)
}

/// Any with several samples.
pub(super) fn with_samples(operation: &OperationIr) -> bool {
    let several = |out: &TensorIr| out.shape.num_dims() > 1 && out.shape.to_vec()[0] > 1;
    any(operation) && operation.outputs().next().is_some_and(several)
}

/// Convolutions, linear layers and matrix products: their first two inputs are multiplied.
pub(super) fn product(operation: &OperationIr) -> bool {
    let module = matches!(
        operation,
        OperationIr::Module(
            Module::Linear(_) | Module::Conv1d(_) | Module::Conv2d(_) | Module::Conv3d(_)
        )
    );
    module || matches!(operation, OperationIr::Float(_, Float::Matmul(_)))
}

/// Convolutions with padding.
pub(super) fn padded(operation: &OperationIr) -> bool {
    matches!(operation, OperationIr::Module(Module::Conv2d(op)) if op.options.padding != [(0, 0); 2])
}

/// Convolutions with padding and a square kernel.
pub(super) fn square_kernel(operation: &OperationIr) -> bool {
    let OperationIr::Module(Module::Conv2d(op)) = operation else { return false };
    let shape = op.weight.shape.to_vec();
    shape[2] == shape[3] && shape[2] > 1
}

/// Convolutions of square images.
pub(super) fn square_convolution(operation: &OperationIr) -> bool {
    let OperationIr::Module(Module::Conv2d(op)) = operation else { return false };
    let shape = op.x.shape.to_vec();
    shape[2] == shape[3] && shape[2] > 1
}

pub(super) fn biased(operation: &OperationIr) -> bool {
    match operation {
        OperationIr::Module(Module::Linear(op)) => op.bias.is_some(),
        OperationIr::Module(Module::Conv1d(op)) => op.bias.is_some(),
        OperationIr::Module(Module::Conv2d(op)) => op.bias.is_some(),
        _ => false,
    }
}

pub(super) fn drop_bias(operation: &mut OperationIr) {
    match operation {
        OperationIr::Module(Module::Linear(op)) => op.bias = None,
        OperationIr::Module(Module::Conv1d(op)) => op.bias = None,
        OperationIr::Module(Module::Conv2d(op)) => op.bias = None,
        _ => {}
    }
}

/// What a norm adds to a variance.
pub(super) fn epsilon(operation: &OperationIr) -> bool {
    let adds = matches!(
        operation,
        OperationIr::NumericFloat(_, Numeric::AddScalar(_))
            | OperationIr::Module(Module::LayerNorm(_) | Module::BatchNorm(_))
    );
    adds && scalars(operation).iter().all(|&value| value > 0.0 && value < 0.01)
}

/// A factor or divisor other than one.
#[expect(clippy::float_cmp, reason = "a factor of one is one to the last bit")]
pub(super) fn factor(operation: &OperationIr) -> bool {
    let scales = matches!(
        operation,
        OperationIr::NumericFloat(_, Numeric::MulScalar(_) | Numeric::DivScalar(_))
    );
    scales && scalars(operation).iter().all(|value| value.abs() != 1.0 && *value != 0.0)
}

/// A mean along a dimension.
pub(super) fn mean(operation: &OperationIr) -> bool {
    matches!(operation, OperationIr::NumericFloat(_, Numeric::MeanDim(op)) if op.input.shape[op.axis] > 1)
}

pub(super) fn clamp(operation: &OperationIr) -> bool {
    matches!(operation, OperationIr::NumericFloat(_, Numeric::Clamp(_)))
}

/// Multiplies the scalars of an operation.
pub(super) fn scale_scalars(operation: &mut OperationIr, by: f64) {
    change_scalars(operation, |scalar| {
        if let ScalarIr::Float(value) = scalar {
            *value *= by;
        }
    });
}

pub(super) fn set_scalars(operation: &mut OperationIr, to: f64) {
    change_scalars(operation, |scalar| *scalar = ScalarIr::Float(to));
}

pub(super) fn sum(operation: &OperationIr) -> bool {
    matches!(operation, OperationIr::NumericFloat(_, Numeric::Add(_)))
}

pub(super) fn difference(operation: &OperationIr) -> bool {
    let OperationIr::NumericFloat(_, Numeric::Sub(_)) = operation else { return false };
    true
}

pub(super) fn subtract_instead(operation: &mut OperationIr) {
    if let OperationIr::NumericFloat(dtype, Numeric::Add(op)) = operation {
        *operation = OperationIr::NumericFloat(*dtype, Numeric::Sub(op.clone()));
    }
}

pub(super) fn add_instead(operation: &mut OperationIr) {
    if let OperationIr::NumericFloat(dtype, Numeric::Sub(op)) = operation {
        *operation = OperationIr::NumericFloat(*dtype, Numeric::Add(op.clone()));
    }
}

/// Inputs of one shape, side by side.
pub(super) fn joined(operation: &OperationIr) -> bool {
    let OperationIr::BaseFloat(Base::Cat(op)) = operation else { return false };
    let first = &op.tensors[0];
    // Of one tensor given twice, only the last may be consumed.
    let others = |tensor: &TensorIr| tensor.shape == first.shape && tensor.id != first.id;
    op.tensors.len() == 2 && op.tensors.iter().skip(1).all(others)
}

pub(super) fn join_backwards(operation: &mut OperationIr) {
    if let OperationIr::BaseFloat(Base::Cat(op)) = operation {
        op.tensors.reverse();
    }
}

pub(super) fn maximum(operation: &OperationIr) -> bool {
    matches!(operation, OperationIr::NumericFloat(_, Numeric::MaxDim(_)))
}

pub(super) fn exponential(operation: &OperationIr) -> bool {
    matches!(
        operation,
        OperationIr::Float(_, Float::Exp(_)) | OperationIr::Activation(Activation::Softmax(_))
    )
}

pub(super) fn root(operation: &OperationIr) -> bool {
    matches!(operation, OperationIr::Float(_, Float::Sqrt(_)))
}

pub(super) fn sum_along(operation: &OperationIr) -> bool {
    matches!(
        operation,
        OperationIr::NumericFloat(_, Numeric::SumDim(op) | Numeric::MeanDim(op)) if op.input.shape[op.axis] > 1
    )
}

/// Linear layers; without a bias they are products with one matrix.
pub(super) fn linear(operation: &OperationIr) -> bool {
    let is_one = |matrix: &TensorIr| {
        let shape = matrix.shape.to_vec();
        shape[..shape.len() - 2].iter().all(|&length| length == 1)
    };
    match operation {
        OperationIr::Module(Module::Linear(_)) => true,
        OperationIr::Float(_, Float::Matmul(op)) => is_one(&op.rhs),
        _ => false,
    }
}

/// A mean along a dimension, divided by one element too few.
pub(super) fn mean_of_one_fewer(operation: &OperationIr, inputs: &[Elements]) -> Option<Elements> {
    let OperationIr::NumericFloat(_, Numeric::MeanDim(op)) = operation else { return None };
    let length = op.input.shape[op.axis];
    Some(along(inputs.first()?, op.axis, |terms| terms.sum::<f64>() / (length - 1) as f64))
}

/// A sum along a dimension whose running total is an f16.
pub(super) fn sum_in_f16(operation: &OperationIr, inputs: &[Elements]) -> Option<Elements> {
    let OperationIr::NumericFloat(_, Numeric::SumDim(op) | Numeric::MeanDim(op)) = operation else {
        return None;
    };
    let input = inputs.first()?;
    let length = input.shape[op.axis] as f64;
    let is_mean = matches!(operation, OperationIr::NumericFloat(_, Numeric::MeanDim(_)));
    let divisor = if is_mean { length } else { 1.0 };
    Some(along(input, op.axis, |terms| add_in_f16(terms) / divisor))
}

/// One number for all elements along a dimension.
fn along(
    input: &Elements,
    axis: usize,
    reduce: impl Fn(&mut dyn Iterator<Item = f64>) -> f64,
) -> Elements {
    let length = input.shape[axis];
    let inner: usize = input.shape[axis + 1..].iter().product();
    let mut shape = input.shape.clone();
    shape[axis] = 1;
    let outputs: usize = shape.iter().product();
    let one = |output: usize| {
        let first = output / inner * length * inner + output % inner;
        reduce(&mut (0..length).map(|step| input.values[first + step * inner]))
    };
    input.like(shape, (0..outputs).map(one).collect())
}

/// A linear layer whose running totals are f16.
pub(super) fn linear_in_f16(operation: &OperationIr, inputs: &[Elements]) -> Option<Elements> {
    let out = operation.outputs().next()?;
    let (x, weight) = (inputs.first()?, inputs.get(1)?);
    let [.., shared, columns] = weight.shape[..] else { return None };
    let mut values = Vec::with_capacity(x.values.len() / shared * columns);
    for row in x.values.chunks(shared) {
        for column in 0..columns {
            let terms =
                row.iter().enumerate().map(|(k, x)| x * weight.values[k * columns + column]);
            let bias = inputs.get(2).map_or(0.0, |bias| bias.values[column]);
            values.push(add_in_f16(terms) + bias);
        }
    }
    Some(x.like(out.shape.to_vec(), values))
}

fn add_in_f16(terms: impl Iterator<Item = f64>) -> f64 {
    let f16 = |value| round(value, DType::F16);
    terms.fold(0.0, |total, term| f16(total + f16(term)))
}
