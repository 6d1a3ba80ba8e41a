//! One operation by itself: what the target gives for the reference's values, and what it should give.

use burn::tensor::{DType, TensorData};
use burn_repro_device::Executor;
use burn_repro_device::ir::{OperationIr, TensorIr};

use super::faulty_executor::FaultyExecutor;
use crate::numeric::{numbers, round, rounded};
use crate::operation::{OpKind, round_scalars};

/// An operation and the values that it is given: the reference's, rounded to the target's type.
pub(super) struct OperationInputs<'a> {
    pub(super) number: usize,
    pub(super) operation: &'a OperationIr,
    pub(super) inputs: &'a [(TensorIr, TensorData)],
    pub(super) outputs: &'a [TensorIr],
}

/// Executors that hold nothing between two operations.
pub(super) struct Local {
    pub(super) reference: Executor,
    pub(super) target: FaultyExecutor,
    pub(super) dtype: DType,
}

impl Local {
    /// What the target gives.
    pub(super) fn got(&mut self, fed: &OperationInputs<'_>) -> Result<Vec<TensorData>, String> {
        for (tensor, data) in fed.inputs {
            self.target.executor().put(tensor.id, data.clone());
        }
        self.target.execute(fed.number, fed.operation.clone());
        let got = fed.outputs.iter().map(|out| self.target.read(out)).collect();
        clear(self.target.executor(), fed);
        got
    }

    /// What it should give; `wants` is what the reference gave for its own values.
    pub(super) fn want(
        &self,
        fed: &OperationInputs<'_>,
        class: OpKind,
        wants: &[TensorData],
    ) -> Result<Vec<TensorData>, String> {
        if class == OpKind::DataMovement {
            // Rounding first and moving then is moving first and rounding then.
            return Ok(wants.iter().map(|want| rounded(want, self.dtype)).collect());
        }
        let mut operation = fed.operation.clone();
        round_scalars(&mut operation, |value| round(value, self.dtype));
        let exact = |data: &TensorData| rounded(data, DType::F64);
        self.on_reference(&OperationInputs { operation: &operation, ..*fed }, exact)
    }

    /// The largest sum of the absolute values of an operation's terms: the same operation of absolute inputs.
    pub(super) fn largest_sum(&self, fed: &OperationInputs<'_>) -> Result<f64, String> {
        let absolute = |data: &TensorData| match data.dtype.is_float() {
            true => {
                let values: Vec<f64> = numbers(data).iter().map(|value| value.abs()).collect();
                TensorData::new(values, data.shape.clone())
            }
            false => data.clone(),
        };
        let sums = self.on_reference(fed, absolute)?;
        let sums = sums.iter().flat_map(numbers).map(f64::abs);
        Ok(sums.filter(|sum| sum.is_finite()).fold(0.0, f64::max))
    }

    fn on_reference(
        &self,
        fed: &OperationInputs<'_>,
        prepare: impl Fn(&TensorData) -> TensorData,
    ) -> Result<Vec<TensorData>, String> {
        for (tensor, data) in fed.inputs {
            self.reference.put(tensor.id, prepare(data));
        }
        self.reference.execute(fed.operation.clone());
        let want = fed.outputs.iter().map(|out| self.reference.read(out)).collect();
        clear(&self.reference, fed);
        want
    }
}

/// Drops what a single operation left behind.
fn clear(executor: &Executor, fed: &OperationInputs<'_>) {
    fed.inputs.iter().for_each(|(tensor, _)| executor.drop_tensor(tensor));
    fed.outputs.iter().for_each(|tensor| executor.drop_tensor(tensor));
}
