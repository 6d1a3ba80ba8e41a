//! A shape on one line: `1x3x8x8`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::checked;

/// Length of each dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape(pub Vec<usize>);

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&lengths.join("x"))
    }
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked::text(deserializer, "a shape, for instance `1x3x8x8`", |text| {
            let lengths = text.split('x').map(str::parse).collect::<Result<_, _>>();
            lengths.map(Self).map_err(|_| {
                format!("invalid shape `{text}`: expected lengths, for instance `1x3x8x8`")
            })
        })
    }
}
