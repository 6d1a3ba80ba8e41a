//! A port of the model of `reference.py`, with the mistakes that are made while porting, each under a name.

use std::collections::BTreeMap;

use burn::module::{Initializer, Param};
use burn::nn::attention::{MhaInput, MultiHeadAttentionConfig};
use burn::nn::conv::Conv2dConfig;
use burn::nn::pool::AvgPool2dConfig;
use burn::nn::{Gelu, LayerNormConfig, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::{relu, silu, softmax};
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use burn_repro::{BoxError, Case, Pipeline, Probe, module};
use safetensors::SafeTensors;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    #[serde(default)]
    mistakes: Vec<String>,
}

pub struct Port;

impl Pipeline for Port {
    const NAME: &'static str = "port";
    type Params = Params;

    fn run(&self, case: &Case<Params>, device: &Device, probe: &mut Probe) -> Result<(), BoxError> {
        let (shape, images) = case.inputs.floats("images")?;
        let images = probe.input(shape, &images);
        let model = Model {
            weights: Weights::read(&std::fs::read(case.folder.join("reference.safetensors"))?)?,
            device: device.clone(),
            mistakes: case.params.mistakes.clone(),
        };
        let probabilities = model.forward(images);
        probe.output("probabilities", &probabilities);
        // Of these the original recorded none.
        probe.output("class", &probabilities.clone().argmax(1));
        probe.record("is_likely", &probabilities.greater_elem(0.25));
        Ok(())
    }
}

/// The weights of the reference, in f32 as they were trained.
struct Weights(BTreeMap<String, (Vec<usize>, Vec<f32>)>);

impl Weights {
    fn read(bytes: &[u8]) -> Result<Self, BoxError> {
        let file = SafeTensors::deserialize(bytes)?;
        let weights = file.iter().filter_map(|(name, view)| {
            let (chunks, _) = view.data().as_chunks::<4>();
            let values = chunks.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
            Some((name.strip_prefix("weights/")?.to_owned(), (view.shape().to_vec(), values)))
        });
        Ok(Self(weights.collect()))
    }
}

struct Model {
    weights: Weights,
    device: Device,
    mistakes: Vec<String>,
}

impl Model {
    fn has(&self, mistake: &str) -> bool {
        self.mistakes.iter().any(|made| made == mistake)
    }

    fn weight<const D: usize>(&self, name: &str) -> Tensor<D> {
        let (shape, values) = &self.weights.0[name];
        Tensor::from_data(TensorData::new(values.clone(), shape.clone()), &self.device)
    }

    fn linear<const D: usize>(&self, name: &str, x: Tensor<D>) -> Tensor<D> {
        let weight: Tensor<2> = self.weight(&format!("{name}.weight"));
        let weight = if self.has("untransposed") && name == "block.fc1" {
            weight
        } else {
            weight.transpose()
        };
        let [inputs, outputs] = weight.dims();
        let mut linear = LinearConfig::new(inputs, outputs).init(&self.device);
        linear.weight = Param::from_tensor(weight);
        let is_without = self.has("no-bias") && name == "head";
        linear.bias =
            (!is_without).then(|| Param::from_tensor(self.weight(&format!("{name}.bias"))));
        linear.forward(x)
    }

    fn layer_norm<const D: usize>(&self, name: &str, epsilon: f64, x: Tensor<D>) -> Tensor<D> {
        let mut norm = LayerNormConfig::new(16).with_epsilon(epsilon).init(&self.device);
        norm.gamma = Param::from_tensor(self.weight(&format!("{name}.weight")));
        norm.beta = Some(Param::from_tensor(self.weight(&format!("{name}.bias"))));
        norm.forward(x)
    }

    fn conv(&self, x: Tensor<4>) -> Tensor<4> {
        let config = Conv2dConfig::new([3, 16], [3, 3]);
        let mut conv = config
            .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
            .with_initializer(Initializer::Zeros)
            .init(&self.device);
        let weight: Tensor<4> = self.weight("conv.weight");
        let weight = if self.has("kernel-axes") { weight.swap_dims(2, 3) } else { weight };
        conv.weight = Param::from_tensor(weight);
        conv.bias = Some(Param::from_tensor(self.weight("conv.bias")));
        conv.forward(x)
    }

    fn batch_norm(&self, x: Tensor<4>) -> Tensor<4> {
        let channel = |tensor: Tensor<1>| tensor.reshape([1, 16, 1, 1]);
        let named = |name: &str| channel(self.weight(&format!("bn.{name}")));
        let (mut mean, mut variance) = (named("running_mean"), named("running_var"));
        if self.has("batch-statistics") {
            let rows: Tensor<2> = x.clone().swap_dims(0, 1).reshape([16, -1]);
            let (own_variance, own_mean) = rows.var_mean_bias(1);
            mean = channel(own_mean.reshape([16]));
            variance = channel(own_variance.reshape([16]));
        }
        let epsilon = if self.has("batch-norm-epsilon") { 1e-3 } else { 1e-5 };
        (x - mean) / (variance + epsilon).sqrt() * named("weight") + named("bias")
    }

