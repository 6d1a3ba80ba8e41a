//! diffusers' configuration files, whatever class they belong to: reading them, the keys that have no effect here, and
//! the names of keys and scheduler classes. What a class's own keys mean is the business of `sampler` and `unet`.

mod file;
mod filter;
mod keyed;
mod keys;
mod parts;

pub use file::FileError;
pub(crate) use file::read_json;
pub(crate) use keyed::listed;
pub use keyed::{Joined, Keyed};
pub(crate) use keys::schedulers;
pub use parts::{Keys, Parts};
pub(crate) use parts::{over, values};
