//! numpy's `.npy` files (format 1 to 3) as safetensors, so that one reader has the tensors of both. Written here because
//! the libraries bring a parser of Python for a header of three keys.

use safetensors::tensor::{Dtype, TensorView};

/// What every file begins with.
const MAGIC: &[u8] = b"\x93NUMPY";

/// Why bytes are no array.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    /// The header is not whole, or not numpy's.
    #[error("is not a complete .npy file")]
    Format,
    /// A type that models do not take.
    #[error(
        "holds {0}: expected little-endian floats, integers or booleans; write it with `array.astype(\"<f4\")`"
    )]
    Type(String),
    /// Columns first.
    #[error("holds an array in Fortran order: write it with `np.ascontiguousarray(array)`")]
    Fortran,
    /// The elements do not fill the shape.
    #[error("has {got} bytes of elements: its shape {shape:?} takes {expected}")]
    Length {
        /// Bytes in the file.
        got: usize,
        /// The shape.
        shape: Vec<usize>,
        /// Bytes that it takes.
        expected: usize,
    },
}

/// Whether bytes begin as a `.npy` file.
#[must_use]
pub fn is_npy(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The array as a safetensors file, whose one tensor has an empty name.
///
/// # Errors
/// If the bytes are truncated, or hold what models do not take.
pub fn as_safetensors(bytes: &[u8]) -> Result<Vec<u8>, NpyError> {
    let (header, data) = split(bytes).ok_or(NpyError::Format)?;
    let descr = value(header, "descr").ok_or(NpyError::Format)?;
    let dtype = dtype(descr).ok_or_else(|| NpyError::Type(descr.trim_matches('\'').to_owned()))?;
    if value(header, "fortran_order").ok_or(NpyError::Format)? != "False" {
        return Err(NpyError::Fortran);
    }
    let shape = shape(header).ok_or(NpyError::Format)?;
    let view = TensorView::new(dtype, shape.clone(), data).map_err(|_| {
        let count = shape.iter().fold(dtype.bitsize() / 8, |n, &side| n.saturating_mul(side));
        NpyError::Length { got: data.len(), shape, expected: count }
    })?;
    safetensors::serialize([(String::new(), view)], None).map_err(|_| NpyError::Format)
}

/// The header's text and the elements behind it.
fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (&[major, _], rest) = rest.split_first_chunk::<2>()?;
    let (length, rest) = match major {
        1 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        _ => {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            (usize::try_from(u32::from_le_bytes(*length)).ok()?, rest)
        }
    };
    let (header, data) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(header).ok()?, data))
}

/// What stands behind a key of the header, up to the next comma; a tuple as a whole.
fn value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}':"))?;
    let rest = rest.trim_start();
    let end = if rest.starts_with('(') { rest.find(')')? + 1 } else { rest.find([',', '}'])? };
    Some(rest[..end].trim())
}

fn shape(header: &str) -> Option<Vec<usize>> {
    let sides = value(header, "shape")?.strip_prefix('(')?.strip_suffix(')')?;
    let sides = sides.split(',').map(str::trim).filter(|side| !side.is_empty());
    sides.map(|side| side.parse().ok()).collect()
}

fn dtype(descr: &str) -> Option<Dtype> {
    Some(match descr.trim_matches('\'') {
        "<f2" => Dtype::F16,
        "<f4" => Dtype::F32,
        "<f8" => Dtype::F64,
        "<i8" => Dtype::I64,
        "<i4" => Dtype::I32,
        "|u1" => Dtype::U8,
        "|b1" => Dtype::BOOL,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::tensor_file::{Elements, elements};

    /// As numpy 1.26 writes it.
    fn npy(header: &str, data: &[u8]) -> Vec<u8> {
        let length = (header.len() as u16).to_le_bytes();
        [MAGIC, &[1, 0], &length, header.as_bytes(), data].concat()
    }

    const FLOATS: &str = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }     \n";

    #[test]
    fn an_array_is_read_as_it_is() {
        let data: Vec<u8> = [0.5_f32, -1.0].iter().flat_map(|value| value.to_le_bytes()).collect();
        let file = as_safetensors(&npy(FLOATS, &data)).unwrap();
        assert_eq!(
            elements(&file, "").unwrap(),
            Some((vec![1, 2], Elements::Floats(vec![0.5, -1.0])))
        );
        let ids = "{'descr': '<i8', 'fortran_order': False, 'shape': (), }\n";
        let file = as_safetensors(&npy(ids, &7_i64.to_le_bytes())).unwrap();
        assert_eq!(elements(&file, "").unwrap(), Some((vec![], Elements::Integers(vec![7]))));
    }

    #[rstest]
    #[case::big_endian("'>f4'", "False", "(2,)", "holds >f4: expected little-endian")]
    #[case::complex("'<c8'", "False", "(1,)", "holds <c8: expected")]
    #[case::fortran("'<f4'", "True", "(2,)", "Fortran order")]
    #[case::short("'<f4'", "False", "(3,)", "has 8 bytes of elements: its shape [3] takes 12")]
    #[case::endless("'<f4'", "False", "(18446744073709551615, 9)", "has 8 bytes of elements")]
    #[case::negative("'<f4'", "False", "(-1,)", "is not a complete .npy file")]
    fn what_cannot_be_read_is_said(
        #[case] descr: &str,
        #[case] order: &str,
        #[case] shape: &str,
        #[case] words: &str,
    ) {
        let header = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}");
        let error = as_safetensors(&npy(&header, &[0; 8])).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }

    proptest! {
        #[test]
        fn nothing_panics(tail in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = as_safetensors(&[MAGIC, &tail[..]].concat());
        }
    }
}
