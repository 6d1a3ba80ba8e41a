//! How exact an operation has to be: what its error is measured by, and how many units of that it may have.

use burn_repro_device::ir::{
    BaseOperationIr as Base, FloatOperationIr as Float, ModuleOperationIr as Module,
    NumericOperationIr as Numeric, OperationIr, TensorIr,
};

/// What is asked of an operation's kernel when its inputs are known exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Class {
    /// Memory that nobody has written yet: nothing is asked.
    Nothing,
    /// Values are moved or chosen: every bit is known, and rounding the inputs is rounding the result.
    Moved,
    /// Integers and booleans are computed: every bit is known once the inputs are.
    Exact,
    /// One rounding for each element, give or take the division and root of GPUs.
    Rounded,
    /// A power, each element beside itself: what is off in the exponent is off in the result as often as the exponent is large.
    Exponential,
    /// A function that passes through zero, beside one.
    Crossing,
    /// Products of so many factors, each element beside itself.
    Product(usize),
    /// Sums of so many terms, beside the largest sum of their absolute values.
    Sum(usize),
}

impl Class {
    /// The most units in the last place that need no explanation.
    ///
    /// `Rounded` is WGSL's bound on a division (2.5) with room for a flush of the last bit, `Crossing` is OpenCL's widest
    /// bound on a function. A sum of terms with mixed signs stays within a few units of the sum of their absolute values
    /// however long it is; one of terms with one sign, added one after another, walks away as the root of their number.
    pub(crate) fn allowed_ulp(self) -> f64 {
        match self {
            Self::Nothing => f64::INFINITY,
            // The smallest error there is counts twice what is allowed.
            Self::Moved | Self::Exact => 0.5,
            Self::Rounded => 4.0,
            Self::Exponential | Self::Crossing => 16.0,
            // One rounding for each factor.
            Self::Product(factors) => 4.0 + factors as f64,
            Self::Sum(terms) => 8.0 + (terms as f64).sqrt(),
        }
    }
}

/// The class of an operation.
pub fn class(operation: &OperationIr) -> Class {
    match operation {
        OperationIr::BaseFloat(base) | OperationIr::BaseInt(base) | OperationIr::BaseBool(base) => {
            of_base(base)
        }
        OperationIr::NumericFloat(_, numeric) => of_numeric(numeric, operation),
        OperationIr::NumericInt(_, Numeric::IntRandom(_)) => Class::Nothing,
        OperationIr::NumericInt(..) | OperationIr::Bool(_) | OperationIr::Int(_) => Class::Exact,
        OperationIr::Float(_, float) => of_float(float, operation),
        OperationIr::Module(module) => of_module(module, operation),
        _ => Class::Nothing,
    }
}

fn of_base(operation: &Base) -> Class {
    match operation {
        Base::Empty(_) => Class::Nothing,
        Base::Equal(_) | Base::EqualElem(_) => Class::Exact,
        // Whatever falls on one place is added, in any order.
        Base::Scatter(op) => Class::Sum(op.value.shape.num_elements() + 1),
        Base::ScatterNd(op) => Class::Sum(op.values.shape.num_elements() + 1),
        Base::SelectAssign(op) => Class::Sum(op.value.shape.num_elements() + 1),
        _ => Class::Moved,
    }
}

fn of_numeric(numeric: &Numeric, operation: &OperationIr) -> Class {
    match numeric {
        Numeric::Abs(_) | Numeric::Full(_) | Numeric::Clamp(_) => Class::Moved,
        Numeric::Max(_)
        | Numeric::Min(_)
        | Numeric::MaxDim(_)
        | Numeric::MinDim(_)
        | Numeric::MaxAbs(_)
        | Numeric::MaxAbsDim(_)
        | Numeric::TopK(_)
        | Numeric::CumMin(_)
        | Numeric::CumMax(_) => Class::Moved,
        Numeric::Greater(_)
        | Numeric::GreaterElem(_)
        | Numeric::GreaterEqual(_)
        | Numeric::GreaterEqualElem(_)
        | Numeric::Lower(_)
        | Numeric::LowerElem(_)
        | Numeric::LowerEqual(_)
        | Numeric::LowerEqualElem(_)
        | Numeric::ArgMax(_)
        | Numeric::ArgMin(_)
        | Numeric::ArgTopK(_)
        | Numeric::MaxDimWithIndices(_)
        | Numeric::MinDimWithIndices(_) => Class::Exact,
        Numeric::IntRandom(_) => Class::Nothing,
        Numeric::Powi(_) | Numeric::PowiScalar(_) => Class::Exponential,
        Numeric::Rem(_) | Numeric::RemScalar(_) => Class::Crossing,
        Numeric::Sum(_) | Numeric::SumDim(_) | Numeric::Mean(_) | Numeric::MeanDim(_) => {
            Class::Sum(terms(operation))
        }
        Numeric::CumSum(op) => Class::Sum(op.input.shape[op.axis]),
        Numeric::Prod(_) | Numeric::ProdDim(_) => Class::Product(terms(operation)),
        Numeric::CumProd(op) => Class::Product(op.input.shape[op.axis]),
        _ => Class::Rounded,
    }
}

