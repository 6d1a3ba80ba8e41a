//! A golden that is not written yet: both halves as a reference run gives them. Pure.

use super::REFERENCE_BOUND;
use super::keep::{SIZE_LIMIT, keep};
use super::recorded::Recorded;
use super::steps::{Step, columns, is_column};
use super::store::Golden;
use super::text::GoldenText;
use crate::scenario::Scenario;
use crate::tensor_file;
use crate::trace::{NamedTensor, Trace};

/// Bytes that insta's headers of both halves have at most, with a long description.
const HEADERS: usize = 1024;

/// Bytes of a question that count towards the limit. A longer one, with a thousand numbers of a curve, is kept as long as
/// it is: the limit is there for the elements.
const QUESTION: usize = 4 * 1024;

/// Both halves of a golden.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The text.
    pub text: GoldenText,
    /// The file of the elements.
    pub tensors: Vec<u8>,
}

/// Why a reference run gives no golden.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DraftError {
    /// NaN or infinity.
    #[error("the reference's {name} is {value} at {place:?}; a golden must be finite")]
    NonFinite {
        /// The tensor.
        name: String,
        /// What it is.
        value: f64,
        /// Where.
        place: Vec<usize>,
    },
    /// Nothing to compare with.
    #[error("the reference's {0} has no elements, so nothing would be checked")]
    Empty(String),
    /// Too large although everything is reduced.
    #[error(
        "the golden would have {size} bytes beside a long question, at most {SIZE_LIMIT} are kept; put out fewer or \
         smaller tensors"
    )]
    TooLarge {
        /// Bytes of all its files, without what of its question is too long.
        size: usize,
    },
}

impl Draft {
    /// The golden of a reference run, with as many of its `steps` as there is room for. Where the elements agree with those of the golden there is, they
    /// are taken from it: another machine's last bits are not a change.
    ///
    /// # Errors
    /// If an output is not finite or the golden would be too large.
    pub fn new(
        scenario: &Scenario,
        trace: &Trace,
        steps: &[Step],
        recorded: Recorded,
        golden: Option<&Golden>,
    ) -> Result<Self, DraftError> {
        for NamedTensor { name, tensor } in trace.outputs.iter().chain(&trace.records) {
            if tensor.values.is_empty() {
                return Err(DraftError::Empty(name.clone()));
            }
            if let Some(flat) = tensor.first_non_finite() {
                let (value, place) = (tensor.values[flat], tensor.coordinates(flat));
                return Err(DraftError::NonFinite { name: name.clone(), value, place });
            }
        }
        let content = keep(trace);
        let summaries = [content.outputs, content.records];
        let tensors = match golden {
            Some(golden) if tensors_agree(&golden.bytes, &content.tensors) => golden.bytes.clone(),
            _ => {
                let alone = tensor_file::encode(&content.tensors);
                let text =
                    GoldenText::new(scenario, trace, summaries.clone(), &alone, recorded.clone());
                let size = counted(&text, &alone);
                let columns = columns(steps, SIZE_LIMIT.saturating_sub(size));
                tensor_file::encode(&[content.tensors, columns].concat())
            }
        };
        let text = GoldenText::new(scenario, trace, summaries, &tensors, recorded);
        let size = counted(&text, &tensors);
        if size > SIZE_LIMIT {
            return Err(DraftError::TooLarge { size });
        }
        Ok(Self { text, tensors })
    }

    /// Whether a golden says the same within the reference's bound.
    #[must_use]
    pub fn agrees(&self, golden: &Golden) -> bool {
        self.text.agrees(&golden.text, REFERENCE_BOUND)
    }
}

/// Bytes of a golden's files that count towards the limit.
fn counted(text: &GoldenText, tensors: &[u8]) -> usize {
    text.to_yaml().len() - text.question_bytes().saturating_sub(QUESTION) + tensors.len() + HEADERS
}

/// Whether the elements of a golden's file are these, within the reference's bound.
fn tensors_agree(golden: &[u8], tensors: &[NamedTensor]) -> bool {
    let Ok(mut golden) = tensor_file::decode(golden) else { return false };
    golden.retain(|named| !is_column(&named.name));
    let mut sorted: Vec<&NamedTensor> = tensors.iter().collect();
    sorted.sort_by(|left, right| left.name.cmp(&right.name));
    golden.len() == sorted.len()
        && golden.iter().zip(sorted).all(|(golden, new)| {
            let (want, got) = (&golden.tensor, &new.tensor);
            golden.name == new.name
                && want.shape == got.shape
                && want.dtype == got.dtype
                && got.values.iter().zip(&want.values).all(|(&g, &w)| REFERENCE_BOUND.passes(g, w))
        })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::tensors_agree;
    use crate::tensor_file::encode;
    use crate::trace::{Dtype, HostTensor, NamedTensor};

    fn named(name: &str, shape: &[usize], values: &[f64]) -> NamedTensor {
        let tensor =
            HostTensor { shape: shape.to_vec(), dtype: Dtype::F64.into(), values: values.to_vec() };
        NamedTensor { name: name.into(), tensor }
    }

    #[rstest]
    #[case(named("a", &[2], &[1.0, 2.0]), true)]
    #[case(named("a", &[2], &[1.0, 2.0 + 1e-10]), true)]
    #[case(named("a", &[2], &[1.0, 2.0 + 1e-8]), false)]
    #[case(named("b", &[2], &[1.0, 2.0]), false)]
    #[case(named("a", &[1, 2], &[1.0, 2.0]), false)]
    #[case(named("a", &[2], &[1.0, f64::NAN]), false)]
    fn elements_agree_by_their_numbers(#[case] test: NamedTensor, #[case] want: bool) {
        let golden = encode(&[named("a", &[2], &[1.0, 2.0])]);
        assert_eq!(tensors_agree(&golden, &[test]), want);
        assert!(!tensors_agree(b"rubbish", &[named("a", &[2], &[1.0, 2.0])]));
    }
}
