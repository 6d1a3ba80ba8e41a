//! A stream that executes every operation on the reference and on the target, and compares them twice: as the target
//! goes on with its own values, and as it computes this one operation from the reference's.
//!
//! The local error is free of rounded inputs: the reference's values are rounded to the target's type first, and what
//! they should give is computed anew in `f64`. Nothing is kept but the worst element of each comparison.

use burn::tensor::{DType, TensorData};
use burn_repro_device::ir::{OperationIr, TensorId, TensorIr};
use burn_repro_device::{Device, Executor, Stream, float_dtype};
use burn_repro_target::Dtype;

use super::activation::{Watch, Whole};
use super::error::ErrorScale;
use super::faulty_executor::FaultyExecutor;
use super::local::{Local, OperationInputs};
use super::stats::{CapturedOperation, OpResult, Stats, Subject};
use crate::fault::InjectedFault;
use crate::numeric::{numbers, rounded};
use crate::operation::{OpKind, op_kind};
use burn_repro_core::diagnose::{Error, ReadReport};
use burn_repro_core::tolerance::Bound;
use burn_repro_worker::names;
use burn_repro_worker::scope;

/// The reference, the target, and one more of each for single operations.
pub(crate) struct Lockstep {
    reference: Executor,
    target: FaultyExecutor,
    local: Local,
    device: Device,
    dtype: DType,
    watch: Watch,
    /// The bound whose first breach ends the comparison.
    until: Option<Bound>,
    pub kept: Stats,
    pub reads: Vec<ReadReport>,
    pub stopped: bool,
    /// The number of the operation to be captured.
    capture: Option<usize>,
    pub(crate) captured: Option<CapturedOperation>,
    number: usize,
    failure: Option<String>,
}

impl Lockstep {
    pub fn new(
        device: &Device,
        float: Dtype,
        fault: Option<InjectedFault>,
        until: Option<Bound>,
    ) -> Self {
        let target = || FaultyExecutor::new(Executor::new(device, float), fault.clone());
        let dtype = float_dtype(float).into();
        Self {
            reference: Executor::reference(),
            target: target(),
            local: Local { reference: Executor::reference(), target: target(), dtype },
            device: device.clone(),
            dtype,
            watch: Watch::default(),
            until,
            kept: Stats::default(),
            reads: Vec::new(),
            stopped: false,
            capture: None,
            captured: None,
            number: 0,
            failure: None,
        }
    }

    /// Captures the operation of a number.
    pub(crate) fn capturing(self, number: usize) -> Self {
        Self { capture: Some(number), ..self }
    }

    /// Why the comparison is not to be trusted, if something went wrong.
    pub(crate) fn take_failure(&mut self) -> Option<String> {
        let planted = self.target.take_failure().or(self.local.target.take_failure());
        self.failure.take().or(planted)
    }

    /// How often a planted fault changed something.
    pub fn struck(&self) -> usize {
        self.target.struck()
    }

    fn next(&mut self) -> usize {
        self.number += 1;
        self.number - 1
    }

    /// The inputs as the reference has them, rounded to the target's type.
    fn fed(&self, operation: &OperationIr) -> Result<Vec<(TensorIr, TensorData)>, String> {
        let mut fed: Vec<(TensorIr, TensorData)> = Vec::new();
        for tensor in operation.inputs() {
            if fed.iter().all(|(known, _)| known.id != tensor.id) {
                let data = rounded(&self.reference.read(tensor)?, self.dtype);
                fed.push((tensor.clone(), data));
            }
        }
        Ok(fed)
    }

    fn compare(&mut self, number: usize, operation: OperationIr) -> Result<(), String> {
        let class = op_kind(&operation);
        if class == OpKind::Unspecified {
            return self.without_comparing(number, operation);
        }
        let inputs = self.fed(&operation)?;
        let parameter = operation.inputs().find_map(|tensor| names::of(tensor.id));
        let whole = inputs
            .first()
            .and_then(|(_, first)| self.watch.take(&operation, || Some(first.clone())));
        self.reference.execute(operation.clone());
        self.target.execute(number, operation.clone());
        let outputs: Vec<TensorIr> = operation.outputs().cloned().collect();
        let scale = ErrorScale { dtype: self.dtype, class, largest_sum: None, floats: true };
        let mut accumulated = Error::default();
        let mut wants = Vec::new();
        for out in &outputs {
            let want = self.reference.read(out)?;
            let got = self.target.read(out)?;
            accumulated = accumulated.worse(scale.of(out).measure(&numbers(&got), &numbers(&want)));
            wants.push(want);
        }
        let fed =
            OperationInputs { number, operation: &operation, inputs: &inputs, outputs: &outputs };
        let local = self.compare_locally(&fed, scale, &wants)?;
        let shape = outputs.first().map(|out| out.shape.to_vec()).unwrap_or_default();
        let (place, allowed) = (scope::place(), class.allowed_ulp());
        let kind = Subject::Operation(Box::new(operation));
        self.kept.take(OpResult { number, place, parameter, kind, local, accumulated, allowed });
        match whole {
            Some(whole) => self.compare_whole(number, whole, shape, &wants[0]),
            None => Ok(()),
        }
    }

    /// Memory without content, or random numbers: both go on with the reference's.
    fn without_comparing(&mut self, number: usize, operation: OperationIr) -> Result<(), String> {
        self.watch.interrupt();
        self.reference.execute(operation.clone());
        self.target.execute(number, operation.clone());
        for out in operation.outputs() {
            self.target.executor().put(out.id, self.reference.read(out)?);
        }
        Ok(())
    }

