//! What "unchanged" means to insta: the same tensors, their numbers within the reference's bound.

use insta::internals::SnapshotContents;
use insta::{Comparator, Snapshot};

use super::REFERENCE_BOUND;
use super::text::GoldenText;
use crate::tensor_file;

/// Compares both halves of a golden by their numbers, not by their bytes.
///
/// What cannot be read on either side never matches, so that a damaged golden shows up as changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReferenceComparator;

impl Comparator for ReferenceComparator {
    fn matches(&self, reference: &Snapshot, test: &Snapshot) -> bool {
        match (reference.contents(), test.contents()) {
            (SnapshotContents::Text(reference), SnapshotContents::Text(test)) => {
                texts_match(&reference.to_string(), &test.to_string())
            }
            (SnapshotContents::Binary(Some(reference)), SnapshotContents::Binary(Some(test))) => {
                tensors_match(reference, test)
            }
            _ => false,
        }
    }

    fn dyn_clone(&self) -> Box<dyn Comparator> {
        Box::new(*self)
    }
}

fn texts_match(reference: &str, test: &str) -> bool {
    match (GoldenText::parse(reference), GoldenText::parse(test)) {
        (Ok(reference), Ok(test)) => test.agrees(&reference, REFERENCE_BOUND),
        _ => false,
    }
}

fn tensors_match(reference: &[u8], test: &[u8]) -> bool {
    let (Ok(reference), Ok(test)) = (tensor_file::decode(reference), tensor_file::decode(test))
    else {
        return false;
    };
    reference.len() == test.len()
        && reference.iter().zip(&test).all(|(reference, test)| {
            reference.name == test.name
                && reference.tensor.shape == test.tensor.shape
                && reference.tensor.dtype == test.tensor.dtype
                && test
                    .tensor
                    .values
                    .iter()
                    .zip(&reference.tensor.values)
                    .all(|(&got, &want)| REFERENCE_BOUND.passes(got, want))
        })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::tensors_match;
    use crate::tensor_file::encode;
    use crate::trace::{Dtype, HostTensor, NamedTensor};

    fn bytes(name: &str, shape: &[usize], values: &[f64]) -> Vec<u8> {
        let tensor =
            HostTensor { shape: shape.to_vec(), dtype: Dtype::F64, values: values.to_vec() };
        encode(&[NamedTensor { name: name.into(), tensor }])
    }

    #[rstest]
    #[case(bytes("a", &[2], &[1.0, 2.0]), true)]
    #[case(bytes("a", &[2], &[1.0, 2.0 + 1e-10]), true)]
    #[case(bytes("a", &[2], &[1.0, 2.0 + 1e-8]), false)]
    #[case(bytes("b", &[2], &[1.0, 2.0]), false)]
    #[case(bytes("a", &[1, 2], &[1.0, 2.0]), false)]
    #[case(bytes("a", &[2], &[1.0, f64::NAN]), false)]
    #[case(b"rubbish".to_vec(), false)]
    fn tensors_match_by_their_numbers(#[case] test: Vec<u8>, #[case] want: bool) {
        assert_eq!(tensors_match(&bytes("a", &[2], &[1.0, 2.0]), &test), want);
    }
}
