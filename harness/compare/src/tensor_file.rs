//! Named tensors as safetensors bytes and back: what travels on a worker's pipe, lies in `golden/`
//! and is saved for people.

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype as FileDtype, SafeTensors, TensorView};

use crate::hash::sha256_hex;
use crate::lfs::is_pointer;
use crate::trace::{Dtype, ElementType, HostTensor, NamedTensor};

/// Why bytes are not tensors of ours.
#[derive(Debug, thiserror::Error)]
pub enum TensorFileError {
    /// Its content is elsewhere.
    #[error("is a Git LFS pointer whose content is not here: run `git lfs pull`")]
    Pointer,
    /// Not a whole safetensors file.
    #[error("is not a complete safetensors file: {0}")]
    Format(#[from] safetensors::SafeTensorError),
    /// A dtype that no trace has.
    #[error(
        "holds `{name}` as {dtype:?}; only F16, BF16, F32, F64, I64, I32, U8 and BOOL can be compared"
    )]
    Dtype {
        /// The tensor.
        name: String,
        /// Its dtype in the file.
        dtype: FileDtype,
    },
}

/// Encodes tensors in the type they had on the device; names must differ.
///
/// # Panics
/// If a tensor's values do not fill its shape, which [`HostTensor`]'s makers rule out.
#[must_use]
pub fn encode(tensors: &[NamedTensor]) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|named| to_bytes(&named.tensor)).collect();
    let views = tensors.iter().zip(&bytes).map(|(named, bytes)| {
        let dtype = file_dtype(named.tensor.dtype);
        let view = TensorView::new(dtype, named.tensor.shape.clone(), bytes)
            .expect("a host tensor fills its shape");
        (named.name.clone(), view)
    });
    safetensors::serialize(views, None).expect("tensors of distinct names serialise")
}

/// Decodes tensors, sorted by name.
///
/// # Errors
/// If the bytes are truncated, corrupt or of another dtype; says which.
pub fn decode(bytes: &[u8]) -> Result<Vec<NamedTensor>, TensorFileError> {
    read(bytes, |name, dtype| Err(TensorFileError::Dtype { name: name.to_owned(), dtype }))
}

/// Decodes the tensors that can be compared, sorted by name, and leaves out all others.
///
/// # Errors
/// If the bytes are truncated or corrupt.
pub fn decode_comparable(bytes: &[u8]) -> Result<Vec<NamedTensor>, TensorFileError> {
    read(bytes, |_, _| Ok(()))
}

/// Decodes the tensors of float types, sorted by name, and leaves out all others.
///
/// # Errors
/// If the bytes are truncated or corrupt.
pub fn decode_floats(bytes: &[u8]) -> Result<Vec<NamedTensor>, TensorFileError> {
    let mut tensors = decode_comparable(bytes)?;
    tensors.retain(|named| named.tensor.dtype.is_float());
    Ok(tensors)
}

/// The elements of a tensor of any type that models take.
#[derive(Debug, Clone, PartialEq)]
pub enum Elements {
    /// Of a float type, widened without rounding.
    Floats(Vec<f64>),
    /// Of an integer type.
    Integers(Vec<i64>),
    /// Truth values.
    Booleans(Vec<bool>),
}

/// The shape and the elements of one tensor, if the file has it.
///
/// # Errors
/// If the bytes are truncated or corrupt, or the tensor is of a type that models do not take.
pub fn elements(
    bytes: &[u8],
    name: &str,
) -> Result<Option<(Vec<usize>, Elements)>, TensorFileError> {
    if is_pointer(bytes) {
        return Err(TensorFileError::Pointer);
    }
    let file = SafeTensors::deserialize(bytes)?;
    let Ok(view) = file.tensor(name) else { return Ok(None) };
    let data = view.data();
    let elements = match view.dtype() {
        // Every bit of them, which `f64` would not hold.
        FileDtype::I64 => Elements::Integers(chunks(data, i64::from_le_bytes)),
        dtype => match from_view(&view) {
            Some(HostTensor { dtype: ElementType::Float(_), values, .. }) => {
                Elements::Floats(values)
            }
            Some(HostTensor { dtype: ElementType::Integer, values, .. }) => {
                Elements::Integers(values.into_iter().map(|value| value as i64).collect())
            }
            Some(HostTensor { dtype: ElementType::Boolean, values, .. }) => {
                Elements::Booleans(values.into_iter().map(|value| value != 0.0).collect())
            }
            None => return Err(TensorFileError::Dtype { name: name.to_owned(), dtype }),
        },
    };
    Ok(Some((view.shape().to_vec(), elements)))
}

