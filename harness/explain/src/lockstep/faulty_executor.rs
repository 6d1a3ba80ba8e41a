//! An executor with a fault planted into what it is asked: the target of a lockstep as it is, or as it would be if one
//! thing were wrong with it.

use burn::tensor::TensorData;
use burn_repro_device::Executor;
use burn_repro_device::ir::{OperationIr, TensorId, TensorIr};

use crate::fault::{InjectedFault, State};

/// An executor, and a fault if one is planted.
#[derive(Debug)]
pub(crate) struct FaultyExecutor {
    executor: Executor,
    fault: Option<(InjectedFault, State)>,
    /// What went wrong while a fault was being planted.
    failure: Option<String>,
}

impl FaultyExecutor {
    pub fn new(executor: Executor, fault: Option<InjectedFault>) -> Self {
        let fault = fault.map(|planted| (planted, State::default()));
        Self { executor, fault, failure: None }
    }

    /// The executor itself.
    pub(crate) fn executor(&self) -> &Executor {
        &self.executor
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
    pub fn execute(&mut self, number: usize, mut operation: OperationIr) {
        let Some((planted, state)) = &mut self.fault else {
            return self.executor.execute(operation);
        };
        let executed = planted.execute(state, number, &mut operation, &self.executor);
        if let Err(reason) = executed {
            self.failure.get_or_insert(reason);
        }
    }

    pub fn read(&self, tensor: &TensorIr) -> Result<TensorData, String> {
        self.executor.read(tensor)
    }

    /// How often the fault changed something.
    pub fn struck(&self) -> usize {
        self.fault.as_ref().map_or(0, |(_, state)| state.struck)
    }

    /// Why a fault could not be planted, if it could not.
    pub(crate) fn take_failure(&mut self) -> Option<String> {
        self.failure.take()
    }
}
