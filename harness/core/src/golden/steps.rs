//! What a golden remembers of the way to its result: every operation of the reference as a fingerprint, an argument and
//! a digest, as many as there is room for. Pure.
//!
//! They lie beside the elements and are never compared with a cell: they are asked where the reference itself no longer
//! gives its golden, to say which operation of the code is another one.

use serde::{Deserialize, Serialize};

use crate::hash::sha256_hex;
use crate::json_float;
use crate::trace::{Dtype, HostTensor, NamedTensor};

/// How far a digest may be, relative to its size, and still be the same: it lies in the file as an `f32`.
const SAME: f64 = 1.0e-6;

/// Names of the three columns in the file.
const COLUMNS: [&str; 3] = ["steps#operation", "steps#scalar", "steps#digest"];

/// Bytes of one step in the file.
pub(super) const STEP_BYTES: usize = COLUMNS.len() * size_of::<f32>();

/// Bytes of the columns' headers in the file, and of the padding behind them.
pub(super) const COLUMNS_BYTES: usize = 320;

/// What stands in a column for no number: no argument is so large.
const NONE: f64 = f32::MAX as f64;

/// One operation on the reference.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Where in the model it is.
    pub place: String,
    /// The parameter that it reads, if the pipeline named its model.
    pub parameter: Option<String>,
    /// What it is called; `from_data` for host data.
    pub name: String,
    /// What it is given beside tensors.
    pub arguments: String,
    /// The shapes of its tensors.
    pub shapes: String,
    /// The first scalar among the arguments.
    pub scalar: Option<f64>,
    /// A weighted sum over all results; equal for equal ones, and for others almost never.
    #[serde(deserialize_with = "json_float::or_nan")]
    pub digest: f64,
    /// The line of the model that asks for it, where it was looked for and found.
    pub source: Option<String>,
}

/// A step as a golden keeps it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeptStep {
    /// 24 bits of a hash over place, name and shapes.
    pub operation: f64,
    /// The first scalar among the arguments.
    pub scalar: Option<f64>,
    /// The digest.
    pub digest: f64,
}

impl KeptStep {
    /// What is kept of a step.
    #[must_use]
    pub fn of(step: &Step) -> Self {
        let text = format!("{}\n{}\n{}", step.place, step.name, step.shapes);
        let hash = u32::from_str_radix(&sha256_hex(text.as_bytes())[..6], 16).unwrap_or_default();
        let narrow = |value: f64| f64::from(value as f32).clamp(-NONE, NONE);
        let digest = if step.digest.is_nan() { NONE } else { narrow(step.digest) };
        // Infinite ones are all the same: as if there were none.
        let scalar = step.scalar.map(narrow).filter(|scalar| scalar.abs() < NONE);
        Self { operation: f64::from(hash), scalar, digest }
    }

    /// Whether two are the same operation at the same place; what they are given and give is not asked.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "hashes")]
    pub(crate) fn is_same_operation(&self, other: &Self) -> bool {
        self.operation == other.operation
    }

    /// Whether two are the same operation with the same argument and the same result.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "hashes, and arguments that were rounded alike")]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let near = (self.digest - other.digest).abs()
            <= SAME * self.digest.abs().max(other.digest.abs()).max(1.0e-3);
        self.operation == other.operation && self.scalar == other.scalar && near
    }
}

/// The columns of as many steps as fit into so many bytes; nothing if none do.
pub(super) fn columns(steps: &[Step], room: usize) -> Vec<NamedTensor> {
    let fitting = room.saturating_sub(COLUMNS_BYTES) / STEP_BYTES;
    let kept: Vec<KeptStep> = steps.iter().take(fitting).map(KeptStep::of).collect();
    if kept.is_empty() {
        return Vec::new();
    }
    let column = |name: &str, of: fn(&KeptStep) -> f64| NamedTensor {
        name: name.to_owned(),
        tensor: HostTensor {
            shape: vec![kept.len()],
            dtype: Dtype::F32.into(),
            values: kept.iter().map(of).collect(),
        },
    };
    vec![
        column(COLUMNS[0], |step| step.operation),
        column(COLUMNS[1], |step| step.scalar.unwrap_or(NONE)),
        column(COLUMNS[2], |step| step.digest),
    ]
}

/// Whether a tensor of a golden's file is one of the columns.
pub(super) fn is_column(name: &str) -> bool {
    COLUMNS.contains(&name)
}

/// The steps that a golden's file holds; none where it was made without.
pub(super) fn kept(tensors: &[NamedTensor]) -> Vec<KeptStep> {
    let column = |name: &str| {
        let tensor = tensors.iter().find(|named| named.name == name);
        tensor.map_or(&[] as &[f64], |named| &named.tensor.values)
    };
    let [operations, scalars, digests] = COLUMNS.map(column);
    let rows = operations.iter().zip(scalars).zip(digests);
    rows.map(|((&operation, &scalar), &digest)| KeptStep {
        operation,
        scalar: (scalar != NONE).then_some(scalar),
        digest,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, scalar: Option<f64>, digest: f64) -> Step {
        Step { name: name.into(), scalar, digest, ..Step::default() }
    }

    #[test]
    fn what_is_kept_is_read_again_through_a_file() {
        let steps = [step("add_scalar", Some(1e-5), 3.25), step("exp", None, f64::NAN)];
        let bytes = crate::tensor_file::encode(&columns(&steps, 4096));
        let back = kept(&crate::tensor_file::decode(&bytes).unwrap());
        assert_eq!(back, steps.iter().map(KeptStep::of).collect::<Vec<_>>());
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let steps = vec![step("exp", None, 1.0); 100];
        let columns = columns(&steps, COLUMNS_BYTES + 10 * STEP_BYTES + 3);
        assert_eq!(kept(&columns).len(), 10);
        assert!(crate::tensor_file::encode(&columns).len() <= COLUMNS_BYTES + 10 * STEP_BYTES);
        assert!(super::columns(&steps, 100).is_empty());
    }

    #[test]
    fn another_argument_name_or_result_is_another_step() {
        let is_same = |other: Step| {
            KeptStep::of(&step("exp", Some(1e-5), 2.0)).is_same(&KeptStep::of(&other))
        };
        assert!(is_same(step("exp", Some(1e-5), 2.0 + 1e-9)));
        assert!(!is_same(step("log", Some(1e-5), 2.0)));
        assert!(!is_same(step("exp", Some(1e-3), 2.0)));
        assert!(!is_same(step("exp", Some(1e-5), 2.001)));
    }
}
