//! A model's parameters as PyTorch's constructors draw them. The generator is `burn-repro-torch`'s.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Tensor, TensorData};
use burn_repro_torch::Generator;

/// A module whose initialisation in PyTorch is not known here.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{path}` of a `{kind}` has no rule: known are the linear, convolutional, recurrent (`Lstm`, `Gru`), embedding, \
     norm and `PRelu` layers and `MultiHeadAttention` of burn::nn; set its parameters after `initialise`"
)]
pub struct InitialisationError {
    path: String,
    kind: String,
}

/// A model whose parameters have the values that PyTorch's constructors draw from `generator`, layer by layer in the
/// order of the model's fields: bit for bit those of `torch.manual_seed(seed)` and the same layers constructed in that
/// order.
///
/// `torch.nn.Linear` has `[out, in]` and Burn's `Linear` `[in, out]`: the weight is transposed. A weight that PyTorch
/// draws as one (`in_proj_weight` of attention, the gates of a recurrent layer) is split. Values are drawn as `f32` and
/// widened or rounded to the type of each parameter. A `Linear` has to have Burn's default layout, `LinearLayout::Row`.
///
/// # Errors
/// A parameter of a module that has no rule here.
pub fn initialise<M: Module>(
    model: M,
    generator: &mut Generator,
) -> Result<M, InitialisationError> {
    let mut visitor = Visitor::default();
    model.visit(&mut visitor);
    let mut values = BTreeMap::new();
    let mut rest = &visitor.found[..];
    while let Some(first) = rest.first() {
        let length = rest.iter().take_while(|other| other.module == first.module).count();
        let (module, behind) = rest.split_at(length);
        for draw in draws(module)? {
            draw.split(draw.from(generator), &mut values);
        }
        rest = behind;
    }
    Ok(model.map(&mut Mapper(values)))
}

/// A parameter of a model.
struct Found {
    id: ParamId,
    shape: Vec<usize>,
    /// The path and the type of the module that draws it: the layer, or what the layer is a part of.
    module: (String, String),
    /// Its path below that, `weight` or `input_gate.hidden_transform.bias`.
    name: String,
}

#[derive(Default)]
struct Visitor {
    path: Vec<(String, String)>,
    found: Vec<Found>,
}

impl ModuleVisitor for Visitor {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let joined = |(_, kind): &(String, String)| {
            matches!(kind.as_str(), "MultiHeadAttention" | "Lstm" | "Gru")
        };
        let last = self.path.len().saturating_sub(1);
        let split = self.path.iter().position(joined).unwrap_or(last);
        let (above, below) = self.path.split_at(split);
        let names = |path: &[(String, String)]| {
            path.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(".")
        };
        let kind = below.first().map_or("", |(_, kind)| kind).to_owned();
        self.found.push(Found {
            id: param.id,
            shape: param.lazy_shape().to_vec(),
            module: (names(above), kind),
            name: names(below),
        });
    }

    fn enter_module(&mut self, name: &str, container_type: &str) {
        let kind = container_type.strip_prefix("Struct:").unwrap_or(container_type);
        self.path.push((name.to_owned(), kind.to_owned()));
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
}

/// The values of one parameter of PyTorch's, which may be several of Burn's.
struct Draw<'a> {
    parts: Vec<&'a Found>,
    initial: Initial,
    /// Whether a weight of two dimensions is `[out, in]` there and `[in, out]` here.
    transposed: bool,
}

#[derive(Clone, Copy)]
enum Initial {
    /// The same value, without a draw.
    Constant(f32),
    /// Uniform in plus or minus a bound.
    Uniform(f64),
    /// Uniform, and then 0.
    Discarded(f64),
    /// Standard normal.
    Normal,
}

impl Draw<'_> {
    fn from(&self, generator: &mut Generator) -> Vec<f32> {
        let count = self.parts.iter().map(|part| part.count()).sum();
        match self.initial {
            Initial::Constant(value) => vec![value; count],
            Initial::Uniform(bound) => generator.uniform(count, -bound, bound),
            Initial::Discarded(bound) => {
                let _: Vec<f32> = generator.uniform(count, -bound, bound);
                vec![0.0; count]
            }
            Initial::Normal => generator.normal(count, 0.0, 1.0),
        }
    }

    /// The drawn values in Burn's parameters and their layout: PyTorch stacks the parts along the first dimension.
    fn split(&self, drawn: Vec<f32>, values: &mut BTreeMap<u64, Vec<f32>>) {
        let mut rest = &drawn[..];
        for part in &self.parts {
            let (own, behind) = rest.split_at(part.count());
            rest = behind;
            let own = match (self.transposed, &part.shape[..]) {
                (true, &[input, output]) => transposed(own, output, input),
                _ => own.to_vec(),
            };
            values.insert(part.id.val(), own);
        }
    }
}

impl Found {
    fn count(&self) -> usize {
        self.shape.iter().product()
    }
}

/// `[rows, columns]` as `[columns, rows]`.
fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let at = |index: usize| values[(index % rows) * columns + index / rows];
    (0..values.len()).map(at).collect()
}

