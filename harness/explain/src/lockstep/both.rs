//! A replay that executes every operation on the reference and on the target, and compares them twice: as the target
//! goes on with its own values, and as it computes this one operation from the reference's.
//!
//! The local error is free of rounded inputs: the reference's values are rounded to the target's type first, and what
//! they should give is computed anew in `f64`. Nothing is kept but the worst element of each comparison.

use std::collections::BTreeMap;

use burn::tensor::TensorData;
use burn_repro_device::ir::{OperationIr, TensorId, TensorIr};
use burn_repro_device::{Device, Executor};

use super::error::ErrorScale;
use super::local::{Local, OperationInputs};
use super::stats::{OpResult, Stats, Subject};
use crate::fault::{FaultyExecutor, InjectedFault};
use crate::numeric::{numbers, on_target, rounded};
use crate::operation::{OpKind, op_kind};
use burn_repro_core::diagnose::{Error, ReadReport};
use burn_repro_core::tolerance::Bound;
use burn_repro_worker::{BoxError, Recording, Replay};

/// The reference, the target, and one more of each for single operations.
pub(crate) struct Lockstep<'a> {
    recording: &'a Recording,
    reference: Executor,
    target: FaultyExecutor,
    local: Local,
    /// The bound whose first breach ends the comparison.
    until: Option<Bound>,
    pub kept: Stats,
    pub reads: Vec<ReadReport>,
    pub stopped: bool,
    /// Operations whose error is more than it may be and than what came in: wrong together with what stands before them.
    pub jumps: Vec<usize>,
    /// The accumulated error of each tensor, in units.
    accumulated: BTreeMap<TensorId, f64>,
    /// The number of the operation that comes next.
    next: usize,
}

/// The most operations that are tried as the end of a slice.
const JUMPS: usize = 16;

/// By how much more an error has to grow in one operation to be one of them.
const GROWTH: f64 = 4.0;

impl<'a> Lockstep<'a> {
    pub fn new(
        recording: &'a Recording,
        device: &Device,
        fault: Option<InjectedFault>,
        until: Option<Bound>,
    ) -> Self {
        let target = || FaultyExecutor::new(Executor::new(device), fault.clone());
        Self {
            recording,
            reference: Executor::reference(),
            target: target(),
            local: Local { reference: Executor::reference(), target: target() },
            until,
            kept: Stats::default(),
            reads: Vec::new(),
            stopped: false,
            jumps: Vec::new(),
            accumulated: BTreeMap::new(),
            next: 0,
        }
    }

    /// How often a planted fault changed something.
    pub fn struck(&self) -> usize {
        self.target.struck()
    }

    fn compare(&mut self, number: usize, operation: &OperationIr) -> Result<(), String> {
        let class = op_kind(operation);
        if class == OpKind::Unspecified {
            return self.without_comparing(number, operation);
        }
        let inputs = fed(&mut self.reference, operation)?;
        self.reference.execute(operation.clone());
        self.target.execute(number, operation.clone())?;
        let outputs: Vec<TensorIr> = operation.outputs().cloned().collect();
        let scale = ErrorScale::new(class);
        let mut accumulated = Error::default();
        let mut wants = Vec::new();
        for out in &outputs {
            let want = self.reference.read(out)?;
            let got = self.target.read(out)?;
            accumulated = accumulated.worse(scale.of(out).measure(&numbers(&got), &numbers(&want)));
            wants.push(want);
        }
        let fed = OperationInputs { number, operation, inputs: &inputs, outputs: &outputs };
        let local = self.local.error(&fed, scale, &wants)?;
        self.note_jump(number, operation, accumulated.ulp, class.allowed_ulp());
        let kind = Subject::Operation(Box::new(operation.clone()));
        self.keep(number, kind, local, accumulated, class.allowed_ulp());
        Ok(())
    }

    fn note_jump(&mut self, number: usize, operation: &OperationIr, error: f64, allowed: f64) {
        let known = |tensor: &TensorIr| self.accumulated.get(&tensor.id).copied().unwrap_or(0.0);
        let before = operation.inputs().map(known).fold(0.0, f64::max);
        if error > allowed && error > GROWTH * before && self.jumps.len() < JUMPS {
            self.jumps.push(number);
        }
        self.accumulated.extend(operation.outputs().map(|out| (out.id, error)));
    }

