//! The operations of a pipeline, in order, with the place of each: made once on a device that computes nothing, executed
//! by whoever explains a difference.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use burn::tensor::TensorData;
use burn_repro_core::trace::{NamedTensor, Trace};
use burn_repro_device::ir::{BaseOperationIr, OperationIr, TensorId, TensorIr};
use burn_repro_device::{Device, capture};

use crate::hooks::Feed;
use crate::panics::take as taken_panics;
use crate::pipeline::BoxError;
use crate::probe::{Probe, Read};
use crate::read::on_host;
use crate::scope::{Mark, marking};

/// The operations of a pipeline.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The operations; an `Init` stands where host data became a tensor. The number of an operation is its index.
    pub operations: Vec<OperationIr>,
    /// Host data, by the tensor that it became.
    pub values: BTreeMap<TensorId, TensorData>,
    /// The names of the parameters of models.
    pub names: BTreeMap<TensorId, Arc<str>>,
    marks: Vec<Mark>,
    reads: Vec<Read>,
    /// What the pipeline said of its noise and weights.
    trace: Trace,
}

/// A computation with a backward pass, which Burn's capture does not have.
#[derive(Debug, thiserror::Error)]
#[error(
    "its operations cannot be recorded one by one: Burn {BURN} captures no backward pass. What it records by name is \
     compared all the same"
)]
pub struct BackwardPass;

/// The release whose words [`forward_only`] knows.
const BURN: &str = "0.22";

/// Runs a computation on the capturing device; its panic at a backward pass becomes [`BackwardPass`].
fn forward_only(run: impl FnOnce() -> Result<(), BoxError>) -> Result<(), BoxError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        if text != "Capture tensors do not support autodiff" {
            resume_unwind(panic);
        }
        // It has been told; a cell that leaves one behind fails.
        taken_panics();
        Err(BackwardPass.into())
    })
}

/// Executes the operations of a recording.
pub trait Replay {
    /// Host data becomes a tensor, as the operation of this number.
    ///
    /// # Errors
    /// What ends the replay.
    fn put(&mut self, number: usize, tensor: &TensorIr, data: &TensorData) -> Result<(), BoxError>;

    /// The operation of a number is to be executed.
    ///
    /// # Errors
    /// What ends the replay.
    fn execute(&mut self, number: usize, operation: &OperationIr) -> Result<(), BoxError>;

    /// The elements of a tensor that the pipeline recorded under a name.
    ///
    /// # Errors
    /// What the backend says.
    fn read(&mut self, name: &str, tensor: &TensorIr) -> Result<TensorData, BoxError>;

    /// A tensor is no longer needed.
    fn drop_tensor(&mut self, tensor: &TensorIr);
}

impl Recording {
    /// Records a computation, with the element types of a device.
    ///
    /// # Errors
    /// What stops the computation.
    pub fn of(
        like: &Device,
        run: impl FnOnce(&Device, &mut Probe) -> Result<(), BoxError>,
    ) -> Result<Self, BoxError> {
        let ((noted, marks), captured) = capture(like, |device| {
            let mut probe = Probe::new(device.clone());
            let listening = probe.listen(Feed::default());
            let (ran, marks) = marking(device, || forward_only(|| run(device, &mut probe)));
            drop(listening);
            ran?;
            Ok::<_, BoxError>((probe.note()?, marks))
        })?;
        let (trace, reads, mut names) = noted;
        name_views(&mut names, &captured.operations);
        Ok(Self {
            operations: captured.operations,
            values: captured.values,
            names,
            marks,
            reads,
            trace,
        })
    }

    /// The place of an operation: the scopes around it, and where the innermost was opened. Outside of all scopes, an
    /// operation without a parameter is `after` the last one that has one.
    #[must_use]
    pub fn place(&self, number: usize) -> (Arc<str>, Option<String>) {
        let id = first_output(&self.operations[number]);
        let behind = self.marks.partition_point(|mark| Some(mark.id) < id);
        let mark = behind.checked_sub(1).map(|index| &self.marks[index]);
        let Some(mark) = mark.filter(|mark| !mark.place.is_empty()) else {
            let before =
                (0..=number).rev().find_map(|before| Some((before, self.parameter(before)?)));
            let place = before.filter(|(before, _)| *before != number);
            return (place.map_or("".into(), |(_, name)| format!("after {name}").into()), None);
        };
        let source = mark.source.map(|source| format!("{}:{}", source.file(), source.line()));
        (mark.place.clone(), source)
    }

