//! How exact an operation has to be: what its error is measured by, and how many units of that it may have.

use burn_repro_device::ir::{
    ActivationOperationIr as Activation, BaseOperationIr as Base, FloatOperationIr as Float,
    ModuleOperationIr as Module, NumericOperationIr as Numeric, OperationIr, TensorIr,
};

/// What is asked of an operation's kernel when its inputs are known exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum OpKind {
    /// Memory that nobody has written yet: nothing is asked.
    Unspecified,
    /// Values are moved or chosen: every bit is known, and rounding the inputs is rounding the result.
    DataMovement,
    /// Integers and booleans are computed: every bit is known once the inputs are.
    Exact,
    /// One rounding for each element, give or take the division and root of GPUs.
    Rounded,
    /// A power, each element beside itself: what is off in the exponent is off in the result as often as the exponent is large.
    Exponential,
    /// A function that passes through zero, beside one.
    NearZero,
    /// Products of so many factors, each element beside itself.
    Product(usize),
    /// Sums of so many terms, beside the largest sum of their absolute values.
    Sum(usize),
}

impl OpKind {
    /// The most units in the last place that need no explanation.
    ///
    /// `Rounded` is WGSL's bound on a division (2.5) with room for a flush of the last bit, `Crossing` is OpenCL's widest
    /// bound on a function. A sum of terms with mixed signs stays within a few units of the sum of their absolute values
    /// however long it is; one of terms with one sign, added one after another, walks away as the root of their number.
    pub(crate) fn allowed_ulp(self) -> f64 {
        match self {
            Self::Unspecified => f64::INFINITY,
            // The smallest error there is counts twice what is allowed.
            Self::DataMovement | Self::Exact => 0.5,
            Self::Rounded => 4.0,
            Self::Exponential | Self::NearZero => 16.0,
            // One rounding for each factor.
            Self::Product(factors) => 4.0 + factors as f64,
            Self::Sum(terms) => 8.0 + (terms as f64).sqrt(),
        }
    }
}

/// The class of an operation.
pub(crate) fn op_kind(operation: &OperationIr) -> OpKind {
    match operation {
        OperationIr::BaseFloat(base) | OperationIr::BaseInt(base) | OperationIr::BaseBool(base) => {
            of_base(base)
        }
        OperationIr::NumericFloat(_, numeric) => of_numeric(numeric, operation),
        OperationIr::NumericInt(_, Numeric::IntRandom(_)) => OpKind::Unspecified,
        OperationIr::NumericInt(..) | OperationIr::Bool(_) | OperationIr::Int(_) => OpKind::Exact,
        OperationIr::Float(_, float) => of_float(float, operation),
        OperationIr::Module(module) => of_module(module, operation),
        OperationIr::Activation(activation) => of_activation(activation),
        _ => OpKind::Unspecified,
    }
}

fn of_base(operation: &Base) -> OpKind {
    match operation {
        Base::Empty(_) => OpKind::Unspecified,
        Base::Equal(_) | Base::EqualElem(_) | Base::NotEqual(_) | Base::NotEqualElem(_) => {
            OpKind::Exact
        }
        // Whatever falls on one place is added, in any order.
        Base::Scatter(op) => OpKind::Sum(op.value.shape.num_elements() + 1),
        Base::ScatterNd(op) => OpKind::Sum(op.values.shape.num_elements() + 1),
        Base::SelectAssign(op) => OpKind::Sum(op.value.shape.num_elements() + 1),
        _ => OpKind::DataMovement,
    }
}

fn of_numeric(numeric: &Numeric, operation: &OperationIr) -> OpKind {
    match numeric {
        Numeric::Abs(_)
        | Numeric::Neg(_)
        | Numeric::Sign(_)
        | Numeric::Full(_)
        | Numeric::Clamp(_)
        | Numeric::ClampMin(_)
        | Numeric::ClampMax(_)
        | Numeric::Pad(_)
        | Numeric::Sort(_) => OpKind::DataMovement,
        Numeric::Max(_)
        | Numeric::Min(_)
        | Numeric::MaxDim(_)
        | Numeric::MinDim(_)
        | Numeric::MaxAbs(_)
        | Numeric::MaxAbsDim(_)
        | Numeric::TopK(_)
        | Numeric::CumMin(_)
        | Numeric::CumMax(_) => OpKind::DataMovement,
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
        | Numeric::ArgSort(_)
        | Numeric::SortWithIndices(_)
        | Numeric::TopKWithIndices(_)
        | Numeric::MaxDimWithIndices(_)
        | Numeric::MinDimWithIndices(_) => OpKind::Exact,
        Numeric::IntRandom(_) => OpKind::Unspecified,
        Numeric::Powi(_) | Numeric::PowiScalar(_) => OpKind::Exponential,
        Numeric::Rem(_) | Numeric::RemScalar(_) => OpKind::NearZero,
        Numeric::Sum(_)
        | Numeric::SumDim(_)
        | Numeric::SumDims(_)
        | Numeric::Mean(_)
        | Numeric::MeanDim(_) => OpKind::Sum(terms(operation)),
        Numeric::CumSum(op) => OpKind::Sum(op.input.shape[op.axis]),
        Numeric::Prod(_) | Numeric::ProdDim(_) => OpKind::Product(terms(operation)),
        Numeric::CumProd(op) => OpKind::Product(op.input.shape[op.axis]),
        _ => OpKind::Rounded,
    }
}

