//! The names of a model's parameters, by the tensor that holds each: an operation that reads one is known by it.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_repro_device::{Streamed, ir::TensorId, stream_id};

thread_local! {
    static NAMES: RefCell<BTreeMap<TensorId, Arc<str>>> =
        const { RefCell::new(BTreeMap::new()) };
}

/// The parameter that a tensor is, if it is known.
pub fn of(id: TensorId) -> Option<Arc<str>> {
    NAMES.with_borrow(|names| names.get(&id).cloned())
}

/// Forgets all names.
pub fn forget() {
    NAMES.with_borrow_mut(BTreeMap::clear);
}

/// Learns the names of a model's parameters, where its tensors are a stream's; costs nothing elsewhere.
pub(crate) fn learn<B: Backend, M: Module<B>>(name: &str, model: &M) {
    if TypeId::of::<B>() != TypeId::of::<Streamed>() {
        return;
    }
    model.visit(&mut Visitor { path: vec![name.to_owned()] });
}

struct Visitor {
    path: Vec<String>,
}

impl<B: Backend> ModuleVisitor<B> for Visitor {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if let Some(id) = stream_id(&param.val()) {
            let name = self.path.join(".").into();
            NAMES.with_borrow_mut(|names| names.insert(id, name));
        }
    }

    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
}
