//! `inputs:`, tensors that go into a model: of files, or drawn from the seed. Which of them a model takes is its
//! pipeline's matter.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::relative_path::RelativePath;
use crate::checked;

/// Elements of a drawn input at most.
const MOST_DRAWN: usize = 1 << 28;

/// One tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputSource {
    /// Of a safetensors file, `reference.safetensors#inputs/images`; or a whole `.npy` file, whose tensor has no name.
    File {
        /// The file, below the scenario's own folder.
        file: RelativePath,
        /// The tensor's name in it.
        tensor: String,
    },
    /// Drawn: `randn(1, 3, 32, 32)`.
    Draw(InputDraw),
}

/// Numbers from a generator of their own, seeded with the scenario's seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputDraw {
    /// Standard normal, as `torch.randn`; else uniform from 0 to 1, as `torch.rand`.
    pub normal: bool,
    /// The shape.
    pub shape: Vec<usize>,
}

impl InputSource {
    fn new(text: &str) -> Result<Self, String> {
        if let Some((call, sides)) = text.split_once('(').filter(|(_, rest)| rest.ends_with(')')) {
            return Ok(Self::Draw(InputDraw::new(text, call, &sides[..sides.len() - 1])?));
        }
        match text.split_once('#').filter(|(_, tensor)| !tensor.is_empty()) {
            Some((file, tensor)) => {
                Ok(Self::File { file: RelativePath::new(file)?, tensor: tensor.to_owned() })
            }
            None if text.ends_with(".npy") => {
                Ok(Self::File { file: RelativePath::new(text)?, tensor: String::new() })
            }
            None => Err(format!(
                "`{text}` names no tensor: expected a file and a name, as in `reference.safetensors#inputs/images`, a \
                 file of one array, as in `images.npy`, or a draw, as in `randn(1, 3, 32, 32)`"
            )),
        }
    }
}

impl InputDraw {
    fn new(text: &str, call: &str, sides: &str) -> Result<Self, String> {
        let normal = match call {
            "randn" => true,
            "rand" => false,
            _ => return Err(format!("`{call}` draws nothing: expected `randn` or `rand`")),
        };
        let sides = sides.split(',').map(|side| side.trim().parse::<usize>().ok());
        let shape: Option<Vec<usize>> = sides.collect();
        let count = |shape: &Vec<usize>| shape.iter().try_fold(1, |n: usize, &m| n.checked_mul(m));
        let works = |shape: &Vec<usize>| {
            count(shape).is_some_and(|count| (1..=MOST_DRAWN).contains(&count))
        };
        shape.filter(works).map(|shape| Self { normal, shape }).ok_or_else(|| {
            format!(
                "`{text}` has no such shape: expected whole numbers, as in `randn(1, 3, 32, 32)`, of 1 to {MOST_DRAWN} \
                 elements together"
            )
        })
    }
}

impl<'de> Deserialize<'de> for InputSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::text(deserializer, "a tensor of a file, or a draw", Self::new)
    }
}

impl JsonSchema for InputSource {
    fn schema_name() -> Cow<'static, str> {
        "InputSource".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^([^#]+#.+|[^#]+\.npy|randn?\([0-9, ]+\))$",
            "description": "A safetensors file below the scenario's own folder, `#`, and the tensor's name; a `.npy` file; or a draw from the scenario's seed, `randn(1, 3, 32, 32)` or `rand(4, 8)`."
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::normal("randn(1, 3)", true, &[1, 3])]
    #[case::uniform("rand(4)", false, &[4])]
    fn a_draw_has_a_shape(#[case] text: &str, #[case] normal: bool, #[case] shape: &[usize]) {
        let draw = InputDraw { normal, shape: shape.to_vec() };
        assert_eq!(InputSource::new(text), Ok(InputSource::Draw(draw)));
    }

    #[rstest]
    #[case::no_tensor("a.safetensors", "names no tensor")]
    #[case::empty_name("a.safetensors#", "names no tensor")]
    #[case::other_call("randint(3)", "`randint` draws nothing: expected `randn` or `rand`")]
    #[case::no_number("randn(1, x)", "has no such shape")]
    #[case::no_element("randn(0)", "has no such shape")]
    #[case::too_many("randn(99999999999, 99999999999)", "has no such shape")]
    #[case::outside("../a.npy", "..")]
    fn what_is_no_input_is_said(#[case] text: &str, #[case] words: &str) {
        let error = InputSource::new(text).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}
