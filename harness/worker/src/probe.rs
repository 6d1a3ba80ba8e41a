//! What a pipeline talks to while it runs: hands host noise to the device and reads tensors back.
//!
//! The only place of the harness that reads a device.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor, TensorData};
use burn_repro_device::ir::TensorId;
use burn_repro_device::{first_stale, next_id, tensor_id};
use sha2::{Digest, Sha256};

use crate::host_float::HostFloat;
use crate::names::learn;
use crate::perturbation::Perturbation;
use crate::scope::{self, Scope};
use burn_repro_core::hash::{hex, sha256_hex};
use burn_repro_core::trace::{Dtype, HostTensor, NamedTensor, Trace};
use burn_repro_core::worker::Variation;

/// Why a tensor could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The device reported an error for an earlier operation.
    #[error("synchronise the device before reading `{name}`: {reason}")]
    Sync {
        /// The tensor that was about to be read.
        name: String,
        /// What the backend said.
        reason: String,
    },
    /// The read itself failed.
    #[error("read `{name}` from the device: {reason}")]
    Read {
        /// The tensor that was about to be read.
        name: String,
        /// What the backend said.
        reason: String,
    },
    /// A dtype that cannot be compared.
    #[error("record `{name}`: its dtype {dtype:?} is no float; cast it before recording it")]
    NoFloat {
        /// The tensor.
        name: String,
        /// Its dtype.
        dtype: DType,
    },
    /// Two tensors of one name.
    #[error("record `{0}` twice; give every step its own name, for instance with `step_name`")]
    Duplicate(String),
    /// A tensor without elements would compare as equal to anything.
    #[error("record `{0}`, which has no elements")]
    Empty(String),
    /// What memory is filled with before a cell, still there.
    #[error(
        "`{name}` holds memory that nobody wrote, first at element {index}: a kernel did not write all of its result, \
         or read past what was written"
    )]
    Stale {
        /// The tensor.
        name: String,
        /// The first such element, row-major.
        index: usize,
    },
    /// Inputs that cannot be made copies of one sample.
    #[error("an input's first dimension is not the batch")]
    NoBatch,
    /// A pipeline that puts nothing out would pass by accident.
    #[error("the pipeline put out no tensor; call `probe.output(name, &tensor)`")]
    NoOutput,
}

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
            error: None,
        }
    }

    /// The probe of a run whose inputs are varied.
    pub fn varied(self, variation: Variation, dtype: Dtype) -> Self {
        let perturbation = match variation {
            Variation::Moved(seed) => Some(Perturbation::new(seed, dtype)),
            Variation::None | Variation::Copies(_) => None,
        };
        let copies = match variation {
            Variation::Copies(samples) => Some(samples),
            Variation::None | Variation::Moved(_) => None,
        };
        Self { perturbation, copies, ..self }
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

    /// Records an intermediate tensor, for instance `step.07/latents`.
    pub fn record<const D: usize>(&mut self, name: impl Into<String>, tensor: &Tensor<D>) {
        self.take(name.into(), tensor, false);
    }

    /// Puts out a result that is compared with the golden.
    pub fn output<const D: usize>(&mut self, name: impl Into<String>, tensor: &Tensor<D>) {
        self.take(name.into(), tensor, true);
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

    fn take<const D: usize>(&mut self, name: String, tensor: &Tensor<D>, is_output: bool) {
        if self.error.is_some() {
            return;
        }
        let taken = match is_output {
            true => &mut self.trace.outputs,
            false => &mut self.trace.records,
        };
        let read_before = |read: &Read| read.name == name && read.is_output == is_output;
        if taken.iter().any(|named| named.name == name) || self.reads.iter().any(read_before) {
            self.error = Some(ProbeError::Duplicate(name));
        } else if let (Some(id), Some(at)) = (tensor_id(tensor), next_id(&self.device)) {
            self.reads.push(Read { name, tensor: id, at, is_output });
        } else {
            match read(&name, tensor, &self.device) {
                Ok(tensor) => taken.push(NamedTensor { name, tensor }),
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

fn read<const D: usize>(
    name: &str,
    tensor: &Tensor<D>,
    device: &Device,
) -> Result<HostTensor, ProbeError> {
    device
        .sync()
        .map_err(|error| ProbeError::Sync { name: name.into(), reason: format!("{error:?}") })?;
    let data = tensor
        .clone()
        .try_into_data()
        .map_err(|error| ProbeError::Read { name: name.into(), reason: format!("{error:?}") })?;
    on_host(name, &data)
}

/// A tensor as a device gave it.
///
/// # Errors
/// If it cannot be compared, or holds memory that nobody wrote.
pub(crate) fn on_host(name: &str, data: &TensorData) -> Result<HostTensor, ProbeError> {
    let dtype = match data.dtype() {
        DType::F64 => Dtype::F64,
        DType::F32 | DType::Flex32 => Dtype::F32,
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::Bf16,
        dtype => return Err(ProbeError::NoFloat { name: name.into(), dtype }),
    };
    if let Some(index) = first_stale(data.as_bytes(), data.dtype().size()) {
        return Err(ProbeError::Stale { name: name.into(), index });
    }
    let shape = data.shape().to_vec();
    let values: Vec<f64> = data.iter::<f64>().collect();
    if values.is_empty() {
        return Err(ProbeError::Empty(name.into()));
    }
    Ok(HostTensor { shape, dtype, values })
}
