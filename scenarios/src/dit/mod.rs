//! `DiTTransformer2DModel` as diffusers defines it: the scalable diffusion model with transformers (Peebles & Xie 2022,
//! arXiv 2212.09748), which denoises latents of a class.
//!
//! Written as [`unet`](crate::unet) is: a module's `declare` lists its parameters in the order of diffusers' constructor
//! and stands beside the `init` that makes it from weights of those names.
//!
//! ```text
//! DiTConfig --validate()--> parameters()
//!   Weights::initialise(config, seed)   torch.manual_seed(seed); DiTTransformer2DModel(**config)
//!   Folder::open(path)?.weights()       DiTTransformer2DModel.from_pretrained(path)
//! DiTTransformer2DModel::new(config, weights, device).forward(sample, timestep, labels)
//! ```

mod block;
mod conditioning;
mod config;
mod model;
mod patches;

pub use config::{DiTActivation, DiTClass, DiTConfig, DiTNorm};
pub use model::DiTTransformer2DModel;