    /// The error of the operation itself.
    fn compare_locally(
        &mut self,
        fed: &OperationInputs<'_>,
        scale: ErrorScale,
        wants: &[TensorData],
    ) -> Result<Error, String> {
        let got = self.local.got(fed)?;
        let want = self.local.want(fed, scale.class, wants)?;
        let pairs: Vec<[Vec<f64>; 2]> =
            got.iter().zip(&want).map(|(got, want)| [numbers(got), numbers(want)]).collect();
        let worst = |scale: ErrorScale| {
            let pairs = fed.outputs.iter().zip(&pairs);
            let errors = pairs.map(|(out, [got, want])| scale.of(out).measure(got, want));
            errors.fold(Error::default(), Error::worse)
        };
        let mut error = worst(scale);
        if matches!(scale.class, OpKind::Sum(_)) && error.ulp > scale.class.allowed_ulp() {
            let largest_sum = Some(self.local.largest_sum(fed)?);
            error = worst(ErrorScale { largest_sum, ..scale });
        }
        if self.capture == Some(fed.number) {
            let (inputs, outputs) = (fed.inputs.to_vec(), fed.outputs.to_vec());
            let operation = fed.operation.clone();
            self.captured =
                Some(CapturedOperation { operation, inputs, outputs, expected: want, got });
        }
        Ok(error)
    }

    /// Holds the target's own activation against what its operations should give.
    fn compare_whole(
        &mut self,
        number: usize,
        whole: Whole,
        shape: Vec<usize>,
        want: &TensorData,
    ) -> Result<(), String> {
        let got = whole.activation.run(whole.input, &self.device)?;
        // The input was rounded: an error of half a unit in it is not the activation's.
        let class = OpKind::NearZero;
        let scale = ErrorScale { dtype: self.dtype, class, largest_sum: None, floats: true };
        self.kept.take(OpResult {
            number,
            place: scope::place(),
            parameter: None,
            kind: Subject::Whole(whole.activation.name(), shape),
            local: scale.measure(&numbers(&got), &numbers(want)),
            accumulated: Error::default(),
            allowed: class.allowed_ulp(),
        });
        Ok(())
    }

    fn compare_host(
        &mut self,
        number: usize,
        id: TensorId,
        data: &TensorData,
    ) -> Result<(), String> {
        let shape = data.shape.to_vec();
        let tensor = TensorIr::uninit(id, data.shape.clone(), data.dtype);
        let class = OpKind::DataMovement;
        let scale = ErrorScale { dtype: self.dtype, class, largest_sum: None, floats: true };
        let want = numbers(&rounded(data, self.dtype));
        let error = scale.of(&tensor).measure(&numbers(&self.target.read(&tensor)?), &want);
        let (place, kind) = (scope::place(), Subject::Host(shape));
        let allowed = class.allowed_ulp();
        self.kept.take(OpResult {
            number,
            place,
            parameter: None,
            kind,
            local: error,
            accumulated: error,
            allowed,
        });
        Ok(())
    }

    #[expect(clippy::float_cmp, reason = "infinities that are equal have no difference")]
    fn compare_read(&mut self, name: String, tensor: &TensorIr, got: &TensorData) {
        let want = match self.reference.read(tensor) {
            Ok(want) => numbers(&want),
            Err(reason) => {
                self.failure.get_or_insert(reason);
                return;
            }
        };
        let got = numbers(got);
        let difference = |(got, want): (&f64, &f64)| match (got - want).abs() {
            _ if got == want => 0.0,
            difference if difference.is_nan() => f64::INFINITY,
            difference => difference,
        };
        let read = ReadReport {
            name,
            number: self.number,
            difference: match got.len() == want.len() {
                true => got.iter().zip(&want).map(difference).fold(0.0, f64::max),
                false => f64::INFINITY,
            },
            largest: want.iter().map(|value| value.abs()).fold(0.0, f64::max),
        };
        self.stopped |= self.until.is_some_and(|bound| read.is_outside(bound));
        self.reads.push(read);
    }
}

impl Stream for Lockstep {
    fn put(&mut self, id: TensorId, data: TensorData) {
        let number = self.next();
        self.watch.interrupt();
        self.reference.put(id, data.clone());
        self.target.put(number, id, data.clone());
        if !self.stopped
            && let Err(reason) = self.compare_host(number, id, &data)
        {
            self.failure.get_or_insert(reason);
        }
    }

    fn execute(&mut self, operation: OperationIr) {
        let number = self.next();
        if self.stopped {
            return self.target.execute(number, operation);
        }
        if let Err(reason) = self.compare(number, operation) {
            // What comes next would miss a tensor, and say that instead.
            panic!("{reason}");
        }
    }

    fn drop_tensor(&mut self, tensor: &TensorIr) {
        self.reference.drop_tensor(tensor);
        self.target.executor().drop_tensor(tensor);
    }

    fn read(&mut self, tensor: &TensorIr) -> Result<TensorData, String> {
        let data = self.target.read(tensor)?;
        if let Some(name) = scope::read_name().filter(|_| !self.stopped) {
            self.compare_read(name, tensor, &data);
        }
        Ok(data)
    }

    fn sync(&mut self) -> Result<(), String> {
        self.target.executor().sync()
    }
}
