//! A network that burn-onnx has generated from ONNX, with the weights that it wrote beside the code.

#[allow(missing_docs, reason = "generated")]
mod model;

pub use model::Model;
