//! Against the layers of torch 2.3.1: `torch.manual_seed(3)` and the same constructors, hashed in Burn's layout.

use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::attention::{MultiHeadAttention, MultiHeadAttentionConfig};
use burn::nn::conv::{
    Conv1d, Conv1dConfig, Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig,
};
use burn::nn::{
    BatchNorm, BatchNormConfig, Embedding, EmbeddingConfig, Gru, GruConfig, LayerNorm,
    LayerNormConfig, Linear, LinearConfig, Lstm, LstmConfig, PRelu, PReluConfig, SwiGlu,
    SwiGluConfig,
};
use burn::tensor::{Device, Tensor};
use burn_repro_core::hash::sha256_hex;
use burn_repro_torch::Generator;

use super::initialise;

#[derive(Module, Debug)]
struct Layers {
    convolution: Conv2d,
    norm: BatchNorm,
    embedding: Embedding,
    linear: Linear,
    attention: MultiHeadAttention,
    lstm: Lstm,
    gru: Gru,
    transposed: ConvTranspose2d,
    layer_norm: LayerNorm,
    narrow: Conv1d,
    prelu: PRelu,
    last: Linear,
}

impl Layers {
    fn new(device: &Device) -> Self {
        Self {
            convolution: Conv2dConfig::new([4, 6], [3, 3]).with_groups(2).init(device),
            norm: BatchNormConfig::new(6).init(device),
            embedding: EmbeddingConfig::new(11, 8).init(device),
            linear: LinearConfig::new(8, 5).init(device),
            attention: MultiHeadAttentionConfig::new(8, 2).init(device),
            lstm: LstmConfig::new(3, 4, true).init(device),
            gru: GruConfig::new(3, 4, true).init(device),
            transposed: ConvTranspose2dConfig::new([4, 6], [3, 3])
                .with_groups(2)
                .with_bias(false)
                .init(device),
            layer_norm: LayerNormConfig::new(8).init(device),
            narrow: Conv1dConfig::new(3, 2, 5).init(device),
            prelu: PReluConfig::new().init(device),
            last: LinearConfig::new(2, 3).with_bias(false).init(device),
        }
    }
}

/// The bytes of the parameters of a module, in the order of its fields.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl ModuleVisitor for Bytes {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values: Vec<f32> = param.val().into_data().try_to_vec().expect("f32");
        self.0.extend(values.into_iter().flat_map(f32::to_le_bytes));
    }
}

fn hash<M: Module>(module: &M) -> String {
    let mut bytes = Bytes::default();
    module.visit(&mut bytes);
    sha256_hex(&bytes.0)[..16].to_owned()
}

#[test]
fn every_layer_has_the_bits_of_torch() {
    let mut generator = Generator::manual_seed(3);
    let layers = initialise(Layers::new(&Device::flex()), &mut generator).unwrap();
    let got = [
        hash(&layers.convolution),
        hash(&layers.norm),
        hash(&layers.embedding),
        hash(&layers.linear),
        hash(&layers.attention),
        hash(&layers.lstm),
        hash(&layers.gru),
        hash(&layers.transposed),
        hash(&layers.layer_norm),
        hash(&layers.narrow),
        hash(&layers.prelu),
        hash(&layers.last),
    ];
    let want = [
        "d1f446c4b7e302f2",
        "722a911d813149b7",
        "dece7477ac5d831b",
        "e3c31c6949a7aa70",
        "db5f90be6e833253",
        "8fb4d2746830108e",
        "b7c2f1aee51ad3b3",
        "949285454efbc7d7",
        "de20a5b460210949",
        "222500ba38d3a909",
        "75e253f50979177e",
        "628f84596782434b",
    ];
    assert_eq!(got, want);
}

#[test]
fn a_layer_without_a_rule_is_named() {
    #[derive(Module, Debug)]
    struct Own {
        scale: Param<Tensor<1>>,
        gate: SwiGlu,
    }
    let device = Device::flex();
    let own = Own {
        scale: Param::from_data([1.0], &device),
        gate: SwiGluConfig::new(2, 2).init(&device),
    };
    let error = initialise(own, &mut Generator::manual_seed(0)).unwrap_err().to_string();
    assert!(error.starts_with("`scale` of a `Own` has no rule: known are"), "{error}");
}
