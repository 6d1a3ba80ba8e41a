//! A pre-norm transformer block of two heads, and a linear layer on the mean of the tokens.

use burn::module::Module;
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};

use super::{Activation, CLASSES, Classifier};

/// Width of a token.
const WIDTH: usize = 8;
/// Attention heads.
const HEADS: usize = 2;

/// The model; 629 trained parameters.
///
/// The key has no bias: softmax does not see it, so that its gradient is rounding alone, of which AdamW makes full steps
/// in a direction that is another one on each backend.
#[derive(Module, Debug)]
pub struct TransformerBlock {
    norm1: LayerNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    head: Linear,
}

impl Classifier<3> for TransformerBlock {
    const SAMPLE: &'static [usize] = &[6, WIDTH];

    fn new(device: &Device) -> Self {
        let linear = |input, output| LinearConfig::new(input, output);
        Self {
            norm1: LayerNormConfig::new(WIDTH).init(device),
            query: linear(WIDTH, WIDTH).init(device),
            key: linear(WIDTH, WIDTH).with_bias(false).init(device),
            value: linear(WIDTH, WIDTH).init(device),
            output: linear(WIDTH, WIDTH).init(device),
            norm2: LayerNormConfig::new(WIDTH).init(device),
            fc1: linear(WIDTH, 2 * WIDTH).init(device),
            fc2: linear(2 * WIDTH, WIDTH).init(device),
            head: linear(WIDTH, CLASSES).init(device),
        }
    }

    fn forward(&self, tokens: Tensor<3>, activation: Activation) -> Tensor<2> {
        let tokens = tokens.clone() + self.attend(self.norm1.forward(tokens));
        let x = activation.of(self.fc1.forward(self.norm2.forward(tokens.clone())));
        let tokens = tokens + self.fc2.forward(x);
        self.head.forward(tokens.mean_dim(1).squeeze_dim(1))
    }
}

impl TransformerBlock {
    fn attend(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, tokens, _] = x.dims();
        let heads = |x: Tensor<3>| x.reshape([batch, tokens, HEADS, WIDTH / HEADS]).swap_dims(1, 2);
        let query = heads(self.query.forward(x.clone()));
        let key = heads(self.key.forward(x.clone()));
        let value = heads(self.value.forward(x));
        let scores = query.matmul(key.swap_dims(2, 3)).div_scalar(((WIDTH / HEADS) as f64).sqrt());
        let context = softmax(scores, 3).matmul(value).swap_dims(1, 2);
        self.output.forward(context.reshape([batch, tokens, WIDTH]))
    }
}
