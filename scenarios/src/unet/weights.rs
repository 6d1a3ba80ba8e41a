//! `Weights`: every parameter of a model by name, on the host, and the layers made from them.
//!
//! Where values come from is `initialisation`'s and `checkpoint`'s business.

use std::collections::BTreeMap;
use std::fmt::Display;

use burn::module::Param;
use burn::nn::conv::Conv2d;
use burn::nn::{GroupNorm, Linear, PaddingConfig2d};
use burn::tensor::{Device, Tensor, TensorData};
use burn_repro::sha256_of_f32;
use burn_repro::within;

use super::parameters::join;
use super::{Parameter, UNet2DConfig};

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
    pub(super) fn new(tensors: Vec<(Parameter, Vec<f32>)>) -> Self {
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
        let sorted = self.index.values().map(|&place| self.tensors[place].1.as_slice());
        sha256_of_f32(&sorted.collect::<Vec<_>>())
    }

    /// Says whether these are the parameters that `config` declares.
    pub(super) fn check(&self, config: &UNet2DConfig) -> Result<(), MismatchedWeights> {
        let declared = config.parameters();
        for parameter in &declared {
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
pub(super) struct Reader<'a> {
    path: String,
    weights: &'a Weights,
    device: &'a Device,
}

impl<'a> Reader<'a> {
    /// The reader of a whole model.
    pub(super) fn root(weights: &'a Weights, device: &'a Device) -> Self {
        Self { path: String::new(), weights, device }
    }

    /// The module `name` inside this one.
    pub(super) fn enter(&self, name: impl Display) -> Self {
        Self { path: join(&self.path, name), weights: self.weights, device: self.device }
    }

    /// A parameter of this module itself, with its shape.
    pub(super) fn host(&self, name: &str) -> (&'a [usize], &'a [f32]) {
        let name = join(&self.path, name);
        let place = self.weights.index.get(&name);
        let &place = place.unwrap_or_else(|| panic!("`{name}` is read but not declared"));
        let (parameter, values) = &self.weights.tensors[place];
        (&parameter.shape, values)
    }

    /// The `Conv2d` of that name, with a square stride.
    pub(super) fn conv2d(&self, name: &str, stride: usize, padding: PaddingConfig2d) -> Conv2d {
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
    pub(super) fn linear(&self, name: &str) -> Linear {
        let layer = self.enter(name);
        let (shape, values) = layer.host("weight");
        let (output, input) = (shape[0], shape[1]);
        // Torch keeps [out, in] and Burn [in, out]. Transposed here and not on the device, so that
        // every backend gets the same contiguous matrix.
        let column = |i: usize| (0..output).map(move |o| values[o * input + i]);
        let transposed: Vec<f32> = (0..input).flat_map(column).collect();
        Linear {
            weight: layer.upload(transposed, [input, output]),
            bias: Some(layer.param("bias")),
        }
    }

    /// The `GroupNorm` of that name.
    pub(super) fn group_norm(&self, name: &str, groups: usize, epsilon: f64) -> GroupNorm {
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

    fn param<const D: usize>(&self, name: &str) -> Param<Tensor<D>> {
        let (shape, values) = self.host(name);
        let shape = shape.try_into().expect("a layer reads its parameters with the declared rank");
        self.upload(values.to_vec(), shape)
    }

    fn upload<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Param<Tensor<D>> {
        let data = TensorData::new(values, shape);
        Param::from_tensor(within(&self.path, || Tensor::from_data(data, self.device)))
    }
}
