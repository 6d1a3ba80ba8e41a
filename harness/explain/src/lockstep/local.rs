//! One operation by itself: what the target gives for the reference's values, and what it should give.

use std::borrow::Cow;

use burn::tensor::{DType, TensorData};
use burn_repro_core::diagnose::Error;
use burn_repro_device::Executor;
use burn_repro_device::ir::{OperationIr, TensorIr};

use super::error::ErrorScale;
use crate::fault::FaultyExecutor;
use crate::numeric::{absolute, largest_finite, numbers, round, rounded};
use crate::operation::{OpKind, float_type, round_scalars};

/// An operation and the values that it is given: the reference's, rounded to the target's types.
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
}

impl Local {
    /// The error of the operation itself; `wants` is what the reference gave for its own values.
    pub(super) fn error(
        &mut self,
        fed: &OperationInputs<'_>,
        scale: ErrorScale,
        wants: &[TensorData],
    ) -> Result<Error, String> {
        let got = self.got(fed)?;
        let want = self.want(fed, scale.class, wants)?;
        let pairs: Vec<[Cow<'_, [f64]>; 2]> =
            got.iter().zip(&want).map(|(got, want)| [numbers(got), numbers(want)]).collect();
        let worst = |scale: ErrorScale| {
            let pairs = fed.outputs.iter().zip(&pairs);
            let errors = pairs.map(|(out, [got, want])| scale.of(out).measure(got, want));
            errors.fold(Error::default(), Error::worse)
        };
        let error = worst(scale);
        if matches!(scale.class, OpKind::Sum(_)) && error.ulp > scale.class.allowed_ulp() {
            let largest_sum = Some(self.largest_sum(fed)?);
            return Ok(worst(ErrorScale { largest_sum, ..scale }));
        }
        Ok(error)
    }

    /// What the target gives.
    fn got(&mut self, fed: &OperationInputs<'_>) -> Result<Vec<TensorData>, String> {
        for (tensor, data) in fed.inputs {
            self.target.executor().put(tensor.id, data.clone());
        }
        self.target.execute(fed.number, fed.operation.clone())?;
        let got = fed.outputs.iter().map(|out| self.target.take(out)).collect();
        clear(self.target.executor(), fed);
        got
    }

    /// What it should give.
    fn want(
        &mut self,
        fed: &OperationInputs<'_>,
        class: OpKind,
        wants: &[TensorData],
    ) -> Result<Vec<TensorData>, String> {
        if class == OpKind::DataMovement {
            // Rounding first and moving then is moving first and rounding then.
            let wants = wants.iter().zip(fed.outputs);
            return Ok(wants.map(|(want, out)| rounded(want, out.dtype)).collect());
        }
        let mut operation = fed.operation.clone();
        if let Some(dtype) = float_type(fed.operation) {
            round_scalars(&mut operation, |value| round(value, dtype));
        }
        let exact = |data: &TensorData| rounded(data, DType::F64);
        self.on_reference(&OperationInputs { operation: &operation, ..*fed }, exact)
    }

    /// The largest sum of the absolute values of an operation's terms: the same operation of absolute inputs.
    fn largest_sum(&mut self, fed: &OperationInputs<'_>) -> Result<f64, String> {
        let sums = self.on_reference(fed, absolute)?;
        let largest = |sums: &TensorData| largest_finite(&numbers(sums));
        Ok(sums.iter().map(largest).fold(0.0, f64::max))
    }

    fn on_reference(
        &mut self,
        fed: &OperationInputs<'_>,
        prepare: impl Fn(&TensorData) -> TensorData,
    ) -> Result<Vec<TensorData>, String> {
        for (tensor, data) in fed.inputs {
            self.reference.put(tensor.id, prepare(data));
        }
        self.reference.execute(fed.operation.clone());
        let want = fed.outputs.iter().map(|out| self.reference.take(out)).collect();
        clear(&mut self.reference, fed);
        want
    }
}

/// Drops what a single operation was given.
fn clear(executor: &mut Executor, fed: &OperationInputs<'_>) {
    fed.inputs.iter().for_each(|(tensor, _)| executor.drop_tensor(tensor));
}
