//! Activations that a backend may compute in one piece, though the stream shows them taken apart.
//!
//! The router writes softmax, sigmoid and gelu out as plain operations. So when their operations went by in order, the
//! target's own function is run beside them on the same input: a module-level comparison.

use std::f64::consts::SQRT_2;

use burn::tensor::TensorData;
use burn::tensor::ops::{ActivationOps, FloatTensorOps};
use burn_repro_device::ir::{
    BaseOperationIr as Base, FloatOperationIr as Float, NumericOperationIr as Numeric, OperationIr,
    TensorId,
};
use burn_repro_device::{Backend, Device};

use crate::operation::scalars;

/// An activation that a backend may override.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `exp(x - max) / sum`, along a dimension.
    Softmax(usize),
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `x (1 + erf(x / sqrt 2)) / 2`.
    Gelu,
    /// `max(x, 0)`.
    Relu,
}

/// An activation whose last operation went by.
#[derive(Debug, Clone)]
pub struct Whole {
    pub activation: Activation,
    /// What went in, in the target's type.
    pub input: TensorData,
}

/// The operations that went by since an activation may have begun.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    begun: Option<Begun>,
}

#[derive(Debug)]
struct Begun {
    steps: &'static [Step],
    activation: Activation,
    input: TensorData,
    /// The tensor that went in, to which a ReLU comes back.
    id: TensorId,
    /// What the step before gave.
    last: TensorId,
    done: usize,
}

impl Begun {
    /// Whether an operation is the next step, on what the one before gave.
    fn goes_on(&self, step: Step, operation: &OperationIr) -> bool {
        let reads = |id: TensorId| operation.inputs().any(|tensor| tensor.id == id);
        let comes_back = step != Step::MaskFill || reads(self.id);
        self.steps[self.done] == step && reads(self.last) && comes_back
    }
}

/// A kind of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Cast,
    Negate,
    Exp,
    Log,
    AddScalar,
    MaxDim,
    Sub,
    SumDim,
    Div,
    DivScalar,
    Erf,
    Mul,
    LowerEqualElem,
    MaskFill,
}

const SOFTMAX: &[Step] = &[Step::MaxDim, Step::Sub, Step::Exp, Step::SumDim, Step::Div];
const SIGMOID: &[Step] = &[
    Step::Cast,
    Step::Negate,
    Step::Exp,
    Step::AddScalar,
    Step::Log,
    Step::Negate,
    Step::Exp,
    Step::Cast,
];
const GELU: &[Step] = &[Step::DivScalar, Step::Erf, Step::AddScalar, Step::Mul, Step::DivScalar];
const RELU: &[Step] = &[Step::LowerEqualElem, Step::MaskFill];

impl Watch {
    /// Takes the next operation; `input` gives the operation's first input in the target's type.
    pub fn take(
        &mut self,
        operation: &OperationIr,
        input: impl FnOnce() -> Option<TensorData>,
    ) -> Option<Whole> {
        let (Some(step), Some(out)) = (step(operation), operation.outputs().next()) else {
            self.interrupt();
            return None;
        };
        if let Some(begun) = &mut self.begun
            && begun.goes_on(step, operation)
        {
            begun.done += 1;
            begun.last = out.id;
            if begun.done < begun.steps.len() {
                return None;
            }
            let Begun { activation, input, .. } = self.begun.take()?;
            return Some(Whole { activation, input });
        }
        self.begun = begins(step, operation).and_then(|(steps, activation)| {
            let id = operation.inputs().next()?.id;
            Some(Begun { steps, activation, input: input()?, id, last: out.id, done: 1 })
        });
        None
    }

    /// Forgets what may have begun: something else went by.
    pub fn interrupt(&mut self) {
        self.begun = None;
    }
}

fn begins(step: Step, operation: &OperationIr) -> Option<(&'static [Step], Activation)> {
    Some(match (step, operation) {
        (Step::MaxDim, OperationIr::NumericFloat(_, Numeric::MaxDim(op))) => {
            (SOFTMAX, Activation::Softmax(op.axis))
        }
        (Step::Cast, _) => (SIGMOID, Activation::Sigmoid),
        (Step::DivScalar, _) => (GELU, Activation::Gelu),
        (Step::LowerEqualElem, _) => (RELU, Activation::Relu),
        _ => return None,
    })
}

