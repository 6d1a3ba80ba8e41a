//! A stream that executes every operation on the reference and keeps a digest of each: what the golden remembers of the
//! way to its result.

use burn::tensor::TensorData;
use burn_repro_device::ir::{OperationIr, TensorId, TensorIr};
use burn_repro_device::{Executor, Stream};

use super::source::line_of_model;
use crate::numeric::numbers;
use crate::operation::{Description, OpKind, op_kind, scalars, shapes};
use burn_repro_core::golden::Step;
use burn_repro_core::splitmix::splitmix64;
use burn_repro_worker::names;
use burn_repro_worker::scope;

/// The reference, and the operations that went by.
pub(crate) struct Follow {
    reference: Executor,
    pub followed: Vec<Step>,
    /// The number of the operation whose line is looked for.
    located: Option<usize>,
    failure: Option<String>,
}

impl Follow {
    pub fn new(located: Option<usize>) -> Self {
        let reference = Executor::reference();
        Self { reference, followed: Vec::new(), located, failure: None }
    }

    /// The line that asks for the next operation, if it is looked for.
    fn source(&self) -> Option<String> {
        let here = self.located == Some(self.followed.len());
        here.then(line_of_model).flatten()
    }

    /// Why an operation could not be followed, if one could not.
    pub(crate) fn take_failure(&mut self) -> Option<String> {
        self.failure.take()
    }

    fn digest(&mut self, outputs: &[TensorIr]) -> f64 {
        let mut digest = 0.0;
        for out in outputs {
            match self.reference.read(out) {
                Ok(data) => digest += weighted(&numbers(&data)),
                Err(reason) => {
                    self.failure.get_or_insert(reason);
                }
            }
        }
        digest
    }
}

/// The sum of all elements, each with a weight between 1 and 2 of its place: elements that change places change it.
fn weighted(values: &[f64]) -> f64 {
    let weight =
        |index: usize| 1.0 + (splitmix64(index as u64) >> 11) as f64 / (1_u64 << 53) as f64;
    values.iter().enumerate().map(|(index, value)| value * weight(index)).sum()
}

impl Stream for Follow {
    fn put(&mut self, id: TensorId, data: TensorData) {
        let digest = weighted(&numbers(&data));
        self.followed.push(Step {
            place: scope::place().to_string(),
            parameter: None,
            name: "from_data".into(),
            arguments: String::new(),
            shapes: format!("-> {:?}", data.shape.to_vec()),
            scalar: None,
            digest,
            source: self.source(),
        });
        self.reference.put(id, data);
    }

    fn execute(&mut self, operation: OperationIr) {
        let parameter = operation.inputs().find_map(|tensor| names::of(tensor.id));
        self.reference.execute(operation.clone());
        let outputs: Vec<TensorIr> = operation.outputs().cloned().collect();
        let written = op_kind(&operation) != OpKind::Unspecified;
        let digest = if written { self.digest(&outputs) } else { 0.0 };
        let Description { name, arguments } = Description::of(&operation);
        self.followed.push(Step {
            place: scope::place().to_string(),
            parameter: parameter.as_deref().map(str::to_owned),
            name,
            arguments,
            shapes: shapes(&operation),
            scalar: scalars(&operation).first().copied(),
            digest,
            source: self.source(),
        });
    }

    fn drop_tensor(&mut self, tensor: &TensorIr) {
        self.reference.drop_tensor(tensor);
    }

    fn read(&mut self, tensor: &TensorIr) -> Result<TensorData, String> {
        self.reference.read(tensor)
    }

    fn sync(&mut self) -> Result<(), String> {
        self.reference.sync()
    }
}
