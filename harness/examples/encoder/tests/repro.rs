//! The gate of this crate's model, and its command line: `cargo test --test repro -- parity encoder`.

use std::process::ExitCode;

use burn_repro::{Project, in_default_type};
use example_encoder::Encoder;

const WEIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/weights.safetensors");

fn main() -> ExitCode {
    Project::here(env!("CARGO_MANIFEST_DIR"))
        .model("encoder", |case, device, probe| {
            let (shape, tokens) = case.inputs.floats::<3>("tokens")?;
            let tokens = probe.input(shape, &tokens);
            let model = in_default_type(Encoder::load(WEIGHTS, device)?, device);
            probe.model("encoder", &model);
            probe.output("logits", &model.forward(tokens));
            Ok(())
        })
        .main()
}