/// SHA-256 of one tensor, if the file has it: of its type, its shape and its bytes, whatever else the file says.
///
/// # Errors
/// If the bytes are truncated or corrupt.
pub fn tensor_sha256(bytes: &[u8], name: &str) -> Result<Option<String>, TensorFileError> {
    let file = SafeTensors::deserialize(bytes)?;
    let Ok(view) = file.tensor(name) else { return Ok(None) };
    let kind = format!("{:?} {:?} ", view.dtype(), view.shape());
    Ok(Some(sha256_hex(&[kind.as_bytes(), view.data()].concat())))
}

/// The words that a file says of itself.
///
/// # Errors
/// If the bytes are truncated or corrupt.
pub fn metadata(bytes: &[u8]) -> Result<BTreeMap<String, String>, TensorFileError> {
    let (_, metadata) = SafeTensors::read_metadata(bytes)?;
    Ok(metadata
        .metadata()
        .iter()
        .flatten()
        .map(|(key, word)| (key.clone(), word.clone()))
        .collect())
}

/// Decodes tensors; what cannot be compared is for `other` to refuse.
fn read(
    bytes: &[u8],
    other: impl Fn(&str, FileDtype) -> Result<(), TensorFileError>,
) -> Result<Vec<NamedTensor>, TensorFileError> {
    if is_pointer(bytes) {
        return Err(TensorFileError::Pointer);
    }
    let mut tensors = Vec::new();
    for (name, view) in SafeTensors::deserialize(bytes)?.iter() {
        match from_view(&view) {
            Some(tensor) => tensors.push(NamedTensor { name: name.to_owned(), tensor }),
            None => other(name, view.dtype())?,
        }
    }
    tensors.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(tensors)
}

fn file_dtype(dtype: ElementType) -> FileDtype {
    match dtype {
        ElementType::Float(Dtype::F16) => FileDtype::F16,
        ElementType::Float(Dtype::Bf16) => FileDtype::BF16,
        ElementType::Float(Dtype::F32) => FileDtype::F32,
        ElementType::Float(Dtype::F64) => FileDtype::F64,
        ElementType::Integer => FileDtype::I64,
        ElementType::Boolean => FileDtype::BOOL,
    }
}

/// The elements as they lay on the device, little-endian and row-major; integers in 64 bits. Exact: they were widened from
/// this very type.
#[must_use]
pub fn to_bytes(tensor: &HostTensor) -> Vec<u8> {
    let values = tensor.values.iter();
    match tensor.dtype {
        ElementType::Float(Dtype::F16) => {
            values.flat_map(|&v| half::f16::from_f32(v as f32).to_le_bytes()).collect()
        }
        ElementType::Float(Dtype::Bf16) => {
            values.flat_map(|&v| half::bf16::from_f32(v as f32).to_le_bytes()).collect()
        }
        ElementType::Float(Dtype::F32) => values.flat_map(|&v| (v as f32).to_le_bytes()).collect(),
        ElementType::Float(Dtype::F64) => values.flat_map(|&v| v.to_le_bytes()).collect(),
        ElementType::Integer => values.flat_map(|&v| (v as i64).to_le_bytes()).collect(),
        ElementType::Boolean => values.map(|&v| u8::from(v != 0.0)).collect(),
    }
}

