//! A few operations of a recording that stand on their own: with the values that they are given, what they should give,
//! and what the target gives. A slice is cut down until nothing more can go without the difference going.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::{DType, TensorData};
use burn_repro_device::ir::{OperationIr, TensorId, TensorIr};
use burn_repro_device::{Device, Executor};
use burn_repro_worker::{BoxError, Recording, Replay};

use super::compare::{Comparison, Unit, compare};
use crate::fault::{FaultyExecutor, InjectedFault};
use crate::numeric::{
    Eps, absolute, largest_finite, numbers as values_of, on_target, round, rounded,
};
use crate::operation::{OpKind, float_type, op_kind, round_scalars};

/// The most operations of one scope that a slice begins with.
const LONGEST: usize = 64;

/// Operations, what they are given, and what the last of them gives.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    /// The operations, in order.
    pub operations: Vec<OperationIr>,
    /// The reference's values, in the target's types.
    pub inputs: Vec<(TensorIr, TensorData)>,
    /// The results of the last operation.
    pub results: Vec<SliceResult>,
    /// The most units that need no explanation.
    pub allowed: f64,
}

/// One result.
#[derive(Debug, Clone)]
pub(crate) struct SliceResult {
    /// The tensor.
    pub out: TensorIr,
    /// What it should be: the reference's `f64`, or integers and booleans.
    pub expected: TensorData,
    /// What the worst element is.
    pub comparison: Comparison,
    /// What differences are measured in.
    pub unit: Unit,
}

impl Slice {
    /// Whether a result is further from what it should be than it may be.
    fn is_off(&self) -> bool {
        self.results.iter().any(|result| result.comparison.units > self.allowed)
    }

    /// The slice that ends with an operation and shows a difference, with nothing in it that could go; nothing where none
    /// does.
    ///
    /// # Errors
    /// What a backend says.
    pub(crate) fn cut(
        recording: &Recording,
        device: &Device,
        fault: Option<&InjectedFault>,
        last: usize,
    ) -> Result<Option<Self>, BoxError> {
        let scope = of_scope(recording, last);
        let block = Block { recording, device, fault, values: gather(recording, &scope)? };
        let alone = block.slice(&[last])?;
        if alone.is_off() {
            return Ok(Some(alone));
        }
        let (mut kept, mut slice) = (scope.clone(), block.slice(&scope)?);
        if !slice.is_off() {
            return Ok(None);
        }
        // The first operations are the furthest from the last.
        for number in scope.into_iter().filter(|&number| number != last) {
            let fewer: Vec<usize> = kept.iter().copied().filter(|&other| other != number).collect();
            let cut = block.slice(&fewer)?;
            if cut.is_off() {
                (kept, slice) = (fewer, cut);
            }
        }
        Ok(Some(slice))
    }
}

/// The operations of one scope up to the last, those alone that it needs.
fn of_scope(recording: &Recording, last: usize) -> Vec<usize> {
    let (place, _) = recording.place(last);
    let first = last.saturating_sub(LONGEST - 1);
    let mut needed: BTreeSet<TensorId> = BTreeSet::new();
    let mut scope = Vec::new();
    for number in (first..=last).rev() {
        let operation = &recording.operations[number];
        let gives = operation.outputs().any(|out| needed.contains(&out.id));
        let is_made = !matches!(operation, OperationIr::Init(_));
        if number == last || (gives && is_made && recording.place(number).0 == place) {
            needed.extend(operation.inputs().map(|tensor| tensor.id));
            scope.push(number);
        }
    }
    scope.reverse();
    scope
}

/// The operations of a scope and the reference's values around them.
struct Block<'a> {
    recording: &'a Recording,
    device: &'a Device,
    fault: Option<&'a InjectedFault>,
    values: BTreeMap<TensorId, TensorData>,
}

impl Block<'_> {
    fn slice(&self, numbers: &[usize]) -> Result<Slice, BoxError> {
        let operations: Vec<OperationIr> =
            numbers.iter().map(|&number| self.recording.operations[number].clone()).collect();
        let last = operations.last().ok_or("a slice has an operation")?.clone();
        let inputs = self.inputs(&operations);
        let (expected, largest_sum) = expected(&operations, &inputs)?;
        let got = self.got(numbers, &operations, &inputs)?;
        let class = op_kind(&last);
        let outs: Vec<TensorIr> = last.outputs().cloned().collect();
        let results = outs.into_iter().zip(expected).zip(got).map(|((out, expected), got)| {
            let wants = values_of(&expected);
            let unit = unit(class, out.dtype, &wants, largest_sum);
            let comparison = compare(&values_of(&got), &wants, unit);
            SliceResult { out, expected, comparison, unit }
        });
        let (results, allowed) = (results.collect(), class.allowed_ulp());
        Ok(Slice { operations, inputs, results, allowed })
    }

    fn inputs(&self, operations: &[OperationIr]) -> Vec<(TensorIr, TensorData)> {
        let mut made = BTreeSet::new();
        let mut inputs: BTreeMap<TensorId, (TensorIr, TensorData)> = BTreeMap::new();
        for operation in operations {
            for tensor in operation.inputs().filter(|tensor| !made.contains(&tensor.id)) {
                if let Some(data) = self.values.get(&tensor.id) {
                    let given = || (tensor.clone(), on_target(data, tensor.dtype));
                    inputs.entry(tensor.id).or_insert_with(given);
                }
            }
            made.extend(operation.outputs().map(|out| out.id));
        }
        inputs.into_values().collect()
    }

    fn got(
        &self,
        numbers: &[usize],
        operations: &[OperationIr],
        inputs: &[(TensorIr, TensorData)],
    ) -> Result<Vec<TensorData>, BoxError> {
        let mut target = FaultyExecutor::new(Executor::new(self.device), self.fault.cloned());
        for (tensor, data) in inputs {
            target.executor().put(tensor.id, data.clone());
        }
        for (&number, operation) in numbers.iter().zip(operations) {
            target.execute(number, operation.clone())?;
        }
        target.executor().sync()?;
        let last = operations.last().into_iter().flat_map(OperationIr::outputs);
        Ok(last.map(|out| target.read(out)).collect::<Result<_, _>>()?)
    }
}

