//! A project of one's own around a model of one's own: `cargo run --example own_model -- diagnose classifier --backend flex`.
//!
//! Weights are made on the host, so that every backend gets the same; everything else about the model stays as it is.

mod model;

use std::path::Path;
use std::process::ExitCode;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use burn_repro::{BoxError, Case, Pipeline, Probe, Project, Registry};

use model::ClassifierConfig;

/// Classifies one image made from the seed.
struct Classify;

impl Pipeline for Classify {
    const NAME: &'static str = "classify";
    type Params = ();

    fn run(&self, case: &Case<()>, device: &Device, probe: &mut Probe) -> Result<(), BoxError> {
        let mut numbers = Numbers(case.seed.bits());
        let model = ClassifierConfig::new().init(device).map(&mut FromHost(&mut numbers));
        probe.model("classifier", &model);
        let shape = [case.batch_size, 3, 16, 16];
        let images = probe.noise(shape, &numbers.take(shape.iter().product()));
        probe.output("probabilities", &model.forward(images));
        Ok(())
    }
}

/// Numbers between -1 and 1, the same on every machine (Knuth's linear congruential generator, MMIX).
struct Numbers(u64);

impl Numbers {
    fn take(&mut self, count: usize) -> Vec<f32> {
        let mut next = || {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }
}

/// Replaces every parameter by numbers of the host, scaled by the root of its longest side.
struct FromHost<'a>(&'a mut Numbers);

impl ModuleMapper for FromHost<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let (shape, device) = (tensor.dims(), tensor.device());
        let scale = 1.0 / (shape.iter().copied().max().unwrap_or(1) as f32).sqrt();
        let values: Vec<f32> =
            self.0.take(shape.iter().product()).iter().map(|number| number * scale).collect();
        let tensor = Tensor::from_data(TensorData::new(values, shape), &device);
        Param::from_mapped_value(id, tensor, mapper)
    }
}

fn main() -> ExitCode {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/own_model");
    let project = Project {
        registry: Registry::new().with(Classify),
        scenarios: here.join("scenarios"),
        golden: here.join("golden"),
        noise: None,
    };
    project.run_command_line()
}