fn from_view(view: &TensorView<'_>) -> Option<HostTensor> {
    let data = view.data();
    let integers = |values: Vec<i64>| values.into_iter().map(|value| value as f64).collect();
    let (dtype, values): (ElementType, Vec<f64>) = match view.dtype() {
        FileDtype::F16 => {
            let widen = |b: [u8; 2]| half::f16::from_le_bytes(b).to_f64();
            (Dtype::F16.into(), chunks(data, widen))
        }
        FileDtype::BF16 => {
            let widen = |b: [u8; 2]| half::bf16::from_le_bytes(b).to_f64();
            (Dtype::Bf16.into(), chunks(data, widen))
        }
        FileDtype::F32 => (Dtype::F32.into(), chunks(data, |b| f64::from(f32::from_le_bytes(b)))),
        FileDtype::F64 => (Dtype::F64.into(), chunks(data, f64::from_le_bytes)),
        FileDtype::I64 => (ElementType::Integer, integers(chunks(data, i64::from_le_bytes))),
        FileDtype::I32 => {
            (ElementType::Integer, chunks(data, |b| f64::from(i32::from_le_bytes(b))))
        }
        FileDtype::U8 => (ElementType::Integer, data.iter().map(|&byte| f64::from(byte)).collect()),
        FileDtype::BOOL => (
            ElementType::Boolean,
            data.iter().map(|&byte| f64::from(u8::from(byte != 0))).collect(),
        ),
        _ => return None,
    };
    Some(HostTensor { shape: view.shape().to_vec(), dtype, values })
}

fn chunks<const N: usize, T>(data: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (chunks, rest) = data.as_chunks::<N>();
    debug_assert!(rest.is_empty(), "safetensors checks lengths");
    chunks.iter().map(|&chunk| read(chunk)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn tensor(dtype: impl Into<ElementType>, values: Vec<f64>) -> NamedTensor {
        let tensor = HostTensor { shape: vec![values.len()], dtype: dtype.into(), values };
        NamedTensor { name: "image".into(), tensor }
    }

    #[rstest]
    #[case(Dtype::F16)]
    #[case(Dtype::Bf16)]
    #[case(Dtype::F32)]
    #[case(Dtype::F64)]
    fn every_dtype_survives(#[case] dtype: Dtype) {
        let named = vec![tensor(dtype, vec![0.0, -1.5, 0.25, f64::INFINITY])];
        assert_eq!(decode(&encode(&named)).unwrap(), named);
    }

    #[rstest]
    #[case(ElementType::Integer, &[0.0, -50_256.0, 9_007_199_254_740_992.0])]
    #[case(ElementType::Boolean, &[1.0, 0.0, 1.0])]
    fn what_is_no_float_survives(#[case] dtype: ElementType, #[case] values: &[f64]) {
        let named = vec![tensor(dtype, values.to_vec())];
        let bytes = encode(&named);
        assert_eq!(decode(&bytes).unwrap(), named);
        assert_eq!(
            (decode_comparable(&bytes).unwrap(), decode_floats(&bytes).unwrap()),
            (named, vec![])
        );
    }

    #[test]
    fn another_dtype_is_named() {
        let data = 7_u64.to_le_bytes();
        let view = TensorView::new(FileDtype::U64, vec![1], &data).unwrap();
        let bytes = safetensors::serialize([("steps", view)], None).unwrap();
        let error = decode(&bytes).unwrap_err().to_string();
        assert!(error.contains("`steps` as U64"), "{error}");
    }

    proptest! {
        #[test]
        fn f64_bits_survive(bits in prop::collection::vec(any::<u64>(), 1..40)) {
            let values: Vec<f64> = bits.iter().map(|&bits| f64::from_bits(bits)).collect();
            let named = vec![tensor(Dtype::F64, values)];
            let back = decode(&encode(&named)).unwrap();
            let again: Vec<u64> = back[0].tensor.values.iter().map(|v| v.to_bits()).collect();
            prop_assert_eq!(again, bits);
        }

        #[test]
        fn truncation_never_panics(length in 0_usize..200) {
            let bytes = encode(&[tensor(Dtype::F32, vec![1.0; 16])]);
            let cut = &bytes[..length.min(bytes.len() - 1)];
            prop_assert!(decode(cut).is_err());
        }
    }
}
