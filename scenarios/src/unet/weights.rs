//! `Weights`: every parameter of a model by name, on the host, and the layers made from them.
//!
//! Where values come from is `initialisation`'s and `checkpoint`'s business.

use std::collections::BTreeMap;
use std::fmt::Display;

use burn::module::Param;
use burn::nn::conv::Conv2d;
use burn::nn::{GroupNorm, LayerNorm, LayerNormConfig, Linear, PaddingConfig2d};
use burn::tensor::{Device, Tensor, TensorData};
use burn_repro::sha256_of_f32;
use burn_repro::within;

use super::Parameter;
use super::parameters::join;

/// The parameters of a model and their `f32` values, in torch's construction order.
///
/// A device gets them converted to its default float type, so a float64 reference run and a
/// float32 cell start from the same numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    tensors: Vec<(Parameter, Vec<f32>)>,
    index: BTreeMap<String, usize>,
}

/// The weights belong to another configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "use these weights with this configuration: {0}; make the weights from the configuration that \
     the model gets"
)]
pub struct MismatchedWeights(String);

impl Weights {
    /// Takes one vector for each parameter, each as long as its parameter.
    pub(crate) fn new(tensors: Vec<(Parameter, Vec<f32>)>) -> Self {
        debug_assert!(tensors.iter().all(|(parameter, values)| parameter.numel() == values.len()));
        let names = tensors.iter().map(|(parameter, _)| parameter.name.clone());
        let index = names.zip(0..).collect();
        Self { tensors, index }
    }

    /// The values of the parameter of that name, row-major in torch's layout.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.index.get(name).map(|&place| self.tensors[place].1.as_slice())
    }

    /// Every parameter with its values, in torch's construction order.
    pub fn iter(&self) -> impl Iterator<Item = (&Parameter, &[f32])> {
        self.tensors.iter().map(|(parameter, values)| (parameter, values.as_slice()))
    }

    /// The number of values over all parameters.
    #[must_use]
    pub fn numel(&self) -> usize {
        self.tensors.iter().map(|(_, values)| values.len()).sum()
    }

    /// SHA-256 over the little-endian `f32` bytes of all parameters, sorted by name, in lowercase
    /// hex: `sorted(model.named_parameters())` in Python.
    #[must_use]
    pub fn sha256(&self) -> String {
        sha256_of_f32(&self.sorted().collect::<Vec<_>>())
    }

    /// The values of all parameters, sorted by name.
    pub(crate) fn sorted(&self) -> impl Iterator<Item = &[f32]> {
        self.index.values().map(|&place| self.tensors[place].1.as_slice())
    }

    /// Says whether these are the parameters that a configuration declares.
    pub(crate) fn check(&self, declared: &[Parameter]) -> Result<(), MismatchedWeights> {
        for parameter in declared {
            let Some(&place) = self.index.get(&parameter.name) else {
                return Err(MismatchedWeights(format!("there is no `{}`", parameter.name)));
            };
            let found = &self.tensors[place].0.shape;
            if *found != parameter.shape {
                let Parameter { name, shape, .. } = parameter;
                return Err(MismatchedWeights(format!("`{name}` is {found:?}, not {shape:?}")));
            }
        }
        if self.tensors.len() != declared.len() {
            let (found, wanted) = (self.tensors.len(), declared.len());
            return Err(MismatchedWeights(format!("there are {found} tensors, not {wanted}")));
        }
        Ok(())
    }
}

/// Makes the layers of one module from weights; `enter` goes to a module inside it.
///
/// Names and shapes were checked against the configuration before, so a lookup cannot fail.
pub(crate) struct Reader<'a> {
    path: String,
    weights: &'a Weights,
    device: &'a Device,
}

impl<'a> Reader<'a> {
    /// The reader of a whole model.
    pub(crate) fn root(weights: &'a Weights, device: &'a Device) -> Self {
        Self { path: String::new(), weights, device }
    }

    /// The module `name` inside this one.
    pub(crate) fn enter(&self, name: impl Display) -> Self {
        Self { path: join(&self.path, name), weights: self.weights, device: self.device }
    }

    /// A parameter of this module itself, with its shape.
    pub(crate) fn host(&self, name: &str) -> (&'a [usize], &'a [f32]) {
        let name = join(&self.path, name);
        let place = self.weights.index.get(&name);
        let &place = place.unwrap_or_else(|| panic!("`{name}` is read but not declared"));
        let (parameter, values) = &self.weights.tensors[place];
        (&parameter.shape, values)
    }

    /// The `Conv2d` of that name, with a square stride.
    pub(crate) fn conv2d(&self, name: &str, stride: usize, padding: PaddingConfig2d) -> Conv2d {
        let layer = self.enter(name);
        let weight = layer.param::<4>("weight");
        let [_, _, height, width] = weight.dims();
        Conv2d {
            weight,
            bias: Some(layer.param("bias")),
            stride: [stride; 2],
            kernel_size: [height, width],
            dilation: [1; 2],
            groups: 1,
            padding,
        }
    }

    /// The `Linear` of that name.
    pub(crate) fn linear(&self, name: &str) -> Linear {
        let layer = self.enter(name);
        let (shape, values) = layer.host("weight");
        let (output, input) = (shape[0], shape[1]);
        // Torch keeps [out, in] and Burn [in, out]. Transposed here and not on the device, so that
        // every backend gets the same contiguous matrix.
        let column = |i: usize| (0..output).map(move |o| values[o * input + i]);
        let transposed: Vec<f32> = (0..input).flat_map(column).collect();
        Linear {
            weight: layer.upload(transposed, [input, output]),
            bias: layer.has("bias").then(|| layer.param("bias")),
        }
    }

    /// The `GroupNorm` of that name.
    pub(crate) fn group_norm(&self, name: &str, groups: usize, epsilon: f64) -> GroupNorm {
        let layer = self.enter(name);
        let gamma = layer.param::<1>("weight");
        let [channels] = gamma.dims();
        GroupNorm {
            gamma: Some(gamma),
            beta: Some(layer.param("bias")),
            num_groups: groups,
            num_channels: channels,
            epsilon,
            affine: true,
        }
    }

    /// The `LayerNorm` of that name over the last `width` values; without scale and shift where it is not declared.
    pub(crate) fn layer_norm(&self, name: &str, width: usize, epsilon: f64) -> LayerNorm {
        let layer = self.enter(name);
        let is_affine = layer.has("weight");
        let config = LayerNormConfig::new(width).with_epsilon(epsilon).with_bias(false);
        let mut norm = config.init(self.device);
        norm.gamma = match is_affine {
            true => layer.param("weight"),
            false => layer.upload(vec![1.0; width], [width]),
        };
        norm.beta = is_affine.then(|| layer.param("bias"));
        norm
    }

    fn has(&self, name: &str) -> bool {
        self.weights.index.contains_key(&join(&self.path, name))
    }

    /// A parameter of this module itself, on the device.
    pub(crate) fn param<const D: usize>(&self, name: &str) -> Param<Tensor<D>> {
        let (shape, values) = self.host(name);
        let shape = shape.try_into().expect("a layer reads its parameters with the declared rank");
        self.upload(values.to_vec(), shape)
    }

    /// Values of this module on the device, which need be no parameter.
    pub(crate) fn upload<const D: usize>(
        &self,
        values: Vec<f32>,
        shape: [usize; D],
    ) -> Param<Tensor<D>> {
        let data = TensorData::new(values, shape);
        Param::from_tensor(within(&self.path, || Tensor::from_data(data, self.device)))
    }
}
