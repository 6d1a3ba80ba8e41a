//! Tensors on the host and their comparison: traces, tensor files and hashes, tolerances, and the numbers of a
//! difference. A crate of its own, because it is compiled with optimisation and the rest is not. It knows no scenario and
//! no golden.

pub mod checked;
pub mod compare;
pub mod hash;
pub mod json_float;
pub mod lfs;
pub mod npy;
pub mod sketch;
pub mod splitmix;
pub mod tensor_file;
pub mod tolerance;
pub mod trace;
