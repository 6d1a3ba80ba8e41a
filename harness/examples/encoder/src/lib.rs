//! A transformer encoder, ported from the one in `record.py`, with weights from safetensors. PyTorch joins the
//! projections of query, key and value in one weight; Burn has three.

use std::error::Error;
use std::path::Path;

use burn::module::Module;
use burn::nn::attention::{MhaInput, MultiHeadAttention, MultiHeadAttentionConfig};
use burn::nn::{Gelu, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData};
use burn_repro_hooks::module;
use burn_store::bridge::{from_data, to_data};
use burn_store::burn_pack;
use burn_store::{ModuleSnapshot, ModuleStore, PyTorchToBurnAdapter, SafetensorsStore};

const WIDTH: usize = 16;

/// One layer: attention, then two linear layers, each behind a norm and beside a residual.
#[derive(Module, Debug)]
struct Layer {
    norm1: LayerNorm,
    attn: MultiHeadAttention,
    norm2: LayerNorm,
    fc1: Linear,
    act: Gelu,
    fc2: Linear,
}

impl Layer {
    fn new(device: &Device) -> Self {
        Self {
            norm1: norm(device),
            attn: MultiHeadAttentionConfig::new(WIDTH, 4).with_dropout(0.0).init(device),
            norm2: norm(device),
            fc1: LinearConfig::new(WIDTH, 32).init(device),
            act: Gelu::new(),
            fc2: LinearConfig::new(32, WIDTH).init(device),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let y = module("norm1", x.clone(), |x| self.norm1.forward(x));
        let y = module("attn", y, |y| self.attn.forward(MhaInput::self_attn(y)).context);
        let x = x + y;
        let y = module("norm2", x.clone(), |x| self.norm2.forward(x));
        let y = module("fc1", y, |y| self.fc1.forward(y));
        let y = module("act", y, |y| self.act.forward(y));
        x + module("fc2", y, |y| self.fc2.forward(y))
    }
}

fn norm(device: &Device) -> LayerNorm {
    LayerNormConfig::new(WIDTH).with_epsilon(1e-6).init(device)
}

/// Two layers and a head on the first token; the fields are named as in PyTorch.
#[derive(Module, Debug)]
pub struct Encoder {
    layers: Vec<Layer>,
    norm: LayerNorm,
    head: Linear,
}

impl Encoder {
    /// With the weights of a safetensors file, in its type.
    ///
    /// # Errors
    /// If the file cannot be read, or a weight is missing or has another shape.
    pub fn load(
        weights: impl AsRef<Path>,
        device: &Device,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut encoder = Self {
            layers: (0..2).map(|_| Layer::new(device)).collect(),
            norm: norm(device),
            head: LinearConfig::new(WIDTH, 5).init(device),
        };
        let mut store = SafetensorsStore::from_file(weights.as_ref())
            .with_key_remapping(r"\.out_proj\.", ".output.");
        let mut tensors = Vec::new();
        for (name, tensor) in store.get_all_tensors()? {
            match name.split_once("in_proj_") {
                Some((attention, kind)) => tensors.extend(thirds(attention, kind, tensor)?),
                None => tensors.push(tensor.clone()),
            }
        }
        let result = encoder.apply(tensors, None, Some(Box::new(PyTorchToBurnAdapter)), false);
        if result.is_success() && result.missing.is_empty() {
            Ok(encoder)
        } else {
            Err(result.to_string().into())
        }
    }

    /// The logits of each sequence of tokens.
    pub fn forward(&self, tokens: Tensor<3>) -> Tensor<2> {
        let mut x = tokens;
        for (number, layer) in self.layers.iter().enumerate() {
            x = module(format!("layers.{number}"), x, |x| layer.forward(x));
        }
        let x = module("norm", x, |x| self.norm.forward(x));
        let first = x.narrow(1, 0, 1).squeeze_dim::<2>(1);
        module("head", first, |x| self.head.forward(x))
    }
}

/// The weight or bias of query, key and value, one below the other in the joined one.
fn thirds(
    attention: &str,
    kind: &str,
    joined: &burn_pack::Tensor,
) -> Result<Vec<burn_pack::Tensor>, burn_pack::Error> {
    let data = to_data(joined)?;
    let mut shape = joined.shape.clone();
    shape[0] /= 3;
    let parts = ["query", "key", "value"].into_iter().enumerate().map(|(number, part)| {
        let bytes = data.as_bytes();
        let length = bytes.len() / 3;
        let own = bytes[number * length..(number + 1) * length].to_vec();
        let data = TensorData::from_bytes_vec(own, shape.clone(), joined.dtype);
        from_data(data, format!("{attention}{part}.{kind}"), None)
    });
    Ok(parts.collect())
}
