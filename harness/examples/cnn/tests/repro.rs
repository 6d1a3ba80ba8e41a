//! The gate of this crate's model, and its command line: `cargo test --test repro -- parity cnn`.

use std::process::ExitCode;

use burn_repro::{Project, in_default_type};
use example_cnn::Net;

const WEIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/weights.pth");

fn main() -> ExitCode {
    Project::here(env!("CARGO_MANIFEST_DIR"))
        .model("cnn", |case, device, probe| {
            let (shape, images) = case.inputs.floats::<4>("images")?;
            let images = probe.input(shape, &images);
            let model = in_default_type(Net::load(WEIGHTS, device)?, device);
            probe.model("cnn", &model);
            probe.output("probabilities", &model.forward(images));
            Ok(())
        })
        .main()
}
