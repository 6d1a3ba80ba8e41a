//! The autoencoders of latent diffusion (Rombach et al. 2022, arXiv 2112.10752) as diffusers defines them: `VQModel`,
//! whose latents are vectors of a codebook, and `AutoencoderKL`, whose latents are means of normal distributions.
//!
//! Both are an encoder and a decoder with something in between, and are written as [`unet`](crate::unet) is: a module's
//! `declare` lists its parameters in the order of diffusers' constructor and stands beside the `init` that makes it.
//!
//! ```text
//! VQModelConfig | AutoencoderKLConfig --validate()--> parameters()
//!   Weights::initialise(config, seed)   torch.manual_seed(seed); VQModel(**config)
//!   Folder::open(path)?.weights()       VQModel.from_pretrained(path)
//! VQModel::new(config, weights, device).decode(latents)
//! ```

mod decoder;
mod encoder;
mod frame;
mod kl;
mod kl_config;
mod quantizer;
mod vq;
mod vq_config;

pub use frame::{Autoencoder, DownBlockType, UpBlockType};
pub use kl::AutoencoderKL;
pub use kl_config::{AutoencoderKLClass, AutoencoderKLConfig};
pub use vq::VQModel;
pub use vq_config::{NormType, VQModelClass, VQModelConfig};
