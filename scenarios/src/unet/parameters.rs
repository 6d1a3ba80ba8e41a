//! What parameters a model has: names, shapes and how torch initialises each, in the order in
//! which diffusers' constructors make them. Values live in `weights`.

use std::fmt::Display;

/// One parameter of a model: what it is called and how large it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name in diffusers' `state_dict`, for instance `mid_block.attentions.0.to_out.0.weight`.
    pub name: String,
    /// The shape as torch has it: `[out, in, height, width]`, `[out, in]` or `[length]`.
    pub shape: Vec<usize>,
    /// How torch fills it when the model is constructed.
    pub(crate) initial: Initial,
}

impl Parameter {
    /// The number of elements.
    #[must_use]
    pub fn numel(&self) -> usize {
        self.shape.iter().product()
    }
}

/// How torch fills a parameter when its module is constructed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Initial {
    /// Uniform in plus or minus `1 / sqrt(fan_in)`: weights and biases of `Conv2d` and `Linear`.
    Uniform { fan_in: usize },
    /// One, without a draw: the scale of a norm.
    Ones,
    /// Zero, without a draw: the shift of a norm.
    Zeros,
    /// Standard normal: `Embedding`.
    Normal,
    /// Uniform in plus or minus one over the number of `entries`: the codebook of a `VQModel`.
    Codebook { entries: usize },
    /// Sixteen times standard normal: the frequencies of a Fourier time embedding.
    Frequencies,
}

/// Collects the parameters of one module; `enter` goes to a module inside it.
pub(crate) struct Declaration<'a> {
    path: String,
    parameters: &'a mut Vec<Parameter>,
}

impl<'a> Declaration<'a> {
    /// The declaration of a whole model.
    pub(crate) fn root(parameters: &'a mut Vec<Parameter>) -> Self {
        Self { path: String::new(), parameters }
    }

    /// The module `name` inside this one.
    pub(crate) fn enter(&mut self, name: impl Display) -> Declaration<'_> {
        Declaration { path: join(&self.path, name), parameters: self.parameters }
    }

    /// A `Conv2d` with a square kernel and a bias.
    pub(crate) fn conv2d(&mut self, name: &str, [input, output]: [usize; 2], kernel: usize) {
        let initial = Initial::Uniform { fan_in: input * kernel * kernel };
        let mut layer = self.enter(name);
        layer.push("weight", vec![output, input, kernel, kernel], initial);
        layer.push("bias", vec![output], initial);
    }

    /// A `Linear` with a bias.
    pub(crate) fn linear(&mut self, name: &str, [input, output]: [usize; 2]) {
        let initial = Initial::Uniform { fan_in: input };
        let mut layer = self.enter(name);
        layer.push("weight", vec![output, input], initial);
        layer.push("bias", vec![output], initial);
    }

    /// A `Linear` without a bias.
    pub(crate) fn linear_without_bias(&mut self, name: &str, [input, output]: [usize; 2]) {
        let initial = Initial::Uniform { fan_in: input };
        self.enter(name).push("weight", vec![output, input], initial);
    }

    /// A `GroupNorm` or `LayerNorm` with scale and shift.
    pub(crate) fn norm(&mut self, name: &str, channels: usize) {
        let mut layer = self.enter(name);
        layer.push("weight", vec![channels], Initial::Ones);
        layer.push("bias", vec![channels], Initial::Zeros);
    }

    /// A parameter of this module itself.
    pub(crate) fn push(&mut self, name: &str, shape: Vec<usize>, initial: Initial) {
        self.parameters.push(Parameter { name: join(&self.path, name), shape, initial });
    }
}

/// `path.name`, or `name` at the root.
pub(crate) fn join(path: &str, name: impl Display) -> String {
    if path.is_empty() { name.to_string() } else { format!("{path}.{name}") }
}
