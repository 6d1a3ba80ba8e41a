//! What a pipeline talks to while it runs: hands host noise to the device and reads tensors back.
//!
//! How a tensor is read is in `read`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use burn_repro_device::ir::TensorId;
use burn_repro_device::{Recordable, next_id, tensor_id};
use burn_repro_hooks::{Listening, listen};
use sha2::{Digest, Sha256};

use crate::hooks::{Feed, Hooks, Shared};
use crate::host_float::HostFloat;
use crate::names::learn;
use crate::perturbation::Perturbation;
use crate::read::{ProbeError, read};
use crate::scope::{self, Scope};
use burn_repro_core::hash::{hex, sha256_hex};
use burn_repro_core::trace::{Dtype, NamedTensor, Trace};
use burn_repro_core::worker::Variation;

/// Records what a pipeline computes. Every tensor is read back at once, after a `sync`, because a
/// GPU failure is often silent until then.
///
/// Methods do not return errors, so that pipelines read like the computation they are; the first
/// error is kept and ends the cell when the pipeline returns.
#[derive(Debug)]
pub struct Probe {
    device: Device,
    trace: Trace,
    /// The tensors that would have been read, on a device that records.
    reads: Vec<Read>,
    /// The names of the parameters of models, on a device that records.
    names: BTreeMap<TensorId, Arc<str>>,
    noise: Sha256,
    perturbation: Option<Perturbation>,
    /// The samples of a batch of which each is to be a copy of the first.
    copies: Option<usize>,
    /// The tensors of modules that the model names.
    modules: Shared,
    /// The names under which modules were recorded.
    recorded_modules: BTreeSet<String>,
    error: Option<ProbeError>,
}

/// A tensor that a pipeline recorded or put out while its operations were recorded.
#[derive(Debug, Clone)]
pub struct Read {
    /// Its name.
    pub name: String,
    /// The tensor.
    pub tensor: TensorId,
    /// Larger than the id of every tensor before the read.
    pub at: TensorId,
    /// Whether it is a result that is compared with the golden.
    pub is_output: bool,
}

/// What a probe knows at the end of a recording: the trace without tensors, the reads, and the names of parameters.
pub(crate) type Noted = (Trace, Vec<Read>, BTreeMap<TensorId, Arc<str>>);

impl Probe {
    /// A probe for one run on `device`.
    #[must_use]
    pub fn new(device: Device) -> Self {
        Self {
            device,
            trace: Trace::default(),
            reads: Vec::new(),
            names: BTreeMap::new(),
            noise: Sha256::new(),
            perturbation: None,
            copies: None,
            modules: Shared::default(),
            recorded_modules: BTreeSet::new(),
            error: None,
        }
    }

    /// The probe of a run whose inputs are varied.
    pub fn varied(self, variation: Variation, dtype: Dtype) -> Self {
        let perturbation = match variation {
            Variation::Moved(seed) => Some(Perturbation::new(seed, dtype)),
            _ => None,
        };
        let copies = match variation {
            Variation::Copies(samples) => Some(samples),
            _ => None,
        };
        Self { perturbation, copies, ..self }
    }

    /// Hears of the modules that the model names until the guard is dropped, and feeds them.
    pub(crate) fn listen(&self, feed: Feed) -> Listening {
        listen(Box::new(Hooks::new(self.modules.clone(), feed)))
    }

    /// Records what modules have put out since.
    fn take_modules(&mut self) {
        let heard = self.modules.take();
        for named in heard.tensors {
            let mut taken = self.trace.records.iter().chain(&self.trace.outputs);
            match taken.any(|taken| taken.name == named.name) {
                true => self.error = Some(ProbeError::Duplicate(named.name)),
                false => {
                    self.recorded_modules.insert(named.name.clone());
                    self.trace.records.push(named);
                }
            }
        }
        self.error = self.error.take().or(heard.error);
    }

    /// Hashes host noise and moves it to the device, row-major, converted to the device's default
    /// float type. Draw it in the type of [`Case::dtype`](crate::pipeline::Case::dtype), as PyTorch would.
    ///
    /// # Panics
    /// If `values` does not fill `shape`.
    pub fn noise<T: HostFloat, const D: usize>(
        &mut self,
        shape: [usize; D],
        values: &[T],
    ) -> Tensor<D> {
        let mut bytes = Vec::with_capacity(size_of_val(values));
        values.iter().for_each(|value| value.append_le_bytes(&mut bytes));
        self.noise.update(&bytes);
        let noise = &mut self.trace.noise;
        noise.draws += 1;
        if noise.draws == 1 {
            noise.first_sha256 = Some(sha256_hex(&bytes));
        }
        self.input(shape, values)
    }

