//! The names of a model's parameters, by the tensor that holds each: an operation that reads one is known by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use burn_repro_device::ir::TensorId;
use burn_repro_device::tensor_id;

/// Adds the names of a model's parameters, where its tensors are recorded; none elsewhere.
pub(crate) fn learn<M: Module>(names: &mut BTreeMap<TensorId, Arc<str>>, name: &str, model: &M) {
    model.visit(&mut Visitor { path: vec![name.to_owned()], names });
}

struct Visitor<'a> {
    path: Vec<String>,
    names: &'a mut BTreeMap<TensorId, Arc<str>>,
}

impl ModuleVisitor for Visitor<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(id) = tensor_id(&param.val()) {
            self.names.insert(id, self.path.join(".").into());
        }
    }

    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
}