fn step(operation: &OperationIr) -> Option<Step> {
    let is = |wanted: f64| {
        let near = |scalar: &f64| (scalar - wanted).abs() < 1.0e-6;
        scalars(operation).iter().all(near)
    };
    Some(match operation {
        OperationIr::BaseFloat(Base::Cast(_)) => Step::Cast,
        OperationIr::BaseFloat(Base::MaskFill(_)) if is(0.0) => Step::MaskFill,
        OperationIr::Float(_, Float::Exp(_)) => Step::Exp,
        OperationIr::Float(_, Float::Log(_)) => Step::Log,
        OperationIr::Float(_, Float::Erf(_)) => Step::Erf,
        OperationIr::NumericFloat(_, numeric) => match numeric {
            Numeric::MulScalar(_) if is(-1.0) => Step::Negate,
            Numeric::AddScalar(_) if is(1.0) => Step::AddScalar,
            Numeric::DivScalar(_) if is(SQRT_2) || is(2.0) => Step::DivScalar,
            Numeric::MaxDim(_) => Step::MaxDim,
            Numeric::SumDim(_) => Step::SumDim,
            Numeric::LowerEqualElem(_) if is(0.0) => Step::LowerEqualElem,
            Numeric::Sub(_) => Step::Sub,
            Numeric::Div(_) => Step::Div,
            Numeric::Mul(_) => Step::Mul,
            _ => return None,
        },
        _ => return None,
    })
}

impl Activation {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Softmax(_) => "softmax",
            Self::Sigmoid => "sigmoid",
            Self::Gelu => "gelu",
            Self::Relu => "relu",
        }
    }

    /// Runs the device's own function.
    ///
    /// # Errors
    /// What the backend says.
    pub fn run(self, input: TensorData, device: &Device) -> Result<TensorData, String> {
        let tensor = Backend::float_from_data(input, device);
        let result = match self {
            Self::Softmax(dim) => Backend::softmax(tensor, dim),
            Self::Sigmoid => Backend::sigmoid(tensor),
            Self::Gelu => Backend::gelu(tensor),
            Self::Relu => Backend::relu(tensor),
        };
        let read = burn::tensor::try_read_sync(Backend::float_into_data(result));
        let data = read.ok_or("the device cannot be waited for")?;
        data.map_err(|error| format!("{error:?}"))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{BoolStore, DType, Shape};
    use burn_repro_device::ir::{MaskFillOpIr, ScalarIr, ScalarOpIr, TensorIr};
    use rstest::rstest;

    use super::*;

    fn tensor(id: u64, dtype: DType) -> TensorIr {
        TensorIr::uninit(TensorId::new(id), Shape::from(vec![2]), dtype)
    }

    fn float(id: u64) -> TensorIr {
        tensor(id, DType::F32)
    }

    /// `mask = x <= at; y filled with value where mask`.
    fn relu(at: f64, y: u64, value: f64) -> [OperationIr; 2] {
        let mask = || tensor(7, DType::Bool(BoolStore::Native));
        let lower = ScalarOpIr { lhs: float(1), rhs: ScalarIr::Float(at), out: mask() };
        let fill = MaskFillOpIr {
            tensor: float(y),
            mask: mask(),
            value: ScalarIr::Float(value),
            out: float(9),
        };
        [
            OperationIr::NumericFloat(DType::F32, Numeric::LowerEqualElem(lower)),
            OperationIr::BaseFloat(Base::MaskFill(fill)),
        ]
    }

    #[rstest]
    #[case::relu(relu(0.0, 1, 0.0), true)]
    #[case::of_another_tensor(relu(0.0, 2, 0.0), false)]
    #[case::at_another_threshold(relu(0.5, 1, 0.0), false)]
    #[case::filled_with_something(relu(0.0, 1, -1.0), false)]
    fn a_relu_is_one_only_where_it_comes_back_to_its_input(
        #[case] operations: [OperationIr; 2],
        #[case] is_relu: bool,
    ) {
        let mut watch = Watch::default();
        let input = || Some(TensorData::from([1.0_f32, -1.0]));
        let [lower, fill] = operations;
        assert!(watch.take(&lower, input).is_none());
        let whole = watch.take(&fill, input).map(|whole| whole.activation);
        assert_eq!(whole, is_relu.then_some(Activation::Relu));
    }

    #[test]
    fn what_goes_by_in_between_ends_it() {
        let mut watch = Watch::default();
        let input = || Some(TensorData::from([1.0_f32, -1.0]));
        let [lower, fill] = relu(0.0, 1, 0.0);
        watch.take(&lower, input);
        watch.interrupt();
        assert!(watch.take(&fill, input).is_none());
    }
}