    /// Moves other host data to the device, row-major, converted to the device's default float type: a
    /// sample that is no noise, a picture to start from.
    ///
    /// Like the noise, it is what `calibrate` moves by a last bit; weights are not.
    ///
    /// # Panics
    /// If `values` does not fill `shape`.
    pub fn input<T: HostFloat, const D: usize>(
        &mut self,
        shape: [usize; D],
        values: &[T],
    ) -> Tensor<D> {
        let mut values = values.to_vec();
        match self.copies {
            Some(samples) if samples == shape[0] => copy_first(&mut values, samples),
            Some(_) => self.error = Some(ProbeError::NoBatch),
            None => {}
        }
        let data = match &mut self.perturbation {
            Some(perturbation) => {
                let mut values: Vec<f64> = values.into_iter().map(HostFloat::widen).collect();
                perturbation.apply(&mut values);
                TensorData::new(values, shape)
            }
            None => TensorData::new(values, shape),
        };
        Tensor::from_data(data, &self.device)
    }

    /// States the SHA-256 of the weights, taken on the host, so that a golden made with others is
    /// known as stale.
    pub fn weights_sha256(&mut self, sha256: impl Into<String>) {
        self.trace.weights_sha256 = Some(sha256.into());
    }

    /// Tells a diagnosis the names of a model's parameters, by which it says where an operation stands. Without it an
    /// operation is known by its scopes; see [`scope`](crate::scope()).
    pub fn model<M: Module>(&mut self, name: &str, model: &M) {
        learn(&mut self.names, name, model);
    }

    /// Records an intermediate tensor, for instance `step.07/latents`. Integers and booleans are to be the same.
    pub fn record<const D: usize, K: Recordable>(
        &mut self,
        name: impl Into<String>,
        tensor: &Tensor<D, K>,
    ) {
        self.take(name.into(), tensor, false);
    }

    /// Puts out a result that is compared with the golden: floats within the tolerance; integers and booleans are to be
    /// the same, unless the tolerance names the output.
    pub fn output<const D: usize, K: Recordable>(
        &mut self,
        name: impl Into<String>,
        tensor: &Tensor<D, K>,
    ) {
        self.take(name.into(), tensor, true);
    }

    /// Ends the cell with an error, unless there was one before.
    pub(crate) fn fail(&mut self, error: ProbeError) {
        self.error = self.error.take().or(Some(error));
    }

    /// Ends the run and gives what was recorded.
    ///
    /// # Errors
    /// The first error of any `record` or `output`, or [`ProbeError::NoOutput`].
    pub fn finish(self) -> Result<Trace, ProbeError> {
        Ok(self.note()?.0)
    }

    /// Ends the run; gives what would have been read, too.
    pub(crate) fn note(mut self) -> Result<Noted, ProbeError> {
        self.take_modules();
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.trace.outputs.is_empty() && self.reads.iter().all(|read| !read.is_output) {
            return Err(ProbeError::NoOutput);
        }
        if self.trace.noise.draws > 0 {
            self.trace.noise.all_sha256 = Some(hex(&self.noise.finalize()));
        }
        Ok((self.trace, self.reads, self.names))
    }

    fn take<const D: usize, K: Recordable>(
        &mut self,
        name: String,
        tensor: &Tensor<D, K>,
        is_output: bool,
    ) {
        self.take_modules();
        if self.error.is_some() {
            return;
        }
        // The last module may have the name of what it puts out: it is one tensor.
        if is_output && self.recorded_modules.contains(&name) {
            self.trace.records.retain(|named| named.name != name);
        }
        let mut taken = self.trace.outputs.iter().chain(&self.trace.records);
        let is_taken = taken.any(|named| named.name == name);
        if is_taken || self.reads.iter().any(|read| read.name == name) {
            self.error = Some(ProbeError::Duplicate(name));
        } else if let (Some(id), Some(at)) = (tensor_id(tensor), next_id(&self.device)) {
            self.reads.push(Read { name, tensor: id, at, is_output });
        } else {
            let tensors = match is_output {
                true => &mut self.trace.outputs,
                false => &mut self.trace.records,
            };
            match read(&name, tensor, &self.device) {
                Ok(tensor) => tensors.push(NamedTensor { name, tensor }),
                Err(error) => self.error = Some(error),
            }
        }
    }
}

/// Makes every one of `samples` equal parts a copy of the first.
fn copy_first<T: Copy>(values: &mut [T], samples: usize) {
    let (first, rest) = values.split_at_mut(values.len() / samples);
    for sample in rest.chunks_exact_mut(first.len().max(1)) {
        sample.copy_from_slice(first);
    }
}

/// The name of a tensor of one step: `step.07/latents`, as wide as the last step needs.
#[must_use]
pub fn step_name(index: usize, steps: usize, tensor: &str) -> String {
    format!("{}/{tensor}", step_number(index, steps))
}

/// Names the part of a computation that is one step: `step.07`, until the guard is dropped.
#[must_use = "the scope ends when the guard is dropped"]
#[track_caller]
pub fn step_scope(index: usize, steps: usize) -> Scope {
    scope::scope(step_number(index, steps))
}

fn step_number(index: usize, steps: usize) -> String {
    let width = steps.saturating_sub(1).to_string().len().max(2);
    format!("step.{index:0width$}")
}
