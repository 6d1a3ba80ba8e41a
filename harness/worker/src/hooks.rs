//! What a run hears of the modules that a model names with `burn_repro_hooks::module`: their places, what comes out of
//! them, and what a reference puts in instead.

use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{DType, TensorData};
use burn_repro_core::trace::{HostTensor, NamedTensor};
use burn_repro_device::next_id;
use burn_repro_hooks::{Listener, Seen};

use crate::read::{ProbeError, on_host};
use crate::scope::{Scope, scope_at};

/// What is put in place of what goes into modules and comes out of them, by the names of a recorded file:
/// `block.norm1/input`, `block.norm1`.
pub(crate) type Feed = Arc<BTreeMap<String, HostTensor>>;

/// What was heard and nobody has taken yet.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) tensors: Vec<NamedTensor>,
    pub(crate) error: Option<ProbeError>,
}

/// What a probe and the listener of its thread share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Heard>>);

impl Shared {
    pub(crate) fn take(&self) -> Heard {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, tensor: Result<NamedTensor, ProbeError>) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match tensor {
            Ok(tensor) => heard.tensors.push(tensor),
            Err(error) => heard.error = heard.error.take().or(Some(error)),
        }
    }
}

/// A module that has begun and not ended.
struct Module {
    /// `block.norm1`, or `block.norm1#2` for its second call.
    name: String,
    /// The names of its parents and its own, without numbers of calls.
    path: String,
    _scope: Scope,
}

/// The listener of one run.
pub(crate) struct Hooks {
    shared: Shared,
    feed: Feed,
    open: Vec<Module>,
    calls: BTreeMap<String, usize>,
}

impl Hooks {
    pub(crate) fn new(shared: Shared, feed: Feed) -> Self {
        Self { shared, feed, open: Vec::new(), calls: BTreeMap::new() }
    }

    fn keep(&self, name: &str, tensor: &Seen<'_>) {
        let synced = tensor.device.sync().map_err(|error| format!("{error:?}"));
        let data = synced.and_then(|()| tensor.read());
        let read = data.map_err(|reason| ProbeError::Read { name: name.to_owned(), reason });
        let on_host = read.and_then(|data| on_host(name, &data));
        self.shared.note(on_host.map(|tensor| NamedTensor { name: name.to_owned(), tensor }));
    }

    /// What a reference puts in place of a tensor. One of another shape stays: its module is wrong, or the one before.
    fn fed(&self, name: &str, tensor: &Seen<'_>) -> Option<TensorData> {
        let fed = self.feed.get(name).filter(|fed| fed.shape == tensor.shape)?;
        Some(TensorData::new(fed.values.clone(), fed.shape.clone()))
    }

    /// The name of a tensor of the innermost module, if it is one that can be read here and compared.
    fn name(&self, part: &str, number: usize, tensor: &Seen<'_>) -> Option<String> {
        let is_float = matches!(
            tensor.dtype,
            DType::F64 | DType::F32 | DType::Flex32 | DType::F16 | DType::BF16
        );
        // A device that records has nothing to read.
        if !is_float || next_id(&tensor.device).is_some() {
            return None;
        }
        let module = &self.open.last()?.name;
        Some(match (part, number) {
            ("output", 0) => module.clone(),
            (_, 0) => format!("{module}/{part}"),
            _ => format!("{module}/{part}.{number}"),
        })
    }
}

impl Listener for Hooks {
    fn begin(&mut self, name: &str, source: &'static Location<'static>) {
        let path = match self.open.last() {
            Some(parent) => format!("{}.{name}", parent.path),
            None => name.to_owned(),
        };
        let call = self.calls.entry(path.clone()).or_default();
        *call += 1;
        let name_of_call = if *call == 1 { path.clone() } else { format!("{path}#{call}") };
        self.open.push(Module { name: name_of_call, path, _scope: scope_at(name, source) });
    }

    fn input(&mut self, number: usize, tensor: &Seen<'_>) -> Option<TensorData> {
        let name = self.name("input", number, tensor)?;
        // What the code between modules gave: of interest where it is about to be replaced.
        if self.feed.contains_key(&name) {
            self.keep(&name, tensor);
        }
        self.fed(&name, tensor)
    }

    fn output(&mut self, number: usize, tensor: &Seen<'_>) -> Option<TensorData> {
        let name = self.name("output", number, tensor)?;
        self.keep(&name, tensor);
        self.fed(&name, tensor)
    }

    fn end(&mut self) {
        self.open.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tensor};

    use crate::probe::Probe;

    fn recorded(run: impl Fn(&mut Probe, Tensor<1>)) -> Result<Vec<String>, ProbeError> {
        let device = Device::flex();
        let mut probe = Probe::new(device.clone());
        let listening = probe.listen(Feed::default());
        run(&mut probe, Tensor::from_data([1.0, 2.0], &device));
        drop(listening);
        let trace = probe.finish()?;
        Ok(trace.records.iter().chain(&trace.outputs).map(|named| named.name.clone()).collect())
    }

    fn module(name: &str, x: Tensor<1>) -> Tensor<1> {
        burn_repro_hooks::module(name, x, |x| x * 2.0)
    }

    /// As the last node of an ONNX model has the name of its output.
    #[test]
    fn the_last_module_may_have_the_name_of_an_output() {
        let names = recorded(|probe, x| {
            let x = module("norm", x);
            probe.output("probabilities", &module("probabilities", x));
        });
        assert_eq!(names.unwrap(), ["norm", "probabilities"]);
    }

    #[test]
    fn two_tensors_of_one_name_are_refused_on_whichever_side() {
        let twice = recorded(|probe, x| {
            probe.record("x", &x);
            probe.output("x", &x);
        });
        assert!(twice.unwrap_err().to_string().contains("record `x` twice"));
        let late = recorded(|probe, x| {
            probe.output("x", &x);
            let _ = module("x", x);
        });
        assert!(late.unwrap_err().to_string().contains("record `x` twice"));
    }
}
