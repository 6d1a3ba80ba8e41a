//! What can be wrong with the tensors of weights files, in words.

use std::fmt;

use safetensors::Dtype;

use crate::diffusers::listed;

/// How many problems a message lists.
pub(super) const LISTED: usize = 8;

/// What is wrong with one tensor of a weights file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TensorProblem {
    /// The model has it, the file does not.
    Missing {
        /// The name in diffusers' `state_dict`.
        name: String,
    },
    /// The file has it, the model does not.
    Extra {
        /// The name in the file.
        name: String,
    },
    /// Both have it, in different shapes.
    Shape {
        /// The name in the file.
        name: String,
        /// The shape in the file.
        found: Vec<usize>,
        /// The model's shape.
        wanted: Vec<usize>,
    },
    /// Neither f16 nor bf16 nor f32 nor f64.
    Dtype {
        /// The name in the file.
        name: String,
        /// The dtype in the file.
        found: Dtype,
    },
    /// Two tensors are the same parameter.
    Twice {
        /// The name in diffusers' `state_dict`.
        name: String,
    },
    /// The index and a shard do not say the same.
    Shard {
        /// The shard's file name.
        shard: String,
        /// The tensors.
        names: String,
        /// Whether the index has them, and the shard does not.
        is_absent: bool,
    },
}

impl fmt::Display for TensorProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(formatter, "`{name}` is missing"),
            Self::Extra { name } => {
                write!(formatter, "{} is not part of the model", listed([name]))
            }
            Self::Shape { name, found, wanted } => {
                write!(formatter, "`{name}` has shape {found:?}, not {wanted:?}")
            }
            Self::Dtype { name, found } => {
                write!(formatter, "`{name}` is {found}; save it as F32, F16, BF16 or F64")
            }
            Self::Twice { name } => write!(formatter, "{} is there twice", listed([name])),
            Self::Shard { shard, names, is_absent: true } => {
                write!(formatter, "the index says that {shard} holds {names}, which it does not")
            }
            Self::Shard { shard, names, is_absent: false } => {
                write!(formatter, "{shard} holds {names}, which the index does not say")
            }
        }
    }
}

/// The problems as one text.
pub(super) fn list(problems: &[TensorProblem]) -> String {
    let mut text: Vec<String> = problems.iter().take(LISTED).map(ToString::to_string).collect();
    if problems.len() > LISTED {
        text.push(format!("and {} more", problems.len() - LISTED));
    }
    text.join("; ")
}
