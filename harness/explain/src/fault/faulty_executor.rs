//! An executor with a fault planted into what it is asked: the target of a replay as it is, or as it would be if one
//! thing were wrong with it.

use burn::tensor::TensorData;
use burn_repro_device::Executor;
use burn_repro_device::ir::{OperationIr, TensorId, TensorIr};

use super::{InjectedFault, State};

/// An executor, and a fault if one is planted.
#[derive(Debug)]
pub(crate) struct FaultyExecutor {
    executor: Executor,
    fault: Option<(InjectedFault, State)>,
}

impl FaultyExecutor {
    pub fn new(executor: Executor, fault: Option<InjectedFault>) -> Self {
        Self { executor, fault: fault.map(|planted| (planted, State::default())) }
    }

    /// The executor itself.
    pub(crate) fn executor(&mut self) -> &mut Executor {
        &mut self.executor
    }

    /// Host data becomes a tensor, as the operation of this number.
    pub fn put(&mut self, number: usize, id: TensorId, data: TensorData) {
        let data = match &mut self.fault {
            Some((planted, state)) => planted.put(state, number, data),
            None => data,
        };
        self.executor.put(id, data);
    }

    /// Executes the operation of a number.
    ///
    /// # Errors
    /// If the fault cannot be planted.
    pub fn execute(&mut self, number: usize, mut operation: OperationIr) -> Result<(), String> {
        match &mut self.fault {
            Some((planted, state)) => {
                planted.execute(state, number, &mut operation, &mut self.executor)
            }
            None => {
                self.executor.execute(operation);
                Ok(())
            }
        }
    }

    pub fn read(&mut self, tensor: &TensorIr) -> Result<TensorData, String> {
        self.executor.read(tensor)
    }

    pub fn take(&mut self, tensor: &TensorIr) -> Result<TensorData, String> {
        self.executor.take(tensor)
    }

    /// How often the fault changed something.
    pub fn struck(&self) -> usize {
        self.fault.as_ref().map_or(0, |(_, state)| state.struck)
    }
}