fn of_float(float: &Float, operation: &OperationIr) -> Class {
    match float {
        Float::Sqrt(_) | Float::Recip(_) => Class::Rounded,
        Float::Round(_) | Float::Floor(_) | Float::Ceil(_) | Float::Trunc(_) => Class::Exact,
        Float::IntoInt(_) | Float::IsNan(_) | Float::IsInf(_) => Class::Exact,
        Float::Random(_) | Float::Quantize(_) | Float::Dequantize(_) => Class::Nothing,
        Float::Matmul(op) => Class::Sum(last(&op.lhs)),
        Float::Cross(_) => Class::Sum(2),
        Float::GridSample2d(_) => interpolated(operation),
        Float::Exp(_) | Float::PowfScalar(_) | Float::Powf(_) | Float::Cosh(_) => {
            Class::Exponential
        }
        Float::Log(_)
        | Float::Log1p(_)
        | Float::Erf(_)
        | Float::Tanh(_)
        | Float::Sinh(_)
        | Float::ArcSin(_)
        | Float::ArcTan(_)
        | Float::ArcSinh(_)
        | Float::ArcTanh(_)
        | Float::Sin(_)
        | Float::Cos(_)
        | Float::Tan(_)
        | Float::ArcCos(_)
        | Float::ArcCosh(_)
        | Float::ArcTan2(_) => Class::Crossing,
    }
}

fn of_module(module: &Module, operation: &OperationIr) -> Class {
    match module {
        Module::Embedding(_) | Module::MaxPool1d(_) | Module::MaxPool2d(_) => Class::Moved,
        // Which of two equal elements is the largest shows in the index: rounding may make them equal.
        Module::MaxPool1dWithIndices(_) | Module::MaxPool2dWithIndices(_) => Class::Exact,
        Module::Linear(op) => Class::Sum(last(&op.x) + 1),
        Module::Conv1d(op) => Class::Sum(window(&op.weight)),
        Module::Conv2d(op) => Class::Sum(window(&op.weight)),
        Module::Conv3d(op) => Class::Sum(window(&op.weight)),
        Module::ConvTranspose1d(op) => Class::Sum(transposed_window(&op.weight)),
        Module::ConvTranspose2d(op) => Class::Sum(transposed_window(&op.weight)),
        Module::ConvTranspose3d(op) => Class::Sum(transposed_window(&op.weight)),
        Module::DeformableConv2d(op) => Class::Sum(window(&op.weight)),
        Module::Interpolate(_) => interpolated(operation),
        // Scores, their softmax, and the values.
        Module::Attention(op) => Class::Sum(last(&op.query) + op.key.shape[2]),
        _ => Class::Sum(terms(operation)),
    }
}

fn last(tensor: &TensorIr) -> usize {
    tensor.shape.to_vec().last().copied().unwrap_or(1)
}

/// The terms of one element of a convolution, and its bias.
fn window(weight: &TensorIr) -> usize {
    weight.shape.to_vec().iter().skip(1).product::<usize>() + 1
}

/// The same for a transposed one, whose weight has its input channels first.
fn transposed_window(weight: &TensorIr) -> usize {
    let shape = weight.shape.to_vec();
    shape[0] * shape.iter().skip(2).product::<usize>() + 1
}

/// Where a coordinate is a float, it is off by as many units as the image is long.
fn interpolated(operation: &OperationIr) -> Class {
    let tensors = operation.inputs().chain(operation.outputs());
    let sides = tensors.flat_map(|tensor| tensor.shape.to_vec().into_iter().skip(2));
    let longest = sides.max().unwrap_or(1);
    Class::Sum(longest * longest)
}

/// How many elements of the largest input there are to one of the output, at least.
fn terms(operation: &OperationIr) -> usize {
    let elements = |tensor: &TensorIr| tensor.shape.num_elements();
    let inputs = operation.inputs().map(elements).max().unwrap_or(1);
    let outputs = operation.outputs().map(elements).max().unwrap_or(1);
    inputs.div_ceil(outputs.max(1)).max(1)
}
