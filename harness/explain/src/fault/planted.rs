//! A planted fault at work: decides which operations it changes, and changes them around an executor.

use std::collections::BTreeMap;

use burn::tensor::TensorData;
use burn_repro_device::Executor;
use burn_repro_device::ir::{OperationIr, TensorIr, TensorStatus};

use super::{At, Elements, Fault, FaultEffect, InjectedFault};

/// What a fault has done and seen so far.
#[derive(Debug, Default)]
pub struct State {
    /// How many operations it has changed.
    pub struck: usize,
    /// The last result of each shape, where that matters.
    last: BTreeMap<Vec<usize>, TensorData>,
}

impl InjectedFault {
    fn is_at(&self, number: usize) -> bool {
        match self.at {
            At::Every => true,
            At::Operation(place) => place == number,
        }
    }

    /// Host data on its way to the device.
    pub fn put(&self, state: &mut State, number: usize, data: TensorData) -> TensorData {
        match Fault::named(&self.fault).map(|fault| fault.does) {
            Some(FaultEffect::Host(change)) if self.is_at(number) && data.dtype().is_float() => {
                state.struck += 1;
                changed(&data, change)
            }
            _ => data,
        }
    }

    /// Executes an operation, or what the fault makes of it.
    ///
    /// # Errors
    /// If a tensor cannot be read back.
    pub fn execute(
        &self,
        state: &mut State,
        number: usize,
        operation: &mut OperationIr,
        executor: &mut Executor,
    ) -> Result<(), String> {
        let fault =
            Fault::named(&self.fault).ok_or_else(|| format!("unknown fault `{}`", self.fault))?;
        let strikes = self.is_at(number) && (fault.fits)(operation);
        if strikes {
            state.struck += 1;
        }
        match fault.does {
            FaultEffect::Rewrites(rewrite) if strikes => {
                rewrite(operation);
                executor.execute(operation.clone());
                Ok(())
            }
            FaultEffect::Inputs(places, change) if strikes => {
                inputs(operation, places, change, executor)
            }
            FaultEffect::Computes(compute) if strikes => computed(operation, compute, executor),
            FaultEffect::Output(change) if strikes => {
                executor.execute(operation.clone());
                output(operation, executor, |data| changed(&data, change))
            }
            FaultEffect::Stale => stale(state, strikes, operation, executor),
            _ => {
                executor.execute(operation.clone());
                Ok(())
            }
        }
    }
}

fn changed(data: &TensorData, change: fn(&mut Elements)) -> TensorData {
    let mut elements = Elements::of(data);
    if !elements.values.is_empty() {
        change(&mut elements);
    }
    elements.into_data()
}

/// Changes inputs for one operation; who else reads them finds them as they were.
fn inputs(
    operation: &OperationIr,
    places: &[usize],
    change: fn(&mut Elements),
    executor: &mut Executor,
) -> Result<(), String> {
    let tensors: Vec<TensorIr> = operation.inputs().cloned().collect();
    let mut kept = Vec::new();
    let mut done = Vec::new();
    for tensor in places.iter().filter_map(|&place| tensors.get(place)) {
        // Both factors may be one tensor.
        if done.contains(&tensor.id) {
            continue;
        }
        done.push(tensor.id);
        let data = executor.read(tensor)?;
        executor.put(tensor.id, changed(&data, change));
        let stays =
            |other: &TensorIr| other.id != tensor.id || other.status == TensorStatus::ReadOnly;
        if tensors.iter().all(stays) {
            kept.push((tensor.id, data));
        }
    }
    executor.execute(operation.clone());
    kept.into_iter().for_each(|(id, data)| executor.put(id, data));
    Ok(())
}

fn computed(
    operation: &OperationIr,
    compute: fn(&OperationIr, &[Elements]) -> Option<Elements>,
    executor: &mut Executor,
) -> Result<(), String> {
    let mut inputs = Vec::new();
    for tensor in operation.inputs() {
        inputs.push(Elements::of(&executor.read(tensor)?));
    }
    let computed = compute(operation, &inputs);
    executor.execute(operation.clone());
    match computed {
        Some(elements) => output(operation, executor, |_| elements.into_data()),
        None => Ok(()),
    }
}

/// Changes the first result.
fn output(
    operation: &OperationIr,
    executor: &mut Executor,
    change: impl FnOnce(TensorData) -> TensorData,
) -> Result<(), String> {
    let Some(out) = operation.outputs().next() else { return Ok(()) };
    let data = executor.read(out)?;
    executor.put(out.id, change(data));
    Ok(())
}

fn stale(
    state: &mut State,
    strikes: bool,
    operation: &OperationIr,
    executor: &mut Executor,
) -> Result<(), String> {
    executor.execute(operation.clone());
    let Some(out) = operation.outputs().next().filter(|out| out.dtype.is_float()) else {
        return Ok(());
    };
    let shape = out.shape.to_vec();
    let data = executor.read(out)?;
    let before = state.last.insert(shape, data);
    match before {
        Some(before) if strikes => output(operation, executor, |_| before),
        // Nothing lay there.
        None if strikes => output(operation, executor, |data| changed(&data, zero)),
        _ => Ok(()),
    }
}

fn zero(elements: &mut Elements) {
    elements.values.fill(0.0);
}