/// What a module draws, in PyTorch's order.
fn draws(module: &[Found]) -> Result<Vec<Draw<'_>>, InitialisationError> {
    match module[0].module.1.as_str() {
        "MultiHeadAttention" => Ok(attention(module)),
        // PyTorch's order of the gates.
        "Lstm" => Ok(gates(module, &["input_gate", "forget_gate", "cell_gate", "output_gate"])),
        "Gru" => Ok(gates(module, &["reset_gate", "update_gate", "new_gate"])),
        _ => module.iter().map(|found| layer(module, found)).collect(),
    }
}

/// A layer by itself: `reset_parameters` of `torch.nn.Linear`, `_ConvNd`, `Embedding` and the norms.
fn layer<'a>(module: &'a [Found], found: &'a Found) -> Result<Draw<'a>, InitialisationError> {
    let (path, kind) = &found.module;
    let drawn = |initial| Ok(Draw { parts: vec![found], initial, transposed: kind == "Linear" });
    let weight = module.iter().find(|other| other.name == "weight").unwrap_or(found);
    match (kind.as_str(), found.name.as_str()) {
        ("Linear", _) => drawn(Initial::Uniform(bound(weight.shape[0]))),
        ("Conv1d" | "Conv2d" | "Conv3d", _)
        | ("ConvTranspose1d" | "ConvTranspose2d" | "ConvTranspose3d", _) => {
            drawn(Initial::Uniform(bound(weight.shape[1..].iter().product())))
        }
        ("Embedding", _) => drawn(Initial::Normal),
        ("PRelu", _) => drawn(Initial::Constant(0.25)),
        ("BatchNorm" | "LayerNorm" | "GroupNorm" | "InstanceNorm" | "RmsNorm", name) => {
            let is_one = matches!(name, "gamma" | "running_var");
            drawn(Initial::Constant(if is_one { 1.0 } else { 0.0 }))
        }
        _ => Err(InitialisationError {
            path: format!("{path}.{}", found.name).trim_start_matches('.').to_owned(),
            kind: kind.clone(),
        }),
    }
}

/// `torch.nn.MultiheadAttention`: the output layer is drawn first, and query, key and value as one Xavier-uniform
/// weight. All biases are 0.
fn attention(module: &[Found]) -> Vec<Draw<'_>> {
    let named = |name: &str| module.iter().find(move |found| found.name == name);
    let mut draws = Vec::new();
    let output = named("output.weight").map_or(1, |weight| weight.shape[0]);
    let uniform = Initial::Uniform(bound(output));
    for (name, initial) in
        [("output.weight", uniform), ("output.bias", Initial::Discarded(bound(output)))]
    {
        let parts = named(name).into_iter().collect();
        draws.push(Draw { parts, initial, transposed: true });
    }
    let all = |suffix: &'static str| {
        let names = ["query", "key", "value"].map(|name| format!("{name}.{suffix}"));
        names.iter().filter_map(|name| named(name)).collect::<Vec<_>>()
    };
    let weights = all("weight");
    let fan_in = weights.first().map_or(1, |weight| weight.shape[0]);
    let fan_out: usize = weights.iter().map(|weight| weight.shape[1]).sum();
    let bound = 3f64.sqrt() * (2.0 / (fan_in + fan_out) as f64).sqrt();
    draws.push(Draw { parts: weights, initial: Initial::Uniform(bound), transposed: true });
    let biases = all("bias");
    draws.push(Draw { parts: biases, initial: Initial::Constant(0.0), transposed: false });
    draws
}

/// `torch.nn.LSTM` and `GRU` of one layer: `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`, each of all gates.
fn gates<'a>(module: &'a [Found], order: &[&str]) -> Vec<Draw<'a>> {
    let hidden = module.iter().find(|found| found.name.ends_with("hidden_transform.weight"));
    let bound = hidden.map_or(0.0, |weight| bound(weight.shape[0]));
    let joined = |name: &str| Draw {
        parts: order
            .iter()
            .filter_map(|gate| module.iter().find(|found| found.name == format!("{gate}.{name}")))
            .collect(),
        initial: Initial::Uniform(bound),
        transposed: true,
    };
    let names = ["input_transform.weight", "hidden_transform.weight"];
    let biases = ["input_transform.bias", "hidden_transform.bias"];
    names.into_iter().chain(biases).map(joined).collect()
}

/// Kaiming's bound with `a = sqrt(5)`, and that of biases: PyTorch computes them along two ways, which are the same in
/// `f32`.
fn bound(fan_in: usize) -> f64 {
    1.0 / (fan_in as f64).sqrt()
}

struct Mapper(BTreeMap<u64, Vec<f32>>);

impl ModuleMapper for Mapper {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(values) = self.0.get(&param.id.val()) else { return param };
        let data = TensorData::new(values.clone(), param.lazy_shape());
        let tensor = Tensor::from_data(data, &param.lazy_device());
        let id = param.id;
        param.transform_for_load(tensor, id)
    }
}

#[cfg(test)]
mod tests;
