//! `inputs:`, tensors of files that go into a model. Which of them a model takes is its pipeline's matter.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::relative_path::RelativePath;
use crate::checked;

/// One tensor of a safetensors file: `reference.safetensors#inputs/images`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// The file, below the scenario's own folder.
    pub file: RelativePath,
    /// The tensor's name in it.
    pub tensor: String,
}

impl InputFile {
    fn new(text: &str) -> Result<Self, String> {
        let Some((file, tensor)) = text.split_once('#').filter(|(_, tensor)| !tensor.is_empty())
        else {
            return Err(format!(
                "`{text}` names no tensor: expected a file and a name, as in `reference.safetensors#inputs/images`"
            ));
        };
        Ok(Self { file: RelativePath::new(file)?, tensor: tensor.to_owned() })
    }
}

impl<'de> Deserialize<'de> for InputFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::text(deserializer, "a tensor of a file", Self::new)
    }
}

impl JsonSchema for InputFile {
    fn schema_name() -> Cow<'static, str> {
        "InputFile".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[^#]+#.+$",
            "description": "A safetensors file below the scenario's own folder, `#`, and the tensor's name."
        })
    }
}