    /// The name of the parameter that an operation is given, if it is given one.
    #[must_use]
    pub fn parameter(&self, number: usize) -> Option<Arc<str>> {
        let mut inputs = self.operations[number].inputs();
        inputs.find_map(|tensor| self.names.get(&tensor.id).cloned())
    }

    /// Executes all operations, and gives what the pipeline recorded.
    ///
    /// # Errors
    /// What ends the replay, or a tensor that cannot be compared.
    pub fn replay(&self, replay: &mut impl Replay) -> Result<Trace, BoxError> {
        let mut trace = self.trace.clone();
        let tensors = self.tensors();
        let unused = self.last_uses();
        let mut reads = self.reads.iter().peekable();
        for (number, operation) in self.operations.iter().enumerate() {
            let id = first_output(operation);
            while let Some(read) = reads.next_if(|read| id.is_some_and(|id| read.at < id)) {
                take(read, &tensors, replay, &mut trace)?;
            }
            match operation {
                OperationIr::Init(made) => {
                    let data = self.values.get(&made.out.id).ok_or("host data was not recorded")?;
                    replay.put(number, &made.out, data)?;
                }
                operation => replay.execute(number, operation)?,
            }
            for id in unused.get(&number).into_iter().flatten() {
                replay.drop_tensor(tensors[id]);
            }
        }
        reads.try_for_each(|read| take(read, &tensors, replay, &mut trace))?;
        Ok(trace)
    }

    /// Every tensor that an operation made.
    fn tensors(&self) -> BTreeMap<TensorId, &TensorIr> {
        let made = self.operations.iter().flat_map(OperationIr::outputs);
        made.map(|tensor| (tensor.id, tensor)).collect()
    }

    /// The tensors that nobody needs after the operation of a number; those that are read at the end stay.
    fn last_uses(&self) -> BTreeMap<usize, Vec<TensorId>> {
        let read: BTreeSet<TensorId> = self.reads.iter().map(|read| read.tensor).collect();
        let mut last = BTreeMap::new();
        for (number, operation) in self.operations.iter().enumerate() {
            for tensor in operation.inputs().chain(operation.outputs()) {
                last.insert(tensor.id, number);
            }
        }
        let mut uses: BTreeMap<usize, Vec<TensorId>> = BTreeMap::new();
        for (id, number) in last {
            if !read.contains(&id) {
                uses.entry(number).or_default().push(id);
            }
        }
        uses
    }
}

/// What shows a parameter in another shape has its name, too: a layer may reshape its weight first.
fn name_views(names: &mut BTreeMap<TensorId, Arc<str>>, operations: &[OperationIr]) {
    use BaseOperationIr as Base;
    for operation in operations {
        let OperationIr::BaseFloat(view) = operation else { continue };
        let (input, out) = match view {
            Base::Reshape(view) | Base::Expand(view) => (&view.input, &view.out),
            Base::SwapDims(view) => (&view.input, &view.out),
            Base::Permute(view) => (&view.input, &view.out),
            Base::Cast(view) => (&view.input, &view.out),
            _ => continue,
        };
        if let Some(name) = names.get(&input.id).cloned() {
            names.insert(out.id, name);
        }
    }
}

fn first_output(operation: &OperationIr) -> Option<TensorId> {
    operation.outputs().next().map(|tensor| tensor.id)
}

fn take(
    read: &Read,
    tensors: &BTreeMap<TensorId, &TensorIr>,
    replay: &mut impl Replay,
    trace: &mut Trace,
) -> Result<(), BoxError> {
    let tensor = tensors.get(&read.tensor).ok_or("a tensor that was read was not recorded")?;
    let data = replay.read(&read.name, tensor)?;
    let named = NamedTensor { name: read.name.clone(), tensor: on_host(&read.name, &data)? };
    match read.is_output {
        true => trace.outputs.push(named),
        false => trace.records.push(named),
    }
    Ok(())
}
