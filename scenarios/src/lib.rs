//! The scenarios of burn-repro and the computations they name.
//!
//! The questions lie beside this folder as YAML, by theme; the answers are here: noise schedules, samplers,
//! diffusers' `UNet2DModel`, and the pipelines that put them together. How a scenario is run, compared and judged is
//! the harness's work. A project of your own looks like this crate.

#![warn(missing_docs)]

pub mod autoencoder;
pub mod diffusers;
pub mod dit;
pub mod pipeline;
pub mod sampler;
pub mod schedule;
pub mod training;
pub mod unet;

use std::path::Path;

use burn_repro::Project;

/// The project of this repository.
#[must_use]
pub fn project() -> Project {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Project {
        registry: pipeline::registry(),
        scenarios: here.to_path_buf(),
        golden: here.with_file_name("golden"),
        noise: Some(pipeline::seeded_noise),
    }
}