    /// Memory without content, or random numbers: both go on with the reference's.
    fn without_comparing(&mut self, number: usize, operation: &OperationIr) -> Result<(), String> {
        self.reference.execute(operation.clone());
        self.target.execute(number, operation.clone())?;
        for out in operation.outputs() {
            let data = rounded(&self.reference.read(out)?, out.dtype);
            self.target.executor().put(out.id, data);
        }
        Ok(())
    }

    fn compare_host(
        &mut self,
        number: usize,
        tensor: &TensorIr,
        data: &TensorData,
    ) -> Result<(), String> {
        let class = OpKind::DataMovement;
        let got = self.target.read(tensor)?;
        let error = ErrorScale::new(class).of(tensor).measure(&numbers(&got), &numbers(data));
        let kind = Subject::Host(tensor.shape.to_vec());
        self.keep(number, kind, error, error, class.allowed_ulp());
        Ok(())
    }

    fn keep(
        &mut self,
        number: usize,
        kind: Subject,
        local: Error,
        accumulated: Error,
        allowed: f64,
    ) {
        let (place, source) = self.recording.place(number);
        let parameter = self.recording.parameter(number);
        self.kept.take(OpResult {
            number,
            place,
            source,
            parameter,
            kind,
            local,
            accumulated,
            allowed,
        });
    }

    #[expect(clippy::float_cmp, reason = "infinities that are equal have no difference")]
    fn compare_read(
        &mut self,
        name: &str,
        tensor: &TensorIr,
        got: &TensorData,
    ) -> Result<(), BoxError> {
        let want = self.reference.read(tensor)?;
        let (got, want) = (numbers(got), numbers(&want));
        let difference = |(got, want): (&f64, &f64)| match (got - want).abs() {
            _ if got == want => 0.0,
            difference if difference.is_nan() => f64::INFINITY,
            difference => difference,
        };
        let read = ReadReport {
            name: name.to_owned(),
            number: self.next,
            difference: match got.len() == want.len() {
                true => got.iter().zip(want.iter()).map(difference).fold(0.0, f64::max),
                false => f64::INFINITY,
            },
            largest: want.iter().map(|value| value.abs()).fold(0.0, f64::max),
        };
        self.stopped |= self.until.is_some_and(|bound| read.is_outside(bound));
        self.reads.push(read);
        Ok(())
    }
}

/// The inputs of an operation as the reference has them, rounded to the target's types.
fn fed(
    reference: &mut Executor,
    operation: &OperationIr,
) -> Result<Vec<(TensorIr, TensorData)>, String> {
    let mut fed: Vec<(TensorIr, TensorData)> = Vec::new();
    for tensor in operation.inputs() {
        if fed.iter().all(|(known, _)| known.id != tensor.id) {
            fed.push((tensor.clone(), on_target(&reference.read(tensor)?, tensor.dtype)));
        }
    }
    Ok(fed)
}

impl Replay for Lockstep<'_> {
    fn put(&mut self, number: usize, tensor: &TensorIr, data: &TensorData) -> Result<(), BoxError> {
        self.next = number + 1;
        self.reference.put(tensor.id, data.clone());
        self.target.put(number, tensor.id, data.clone());
        match self.stopped {
            true => Ok(()),
            false => Ok(self.compare_host(number, tensor, data)?),
        }
    }

    fn execute(&mut self, number: usize, operation: &OperationIr) -> Result<(), BoxError> {
        self.next = number + 1;
        match self.stopped {
            true => Ok(self.target.execute(number, operation.clone())?),
            false => Ok(self.compare(number, operation)?),
        }
    }

    fn read(&mut self, name: &str, tensor: &TensorIr) -> Result<TensorData, BoxError> {
        let data = self.target.read(tensor)?;
        if !self.stopped {
            self.compare_read(name, tensor, &data)?;
        }
        Ok(data)
    }

    fn drop_tensor(&mut self, tensor: &TensorIr) {
        self.reference.drop_tensor(tensor);
        self.target.executor().drop_tensor(tensor);
    }
}
