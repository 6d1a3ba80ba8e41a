//! A replay that executes every operation on one device: the target with a fault planted into it.

use burn::tensor::TensorData;
use burn_repro_device::ir::{OperationIr, TensorIr};
use burn_repro_device::{Device, Executor};
use burn_repro_worker::{BoxError, Replay};

use crate::fault::{FaultyExecutor, InjectedFault};

/// One device.
pub(crate) struct Single(FaultyExecutor);

impl Single {
    /// The device, with a fault if one is planted.
    pub fn new(device: &Device, fault: Option<InjectedFault>) -> Self {
        Self(FaultyExecutor::new(Executor::new(device), fault))
    }
}

impl Replay for Single {
    fn put(&mut self, number: usize, tensor: &TensorIr, data: &TensorData) -> Result<(), BoxError> {
        self.0.put(number, tensor.id, data.clone());
        Ok(())
    }

    fn execute(&mut self, number: usize, operation: &OperationIr) -> Result<(), BoxError> {
        Ok(self.0.execute(number, operation.clone())?)
    }

    fn read(&mut self, _name: &str, tensor: &TensorIr) -> Result<TensorData, BoxError> {
        self.0.executor().sync()?;
        Ok(self.0.read(tensor)?)
    }

    fn drop_tensor(&mut self, tensor: &TensorIr) {
        self.0.executor().drop_tensor(tensor);
    }
}
