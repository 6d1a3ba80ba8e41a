//! A model's parameters in the element type of a run.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, FloatDType, Tensor};

/// A model whose float parameters have the default type of a device.
///
/// A reader of weights may keep the type of its file, as burn-store does; a golden is made in `f64`, where an operation
/// of `f64` inputs and `f32` weights panics.
pub fn in_default_type<M: Module>(model: M, device: &Device) -> M {
    model.map(&mut Cast(device.settings().float_dtype))
}

struct Cast(FloatDType);

impl ModuleMapper for Cast {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let trained = param.is_require_grad();
        // The cast is a leaf of its own, of which a gradient is kept as before.
        param.map(|tensor| tensor.detach().cast(self.0).detach().set_require_grad(trained))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{BatchNorm, BatchNormConfig};
    use burn::tensor::DType;

    /// A cast leaves no gradient behind it, and a training in `f64` would have none.
    #[test]
    fn gradients_are_kept_of_what_was_cast() {
        let device = Device::flex().autodiff();
        let mut norm = BatchNormConfig::new(2).init(&device);
        norm.gamma = Param::from_tensor(Tensor::from_data([0.5_f64, 3.0], (&device, DType::F64)));
        let norm: BatchNorm = in_default_type(norm, &device);
        let gamma = norm.gamma.val();
        let gradients = (gamma.clone() * gamma.clone()).sum_dim(0).backward();
        let gradient = gamma.grad(&gradients).expect("a gradient");
        assert_eq!(gradient.into_data().try_to_vec::<f32>().unwrap(), [1.0, 6.0]);
    }

    #[test]
    fn every_float_has_the_default_type_and_keeps_its_value() {
        let device = Device::flex();
        let mut norm = BatchNormConfig::new(2).init(&device);
        let wide = Tensor::<1>::from_data([0.1_f64, 3.0], (&device, DType::F64));
        norm.gamma = Param::from_tensor(wide.clone());
        norm.running_mean = burn::module::RunningState::new(wide);
        let norm: BatchNorm = in_default_type(norm, &device);
        for tensor in [norm.gamma.val(), norm.running_mean.value()] {
            assert_eq!(tensor.dtype(), DType::F32);
            assert_eq!(tensor.into_data().try_to_vec::<f32>().unwrap(), [0.1, 3.0]);
        }
    }
}
