//! diffusers' configuration files, whatever class they belong to: reading them, the keys that have no effect here, and
//! the names of keys and scheduler classes. What a class's own keys mean is the business of `sampler` and `unet`.

mod file;
mod keyed;
mod keys;

pub use file::FileError;
pub(crate) use file::read_json;
pub use keyed::Keyed;
pub(crate) use keyed::{listed, values};
pub(crate) use keys::schedulers;
