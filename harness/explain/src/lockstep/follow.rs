//! A replay that executes every operation on the reference and keeps a digest of each: what the golden remembers of the
//! way to its result.

use burn::tensor::TensorData;
use burn_repro_device::Executor;
use burn_repro_device::ir::{OperationIr, TensorIr};

use crate::numeric::numbers;
use crate::operation::{Description, OpKind, op_kind, scalars, shapes};
use burn_repro_core::golden::Step;
use burn_repro_core::splitmix::splitmix64;
use burn_repro_worker::{BoxError, Recording, Replay};

/// The reference, and the operations that went by.
pub(crate) struct Follow<'a> {
    recording: &'a Recording,
    reference: Executor,
    pub followed: Vec<Step>,
}

impl<'a> Follow<'a> {
    pub fn new(recording: &'a Recording) -> Self {
        Self { recording, reference: Executor::reference(), followed: Vec::new() }
    }

    /// The place of an operation, and nothing else of it.
    fn step(&self, number: usize) -> Step {
        let (place, source) = self.recording.place(number);
        let parameter = self.recording.parameter(number).as_deref().map(str::to_owned);
        Step { place: place.to_string(), source, parameter, ..Step::default() }
    }

    fn digest<'t>(&mut self, outputs: impl Iterator<Item = &'t TensorIr>) -> Result<f64, BoxError> {
        let mut digest = 0.0;
        for out in outputs {
            digest += weighted(&numbers(&self.reference.read(out)?));
        }
        Ok(digest)
    }
}

/// The sum of all elements, each with a weight between 1 and 2 of its place: elements that change places change it.
fn weighted(values: &[f64]) -> f64 {
    let weight =
        |index: usize| 1.0 + (splitmix64(index as u64) >> 11) as f64 / (1_u64 << 53) as f64;
    values.iter().enumerate().map(|(index, value)| value * weight(index)).sum()
}

impl Replay for Follow<'_> {
    fn put(&mut self, number: usize, tensor: &TensorIr, data: &TensorData) -> Result<(), BoxError> {
        self.followed.push(Step {
            parameter: None,
            name: "from_data".into(),
            shapes: format!("-> {:?}", data.shape().to_vec()),
            digest: weighted(&numbers(data)),
            ..self.step(number)
        });
        self.reference.put(tensor.id, data.clone());
        Ok(())
    }

    fn execute(&mut self, number: usize, operation: &OperationIr) -> Result<(), BoxError> {
        self.reference.execute(operation.clone());
        let digest = match op_kind(operation) {
            OpKind::Unspecified => 0.0,
            _ => self.digest(operation.outputs())?,
        };
        let Description { name, arguments } = Description::of(operation);
        self.followed.push(Step {
            name,
            arguments,
            shapes: shapes(operation),
            scalar: scalars(operation).first().copied(),
            digest,
            ..self.step(number)
        });
        Ok(())
    }

    fn read(&mut self, _name: &str, tensor: &TensorIr) -> Result<TensorData, BoxError> {
        Ok(self.reference.read(tensor)?)
    }

    fn drop_tensor(&mut self, tensor: &TensorIr) {
        self.reference.drop_tensor(tensor);
    }
}
