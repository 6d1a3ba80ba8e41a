//! Tensors in a safetensors file beside `Cargo.toml`. What is computed with them is not told here.

use std::path::Path;

use burn::tensor::{BoolStore, DType, TensorData};
use safetensors::{Dtype, SafeTensors};

/// The tensors of a file.
pub struct Tensors(Vec<(String, TensorData)>);

impl Tensors {
    /// Reads a file of this project.
    ///
    /// # Panics
    /// If the file is not there, or is no safetensors file.
    pub fn load(name: &str) -> Self {
        // Cargo says at run time which project it runs; a copy of it may have been built before.
        let folder = std::env::var_os("CARGO_MANIFEST_DIR");
        let folder = folder.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let file = Path::new(&folder).join(name);
        let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self::decode(&bytes)
    }

    /// Reads the bytes of a file.
    ///
    /// # Panics
    /// If they are no safetensors file.
    pub fn decode(bytes: &[u8]) -> Self {
        let file = SafeTensors::deserialize(bytes).expect("this is a safetensors file");
        let tensors = file.iter().map(|(name, view)| {
            let dtype = dtype(view.dtype());
            let (bytes, shape) = (view.data().to_vec(), view.shape().to_vec());
            (name.to_owned(), TensorData::from_bytes_vec(bytes, shape, dtype))
        });
        Self(tensors.collect())
    }

    /// All tensors by their names.
    pub fn all(self) -> Vec<(String, TensorData)> {
        self.0
    }

    /// A tensor by its name.
    ///
    /// # Panics
    /// If there is none of this name.
    pub fn get(&self, name: &str) -> TensorData {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("there is no tensor `{name}`")).1.clone()
    }
}

fn dtype(dtype: Dtype) -> DType {
    match dtype {
        Dtype::F64 => DType::F64,
        Dtype::F32 => DType::F32,
        Dtype::F16 => DType::F16,
        Dtype::BF16 => DType::BF16,
        Dtype::I64 => DType::I64,
        Dtype::I32 => DType::I32,
        Dtype::I16 => DType::I16,
        Dtype::I8 => DType::I8,
        Dtype::U64 => DType::U64,
        Dtype::U32 => DType::U32,
        Dtype::U16 => DType::U16,
        Dtype::U8 => DType::U8,
        Dtype::BOOL => DType::Bool(BoolStore::Native),
        other => panic!("Burn has no tensors of {other:?}"),
    }
}
