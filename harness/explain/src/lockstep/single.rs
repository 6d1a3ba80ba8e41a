//! A stream that executes every operation on one device: the target with a fault planted into it, or the target once
//! more, to take a closer look at operations that are known by their numbers.

use std::collections::BTreeMap;

use burn::tensor::TensorData;
use burn_repro_device::ir::{OperationIr, TensorId, TensorIr};
use burn_repro_device::{Executor, Stream};

use super::faulty_executor::FaultyExecutor;
use super::source::line_of_model;
use crate::fault::{FAULTS, InjectedFault};

/// One device, and what is looked at.
pub(crate) struct Single {
    target: FaultyExecutor,
    number: usize,
    /// The operations to be located.
    located: BTreeMap<usize, Option<String>>,
    /// Which operations each fault fits, where that is asked.
    fitting: Option<BTreeMap<&'static str, Vec<usize>>>,
}

impl Single {
    /// The device, with a fault if one is planted.
    pub fn new(executor: Executor, fault: Option<InjectedFault>) -> Self {
        let target = FaultyExecutor::new(executor, fault);
        Self { target, number: 0, located: BTreeMap::new(), fitting: None }
    }

    /// Looks for the lines of a model that ask for the operations of these numbers.
    pub(crate) fn locating(self, numbers: impl IntoIterator<Item = usize>) -> Self {
        Self { located: numbers.into_iter().map(|number| (number, None)).collect(), ..self }
    }

    /// Lists the operations that each fault fits.
    pub fn listing(self) -> Self {
        Self { fitting: Some(BTreeMap::new()), ..self }
    }

    /// The lines that were found.
    pub fn located(&self) -> &BTreeMap<usize, Option<String>> {
        &self.located
    }

    /// The numbers of the operations that each fault fits.
    pub fn fitting(&self) -> BTreeMap<&'static str, Vec<usize>> {
        self.fitting.clone().unwrap_or_default()
    }

    /// Why the fault could not be planted, if it could not.
    pub(crate) fn take_failure(&mut self) -> Option<String> {
        self.target.take_failure()
    }

    fn next(&mut self) -> usize {
        self.number += 1;
        let number = self.number - 1;
        if let Some(line) = self.located.get_mut(&number) {
            *line = line_of_model();
        }
        number
    }
}

impl Stream for Single {
    fn put(&mut self, id: TensorId, data: TensorData) {
        let number = self.next();
        if let Some(fitting) = &mut self.fitting
            && data.dtype.is_float()
        {
            for fault in FAULTS.iter().filter(|fault| fault.is_of_host_data()) {
                fitting.entry(fault.name).or_default().push(number);
            }
        }
        self.target.put(number, id, data);
    }

    fn execute(&mut self, operation: OperationIr) {
        let number = self.next();
        if let Some(fitting) = &mut self.fitting {
            for fault in FAULTS.iter().filter(|fault| (fault.fits)(&operation)) {
                fitting.entry(fault.name).or_default().push(number);
            }
        }
        self.target.execute(number, operation);
    }

    fn drop_tensor(&mut self, tensor: &TensorIr) {
        self.target.executor().drop_tensor(tensor);
    }

    fn read(&mut self, tensor: &TensorIr) -> Result<TensorData, String> {
        self.target.read(tensor)
    }

    fn sync(&mut self) -> Result<(), String> {
        self.target.executor().sync()
    }
}
