//! The pipelines that scenarios name: `ddim`, `ddpm` and the weightless `sampler`.
//!
//! Glue only: parameters of a scenario, the host generator, the model and the sampler put together
//! as diffusers' pipelines do. No formula and no layer lives here.

mod ddim;
mod ddpm;
mod denoiser;
mod faults;
mod image;
mod sampler;

pub use ddim::{Ddim, DdimParams};
pub use ddpm::{Ddpm, DdpmParams};
pub use denoiser::{Denoiser, DenoiserError};
pub use sampler::{Loop, Sampler, SamplerParams};

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_repro::Probe;

use crate::torch::Generator;

/// Draws standard normal noise of a shape from the host generator and moves it to the device, as
/// diffusers' `randn_tensor` does with a CPU generator.
fn randn<B: Backend, const D: usize>(
    generator: &mut Generator,
    shape: [usize; D],
    probe: &mut Probe<B>,
) -> Tensor<B, D> {
    probe.noise(shape, &generator.randn::<f32>(shape.iter().product()))
}
