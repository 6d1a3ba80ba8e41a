//! Records the parameters of a model, and their gradients. Their names for a diagnosis are `names`'.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor};

use crate::probe::Probe;
use crate::read::ProbeError;

impl Probe {
    /// Records every float parameter of a model and its running state: `name/conv.weight`.
    pub fn parameters<M: Module>(&mut self, name: impl Into<String>, model: &M) {
        model.visit(&mut Recorder {
            probe: self,
            path: vec![name.into()],
            gradients: None,
            taken: 0,
        });
    }

    /// Records the gradient of every parameter of a model that has one: `name/conv.weight`. Call it before
    /// `GradientsParams::from_grads`, which takes the gradients.
    pub fn gradients<M: Module>(
        &mut self,
        name: impl Into<String>,
        model: &M,
        gradients: &Gradients,
    ) {
        let name = name.into();
        let path = vec![name.clone()];
        let mut recorder = Recorder { probe: self, path, gradients: Some(gradients), taken: 0 };
        model.visit(&mut recorder);
        if recorder.taken == 0 {
            self.fail(ProbeError::NoGradient(name));
        }
    }
}

struct Recorder<'a> {
    probe: &'a mut Probe,
    /// The name of all, and the path of the parameter.
    path: Vec<String>,
    /// What is recorded of a parameter; without them, its value.
    gradients: Option<&'a Gradients>,
    taken: usize,
}

impl ModuleVisitor for Recorder<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = match self.gradients {
            Some(gradients) => param.val().grad(gradients),
            None => Some(param.val()),
        };
        if let Some(tensor) = tensor {
            self.taken += 1;
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

#[cfg(test)]
mod tests {
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    use super::*;

    fn recorded(device: &Device) -> Result<Vec<String>, ProbeError> {
        let model: Linear = LinearConfig::new(2, 1).init(device);
        let mut probe = Probe::new(Device::flex());
        let weight = Tensor::<1>::from_data([1.0], &Device::flex().autodiff()).require_grad();
        let loss = match device.is_autodiff() {
            true => model.forward(Tensor::<2>::from_data([[1.0, 2.0]], device)).flatten::<1>(0, 1),
            false => weight,
        };
        probe.gradients("gradients", &model, &loss.backward());
        probe.parameters("weights", &model);
        probe.output("loss", &loss);
        Ok(probe.finish()?.records.into_iter().map(|named| named.name).collect())
    }

    #[test]
    fn gradients_and_parameters_have_the_names_of_the_model() {
        let names = recorded(&Device::flex().autodiff()).unwrap();
        let all = ["gradients/weight", "gradients/bias", "weights/weight", "weights/bias"];
        assert_eq!(names, all);
    }

    #[test]
    fn a_model_without_any_gradient_is_an_error() {
        let error = recorded(&Device::flex()).unwrap_err().to_string();
        assert!(error.starts_with("record `gradients`: no parameter has a gradient"), "{error}");
    }
}
