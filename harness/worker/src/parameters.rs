//! Records the parameters of a model, and their gradients. Their names for a diagnosis are `names`'.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor};

use crate::probe::Probe;

impl Probe {
    /// Records every float parameter of a model and its running state: `name/conv.weight`.
    pub fn parameters<M: Module>(&mut self, name: impl Into<String>, model: &M) {
        model.visit(&mut Recorder { probe: self, path: vec![name.into()], gradients: None });
    }

    /// Records the gradient of every parameter of a model that has one: `name/conv.weight`. Call it before
    /// `GradientsParams::from_grads`, which takes the gradients.
    pub fn gradients<M: Module>(
        &mut self,
        name: impl Into<String>,
        model: &M,
        gradients: &Gradients,
    ) {
        let path = vec![name.into()];
        model.visit(&mut Recorder { probe: self, path, gradients: Some(gradients) });
    }
}

struct Recorder<'a> {
    probe: &'a mut Probe,
    /// The name of all, and the path of the parameter.
    path: Vec<String>,
    /// What is recorded of a parameter; without them, its value.
    gradients: Option<&'a Gradients>,
}

impl ModuleVisitor for Recorder<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = match self.gradients {
            Some(gradients) => param.val().grad(gradients),
            None => Some(param.val()),
        };
        if let Some(tensor) = tensor {
            let (name, path) = self.path.split_at(1);
            self.probe.record(format!("{}/{}", name[0], path.join(".")), &tensor);
        }
    }

    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
}
