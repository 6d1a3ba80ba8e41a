//! The gate of this crate's model, and its command line: `cargo test --test repro -- parity onnx`.

use std::process::ExitCode;

use burn_repro::{Project, in_default_type};
use example_onnx::Model;

const WEIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/model.bpk");

fn main() -> ExitCode {
    Project::here(env!("CARGO_MANIFEST_DIR"))
        .model("onnx", |case, device, probe| {
            let (shape, images) = case.inputs.floats::<4>("images")?;
            let images = probe.input(shape, &images);
            let model = in_default_type(Model::from_file(WEIGHTS, device), device);
            probe.model("onnx", &model);
            probe.output("probabilities", &model.forward(images));
            Ok(())
        })
        .main()
}