fn of_float(float: &Float, operation: &OperationIr) -> OpKind {
    match float {
        Float::Sqrt(_) | Float::Recip(_) | Float::Hypot(_) => OpKind::Rounded,
        Float::Round(_) | Float::Floor(_) | Float::Ceil(_) | Float::Trunc(_) => OpKind::Exact,
        Float::IntoInt(_) | Float::IsNan(_) | Float::IsInf(_) => OpKind::Exact,
        Float::Random(_) | Float::Quantize(_) | Float::Dequantize(_) => OpKind::Unspecified,
        Float::Matmul(op) => OpKind::Sum(last(&op.lhs)),
        Float::Cross(_) => OpKind::Sum(2),
        Float::GridSample2d(_) => interpolated(operation),
        Float::Exp(_) | Float::PowfScalar(_) | Float::Powf(_) | Float::Cosh(_) => {
            OpKind::Exponential
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
        | Float::ArcTan2(_) => OpKind::NearZero,
    }
}

fn of_module(module: &Module, operation: &OperationIr) -> OpKind {
    match module {
        Module::Embedding(_) | Module::MaxPool1d(_) | Module::MaxPool2d(_) => OpKind::DataMovement,
        // Which of two equal elements is the largest shows in the index: rounding may make them equal.
        Module::MaxPool1dWithIndices(_) | Module::MaxPool2dWithIndices(_) => OpKind::Exact,
        Module::Linear(op) => OpKind::Sum(last(&op.x) + 1),
        Module::Conv1d(op) => OpKind::Sum(window(&op.weight)),
        Module::Conv2d(op) => OpKind::Sum(window(&op.weight)),
        Module::Conv3d(op) => OpKind::Sum(window(&op.weight)),
        Module::ConvTranspose1d(op) => OpKind::Sum(transposed_window(&op.weight)),
        Module::ConvTranspose2d(op) => OpKind::Sum(transposed_window(&op.weight)),
        Module::ConvTranspose3d(op) => OpKind::Sum(transposed_window(&op.weight)),
        Module::DeformableConv2d(op) => OpKind::Sum(window(&op.weight)),
        Module::Interpolate(_) => interpolated(operation),
        // Each element beside the root of a variance, which is a sum.
        Module::LayerNorm(op) => OpKind::Sum(last(&op.input)),
        Module::BatchNorm(_) => OpKind::Sum(2),
        Module::Unfold4d(_) => OpKind::DataMovement,
        // Scores, their softmax, and the values.
        Module::Attention(op) => OpKind::Sum(last(&op.query) + op.key.shape[2]),
        _ => OpKind::Sum(terms(operation)),
    }
}

fn of_activation(activation: &Activation) -> OpKind {
    match activation {
        Activation::Relu(_) | Activation::ReluBackward(_) => OpKind::DataMovement,
        Activation::LeakyRelu(_) | Activation::PRelu(_) | Activation::HardSigmoid(_) => {
            OpKind::Rounded
        }
        // An element of a softmax is a power, divided by a sum of powers.
        Activation::Softmax(_) | Activation::Softmin(_) => OpKind::Exponential,
        _ => OpKind::NearZero,
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
fn interpolated(operation: &OperationIr) -> OpKind {
    let tensors = operation.inputs().chain(operation.outputs());
    let sides = tensors.flat_map(|tensor| tensor.shape.to_vec().into_iter().skip(2));
    let longest = sides.max().unwrap_or(1);
    OpKind::Sum(longest * longest)
}

/// How many elements of the largest input there are to one of the output, at least.
fn terms(operation: &OperationIr) -> usize {
    let elements = |tensor: &TensorIr| tensor.shape.num_elements();
    let inputs = operation.inputs().map(elements).max().unwrap_or(1);
    let outputs = operation.outputs().map(elements).max().unwrap_or(1);
    inputs.div_ceil(outputs.max(1)).max(1)
}
