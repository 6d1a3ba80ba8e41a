//! Tensor data as safetensors, in the types it has. Reading it back is the emitted project's work.

use burn::tensor::{BoolStore, DType, TensorData};
use safetensors::tensor::{Dtype, TensorView};

use super::MinimalReproError;

/// Encodes tensors under distinct names.
///
/// # Errors
/// If the file format has no such element type, or a tensor is not whole.
pub(super) fn encode(tensors: &[(String, &TensorData)]) -> Result<Vec<u8>, MinimalReproError> {
    let tensors: Vec<(&str, TensorData)> =
        tensors.iter().map(|(name, data)| (name.as_str(), plain((*data).clone()))).collect();
    let mut views = Vec::new();
    for (name, data) in &tensors {
        let unwritable = |reason| MinimalReproError::Tensor { name: (*name).to_owned(), reason };
        let dtype = dtype(data.dtype())
            .ok_or_else(|| unwritable(format!("safetensors has no {:?}", data.dtype())))?;
        let view = TensorView::new(dtype, data.shape().to_vec(), data.as_bytes());
        views.push((*name, view.map_err(|error| unwritable(error.to_string()))?));
    }
    safetensors::serialize(views, None).map_err(|error| MinimalReproError::Tensor {
        name: "all".to_owned(),
        reason: error.to_string(),
    })
}

/// Booleans as bytes, whatever a backend stores them in.
fn plain(data: TensorData) -> TensorData {
    match data.dtype() {
        DType::Bool(_) => data.convert_dtype(DType::Bool(BoolStore::Native)),
        DType::Flex32 => data.convert_dtype(DType::F32),
        _ => data,
    }
}

fn dtype(dtype: DType) -> Option<Dtype> {
    Some(match dtype {
        DType::F64 => Dtype::F64,
        DType::F32 | DType::Flex32 => Dtype::F32,
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::BF16,
        DType::I64 => Dtype::I64,
        DType::I32 => Dtype::I32,
        DType::I16 => Dtype::I16,
        DType::I8 => Dtype::I8,
        DType::U64 => Dtype::U64,
        DType::U32 => Dtype::U32,
        DType::U16 => Dtype::U16,
        DType::U8 => Dtype::U8,
        DType::Bool(_) => Dtype::BOOL,
        DType::QFloat(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::tensors_template::Tensors;
    use super::*;

    #[rstest]
    #[case::floats(TensorData::new(vec![0.5_f32, -2.0, f32::INFINITY], [3]))]
    #[case::doubles(TensorData::new(vec![0.1_f64, 1e300], [2, 1]))]
    #[case::halves(TensorData::new(vec![0.5_f32, 2.0], [2]).convert_dtype(DType::F16))]
    #[case::integers(TensorData::new(vec![1_i32, -7], [1, 2]))]
    #[case::booleans(TensorData::new(vec![true, false], [2]))]
    fn the_project_reads_what_is_written(#[case] data: TensorData) {
        let bytes = encode(&[("x".into(), &data), ("y".into(), &data)]).unwrap();
        assert_eq!(Tensors::decode(&bytes).get("y"), data);
        let names: Vec<String> =
            Tensors::decode(&bytes).all().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), 2);
    }

    #[test]
    #[should_panic(expected = "none.safetensors")]
    fn a_file_that_is_missing_is_named() {
        Tensors::load("none.safetensors");
    }

    #[test]
    fn booleans_of_a_gpu_are_written_as_bytes() {
        let native = TensorData::new(vec![true, false], [2]);
        let stored = native.clone().convert_dtype(DType::Bool(BoolStore::U32));
        let bytes = encode(&[("mask".into(), &stored)]).unwrap();
        assert_eq!(Tensors::decode(&bytes).get("mask"), native);
    }
}