    fn attention(&self, x: Tensor<3>) -> Tensor<3> {
        if self.has("no-scale") || self.has("heads") {
            return self.attention_by_hand(x);
        }
        let mut attention =
            MultiHeadAttentionConfig::new(16, 4).with_dropout(0.0).init(&self.device);
        let joined: Tensor<2> = self.weight("block.attn.in_proj_weight");
        let bias: Tensor<1> = self.weight("block.attn.in_proj_bias");
        let parts = [&mut attention.query, &mut attention.key, &mut attention.value];
        let order = if self.has("key-and-query") { [1, 0, 2] } else { [0, 1, 2] };
        for (part, from) in parts.into_iter().zip(order) {
            let rows = from * 16..from * 16 + 16;
            part.weight = Param::from_tensor(joined.clone().slice([rows.clone()]).transpose());
            part.bias = Some(Param::from_tensor(bias.clone().slice([rows])));
        }
        let out: Tensor<2> = self.weight("block.attn.out_proj.weight");
        attention.output.weight = Param::from_tensor(out.transpose());
        attention.output.bias = Some(Param::from_tensor(self.weight("block.attn.out_proj.bias")));
        attention.forward(MhaInput::self_attn(x)).context
    }

    fn attention_by_hand(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, tokens, width] = x.dims();
        let joined: Tensor<2> = self.weight("block.attn.in_proj_weight");
        let bias: Tensor<1> = self.weight("block.attn.in_proj_bias");
        let all = x.matmul(joined.transpose().unsqueeze()) + bias.reshape([1, 1, 48]);
        let heads = |part: usize| -> Tensor<4> {
            let part = all.clone().slice([0..batch, 0..tokens, part * width..(part + 1) * width]);
            match self.has("heads") {
                true => part.reshape([batch, tokens, 4, 4]).permute([0, 3, 1, 2]),
                false => part.reshape([batch, tokens, 4, 4]).permute([0, 2, 1, 3]),
            }
        };
        let scale = if self.has("no-scale") { 1.0 } else { 0.5 };
        let weights = softmax(heads(0).matmul(heads(1).swap_dims(2, 3)) * scale, 3);
        let context = weights.matmul(heads(2));
        let context = match self.has("heads") {
            true => context.permute([0, 2, 3, 1]),
            false => context.permute([0, 2, 1, 3]),
        };
        let out: Tensor<2> = self.weight("block.attn.out_proj.weight");
        let bias: Tensor<1> = self.weight("block.attn.out_proj.bias");
        context.reshape([batch, tokens, width]).matmul(out.transpose().unsqueeze())
            + bias.reshape([1, 1, width])
    }

    fn block(&self, x: Tensor<3>) -> Tensor<3> {
        let epsilon = if self.has("epsilon") { 1e-5 } else { 1e-6 };
        let y = module("norm1", x.clone(), |x| self.layer_norm("block.norm1", epsilon, x));
        let y = module("attn", y, |y| self.attention(y));
        let x = if self.has("no-residual") { y } else { x + y };
        let y = module("norm2", x.clone(), |x| self.layer_norm("block.norm2", 1e-6, x));
        let y = module("fc1", y, |y| self.linear("block.fc1", y));
        let gelu = if self.has("gelu-tanh") { Gelu::new_approximate() } else { Gelu::new() };
        let y = module("act", y, |y| gelu.forward(y));
        x + module("fc2", y, |y| self.linear("block.fc2", y))
    }

    fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        // Other numbers on each run, as dropout that is left on gives them.
        let images = match self.has("random") {
            true => images.clone() + images.random_like(Distribution::Default),
            false => images,
        };
        let x = module("conv", images, |x| self.conv(x));
        let x = module("bn", x, |x| self.batch_norm(x));
        let x = module("silu", x, |x| if self.has("relu") { relu(x) } else { silu(x) });
        let pool = AvgPool2dConfig::new([3, 3])
            .with_strides([2, 2])
            .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
            .with_count_include_pad(!self.has("padding-not-counted"));
        let x = module("pool", x, |x| pool.init().forward(x));
        let tokens = match self.has("token-order") {
            true => x.swap_dims(2, 3).flatten::<3>(2, 3),
            false => x.flatten::<3>(2, 3),
        };
        let x = module("block", tokens.swap_dims(1, 2), |x| self.block(x));
        let x = module("norm", x, |x| self.layer_norm("norm", 1e-6, x));
        let x = x.mean_dim(1).squeeze_dim::<2>(1);
        let x = module("head", x, |x| match self.has("panic") {
            true => self.linear("head", x.repeat_dim(1, 2)),
            false => self.linear("head", x),
        });
        let axis = if self.has("softmax-axis") { 0 } else { 1 };
        module("softmax", x, |x| softmax(x, axis))
    }
}
