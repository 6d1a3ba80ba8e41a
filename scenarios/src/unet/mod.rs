//! `UNet2DModel`, the denoiser of DDPM and DDIM, as diffusers 0.42.1 defines it.
//!
//! The way of the data:
//!
//! ```text
//! UNet2DConfig --validate()--> parameters()              what there is, in torch's construction order
//!   Weights::initialise(config, seed)                    torch.manual_seed(seed); UNet2DModel(**config)
//!   ModelFolder::open(path)?.weights()                   UNet2DModel.from_pretrained(path)
//! UNet2DModel::new(config, weights, device).forward(sample, timesteps)
//! ```
//!
//! Everything up to [`Weights`] is host arithmetic and opens no device. A module's `declare` lists
//! its parameters in the order of diffusers' constructor, which is the order of torch's draws, and
//! stands beside the `init` that makes the module from weights of those names. Names are those of
//! diffusers' `state_dict`.
//!
//! No sampler, no schedule and no noise lives here. What other models have in common with this one, they use from here:
//! parameters, weights and their files ([`Architecture`]), residual blocks, attention, changes of the resolution.

mod activation;
mod architecture;
pub(crate) mod attention;
mod checkpoint;
mod config;
mod down_block;
pub(crate) mod embedding;
pub(crate) mod extent;
mod folder;
mod header;
mod initialisation;
pub(crate) mod layers;
mod layout;
pub(crate) mod mid_block;
mod model;
mod names;
mod norms;
pub(crate) mod parameters;
mod plan;
mod problem;
pub(crate) mod resnet;
pub(crate) mod sampling;
mod up_block;
pub(crate) mod validation;
pub(crate) mod weights;

pub use activation::Activation;
pub use architecture::Architecture;
pub use checkpoint::CheckpointError;
pub use config::{
    ClassName, DownBlockType, MidBlockType, SampleSize, SamplingType, TimeEmbeddingType,
    TimeScaleShift, UNet2DConfig, UpBlockType,
};
pub use extent::Extent;
pub use folder::{Folder, FolderError};
pub use header::HeaderError;
pub use layout::LayoutError;
pub use model::UNet2DModel;
pub use parameters::Parameter;
pub use problem::TensorProblem;
pub use validation::{ConfigError, InputError};
pub use weights::{MismatchedWeights, Weights};

/// A folder with a `UNet2DModel`.
pub type ModelFolder = Folder<UNet2DConfig>;
