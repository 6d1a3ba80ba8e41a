//! A small model, and a pipeline that repeats it a few times; the variable [`CODE`] changes one line of it.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData, activation};
use burn_repro::{BoxError, Case, Pipeline, Probe, step_name, step_scope, within};

/// What somebody has changed: `epsilon`, `activation`, `gone` or `weight`.
pub const CODE: &str = "DIAGNOSIS_CODE";

const WIDTH: usize = 8;
const STEPS: usize = 3;

fn changed(what: &str) -> bool {
    std::env::var(CODE).is_ok_and(|code| code == what)
}

#[derive(Module, Debug)]
struct Network {
    inner: Linear,
    outer: Linear,
}

impl Network {
    fn new(device: &Device) -> Self {
        Self { inner: linear(1, device), outer: linear(2, device) }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let hidden = within("norm", || norm(x.clone()));
        let hidden = within("inner", || self.inner.forward(hidden));
        let hidden = match changed("activation") {
            true => activation::relu(hidden),
            false => activation::sigmoid(hidden),
        };
        let hidden = if changed("gone") { hidden } else { hidden * 0.5 };
        x + within("outer", || self.outer.forward(hidden))
    }
}

fn norm(x: Tensor<2>) -> Tensor<2> {
    let epsilon = if changed("epsilon") { 1e-3 } else { 1e-5 };
    let centred = x.clone() - x.sum_dim(1) / WIDTH as f64;
    let variance = centred.clone().powf_scalar(2.0).sum_dim(1) / WIDTH as f64;
    centred / (variance + epsilon).sqrt()
}

fn linear(seed: usize, device: &Device) -> Linear {
    let mut values: Vec<f32> =
        (0..WIDTH * WIDTH).map(|index| ((index * 7 + seed * 3) % 13) as f32 / 13.0 - 0.5).collect();
    if seed == 2 && changed("weight") {
        values[5] += 0.25;
    }
    let data = TensorData::new(values, [WIDTH, WIDTH]);
    Linear { weight: Param::from_tensor(Tensor::from_data(data, device)), bias: None }
}

pub struct Small;

impl Pipeline for Small {
    const NAME: &'static str = "small";
    type Params = ();

    fn run(&self, _case: &Case<()>, device: &Device, probe: &mut Probe) -> Result<(), BoxError> {
        let network = Network::new(device);
        probe.model("network", &network);
        let values: Vec<f32> =
            (0..WIDTH).map(|index| (index as f32 * 0.618).fract() - 0.5).collect();
        let mut x = probe.noise([1, WIDTH], &values);
        for step in 0..STEPS {
            let _step = step_scope(step, STEPS);
            x = network.forward(x);
            probe.record(step_name(step, STEPS, "x"), &x);
        }
        probe.output("x", &x);
        Ok(())
    }
}