/// What the last operation should give for just these inputs, and the largest sum of the absolute values of its terms.
fn expected(
    operations: &[OperationIr],
    inputs: &[(TensorIr, TensorData)],
) -> Result<(Vec<TensorData>, f64), BoxError> {
    let mut reference = Executor::reference();
    for (tensor, data) in inputs {
        reference.put(tensor.id, rounded(data, DType::F64));
    }
    let mut largest_sum = 0.0;
    let mut last = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        let mut operation = operation.clone();
        if let Some(dtype) = float_type(&operation) {
            round_scalars(&mut operation, |value| round(value, dtype));
        }
        if index + 1 == operations.len() && matches!(op_kind(&operation), OpKind::Sum(_)) {
            largest_sum = largest_sum_of(&mut reference, &operation)?;
        }
        reference.execute(operation.clone());
        last = operation.outputs().cloned().collect();
    }
    let results = last.iter().map(|out| reference.read(out)).collect::<Result<_, _>>()?;
    Ok((results, largest_sum))
}

fn largest_sum_of(reference: &mut Executor, operation: &OperationIr) -> Result<f64, BoxError> {
    let mut sums = Executor::reference();
    for tensor in operation.inputs() {
        sums.put(tensor.id, absolute(&reference.read(tensor)?));
    }
    sums.execute(operation.clone());
    let mut largest = 0.0_f64;
    for out in operation.outputs() {
        largest = largest.max(largest_finite(&values_of(&sums.read(out)?)));
    }
    Ok(largest)
}

fn unit(class: OpKind, dtype: DType, wants: &[f64], largest_sum: f64) -> Unit {
    if !dtype.is_float() {
        return Unit { epsilon: 1.0, smallest: 1.0, largest: f64::MAX, beside: Some(1.0) };
    }
    let finite = wants.iter().map(|want| want.abs()).filter(|want| want.is_finite());
    let beside = match class {
        OpKind::Sum(_) => Some(finite.fold(largest_sum, f64::max)),
        OpKind::NearZero => Some(finite.fold(1.0, f64::max)),
        _ => None,
    };
    let Eps { epsilon, smallest, largest } = Eps::of(dtype);
    Unit { epsilon, smallest, largest, beside }
}

/// The reference's values of every tensor that operations are given.
fn gather(
    recording: &Recording,
    operations: &[usize],
) -> Result<BTreeMap<TensorId, TensorData>, BoxError> {
    let operations_of = operations.iter().map(|&number| &recording.operations[number]);
    let wanted = operations_of.flat_map(OperationIr::inputs).map(|tensor| tensor.id).collect();
    let mut gather = Gather { reference: Executor::reference(), wanted, values: BTreeMap::new() };
    recording.replay(&mut gather)?;
    Ok(gather.values)
}

struct Gather {
    reference: Executor,
    wanted: BTreeSet<TensorId>,
    values: BTreeMap<TensorId, TensorData>,
}

impl Replay for Gather {
    fn put(&mut self, _: usize, tensor: &TensorIr, data: &TensorData) -> Result<(), BoxError> {
        if self.wanted.contains(&tensor.id) {
            self.values.insert(tensor.id, data.clone());
        }
        self.reference.put(tensor.id, data.clone());
        Ok(())
    }

    fn execute(&mut self, _: usize, operation: &OperationIr) -> Result<(), BoxError> {
        self.reference.execute(operation.clone());
        for out in operation.outputs().filter(|out| self.wanted.contains(&out.id)) {
            self.values.insert(out.id, self.reference.read(out)?);
        }
        Ok(())
    }

    fn read(&mut self, _: &str, tensor: &TensorIr) -> Result<TensorData, BoxError> {
        Ok(self.reference.read(tensor)?)
    }

    fn drop_tensor(&mut self, tensor: &TensorIr) {
        self.reference.drop_tensor(tensor);
    }
}
