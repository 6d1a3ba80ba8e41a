//! Hand-made operations, and some as they would be caught: for the tests of this module alone.

mod listed;
mod modules;

use burn::tensor::{BoolStore, DType, Shape, TensorData};
use burn_repro_device::ir::{
    BinaryOpIr, CatOpIr, Conv2dOpIr, Conv2dOptionsIr, ModuleOperationIr as Module,
    NumericOperationIr as Numeric, OperationIr, ReduceDimOpIr, ScalarIr, ScalarOpIr, TensorId,
    TensorIr, TensorStatus,
};
use burn_repro_target::Locator;

use super::FailingOperation;

/// A hand-made operation, and the call that it should become: none where the representation is executed.
pub(super) type Example = (OperationIr, Option<&'static str>);

pub(super) fn all() -> Vec<Example> {
    let calls = listed::calls().into_iter().chain(modules::calls());
    let calls = calls.map(|(operation, call)| (operation, Some(call)));
    calls.chain(modules::executed().into_iter().map(|operation| (operation, None))).collect()
}

pub(super) fn tensor(id: u64, shape: &[usize], dtype: DType) -> TensorIr {
    let (id, shape) = (TensorId::new(id), Shape::from(shape.to_vec()));
    TensorIr { id, shape, status: TensorStatus::ReadOnly, dtype }
}

pub(super) fn float(id: u64, shape: &[usize]) -> TensorIr {
    tensor(id, shape, DType::F32)
}

pub(super) fn int(id: u64, shape: &[usize]) -> TensorIr {
    tensor(id, shape, DType::I32)
}

pub(super) fn bool(id: u64, shape: &[usize]) -> TensorIr {
    tensor(id, shape, DType::Bool(BoolStore::Native))
}

/// The one result of an operation.
pub(super) fn out() -> TensorId {
    TensorId::new(100)
}

pub(super) fn binary(lhs: &[usize], rhs: &[usize], out: &[usize]) -> BinaryOpIr {
    BinaryOpIr { lhs: float(1, lhs), rhs: float(2, rhs), out: float(100, out) }
}

pub(super) fn cat() -> CatOpIr {
    CatOpIr::create(vec![float(1, &[2, 3]), float(2, &[2, 3])], 1, out)
}

pub(super) fn numeric(operation: Numeric) -> OperationIr {
    OperationIr::NumericFloat(DType::F32, operation)
}

/// An operation caught on flex, with nothing wrong.
fn caught(
    operation: OperationIr,
    inputs: Vec<TensorData>,
    expected: TensorData,
    got: TensorData,
) -> FailingOperation {
    let inputs = operation.inputs().cloned().zip(inputs).collect();
    let outputs = operation.outputs().cloned().collect();
    FailingOperation {
        title: "an operation at step.00/unet".into(),
        scenario: "ddim-tiny".into(),
        target: "flex".into(),
        locator: Locator::Flex,
        operation,
        inputs,
        outputs,
        expected: vec![expected],
        got: vec![got],
        allowed_ulp: 4.0,
        facts: vec![("os".into(), "linux x86_64".into())],
    }
}

/// `[1, 2, 3, 4] + 0.5`.
pub(super) fn add_scalar() -> FailingOperation {
    let add = ScalarOpIr::create(float(1, &[4]), ScalarIr::Float(0.5), out);
    let inputs = vec![TensorData::new(vec![1.0_f32, 2.0, 3.0, 4.0], [4])];
    let expected = TensorData::new(vec![1.5_f64, 2.5, 3.5, 4.5], [4]);
    let got = TensorData::new(vec![1.5_f32, 2.5, 3.5, 4.5], [4]);
    caught(numeric(Numeric::AddScalar(add)), inputs, expected, got)
}

/// `1 - 2 + 3 = 2`, of which the terms are 6.
pub(super) fn sum_dim() -> FailingOperation {
    let sum = ReduceDimOpIr::create(float(1, &[1, 3]), 1, 1, out);
    let inputs = vec![TensorData::new(vec![1.0_f32, -2.0, 3.0], [1, 3])];
    let expected = TensorData::new(vec![2.0_f64], [1, 1]);
    let got = TensorData::new(vec![2.0_f32], [1, 1]);
    caught(numeric(Numeric::SumDim(sum)), inputs, expected, got)
}

/// `[1, 3] > [2, 2]`.
pub(super) fn greater() -> FailingOperation {
    let dtype = DType::Bool(BoolStore::Native);
    let greater = BinaryOpIr::create_comparison(float(1, &[2]), float(2, &[2]), dtype, out);
    let inputs =
        vec![TensorData::new(vec![1.0_f32, 3.0], [2]), TensorData::new(vec![2.0_f32, 2.0], [2])];
    let result = TensorData::new(vec![false, true], [2]);
    let caught = caught(numeric(Numeric::Greater(greater)), inputs, result.clone(), result);
    FailingOperation { allowed_ulp: 0.5, ..caught }
}

/// Ones under a kernel of ones with a bias of a half: each result is the number of pixels in reach and a half.
pub(super) fn conv2d() -> FailingOperation {
    let options = Conv2dOptionsIr { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };
    let (x, weight) = (float(1, &[1, 1, 3, 3]), float(2, &[1, 1, 3, 3]));
    let conv = Conv2dOpIr::create(x, weight, Some(float(3, &[1])), options, out);
    let ones = TensorData::new(vec![1.0_f32; 9], [1, 1, 3, 3]);
    let bias = TensorData::new(vec![0.5_f32], [1]);
    let expected = vec![4.5, 6.5, 4.5, 6.5, 9.5, 6.5, 4.5, 6.5, 4.5];
    let got = expected.iter().map(|&value: &f64| value as f32).collect::<Vec<f32>>();
    let shape = [1, 1, 3, 3];
    caught(
        OperationIr::Module(Module::Conv2d(conv)),
        vec![ones.clone(), ones, bias],
        TensorData::new(expected, shape),
        TensorData::new(got, shape),
    )
}

/// Floats to powers of integers, for which the public API has no function.
pub(super) fn powi() -> FailingOperation {
    let (lhs, rhs) = (float(1, &[3]), int(2, &[3]));
    let powi = numeric(Numeric::Powi(BinaryOpIr { lhs, rhs, out: float(100, &[3]) }));
    let inputs = vec![
        TensorData::new(vec![1.5_f32, 2.0, -3.0], [3]),
        TensorData::new(vec![2_i32, 3, 1], [3]),
    ];
    let expected = TensorData::new(vec![2.25_f64, 8.0, -3.0], [3]);
    let got = TensorData::new(vec![2.25_f32, 8.0, -3.0], [3]);
    caught(powi, inputs, expected, got)
}
