//! The JSON Schema of scenario files, from the types that parse them, for editors and other programs. What a schema
//! cannot say, such as which keys go together, is left to the parser; everything that the parser takes, the schema takes.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::bounded::{FormatVersion, Name, OutputName, Sentence};
use super::catalog::Catalog;
use super::driver_range::DriverRange;
use super::file::ScenarioFile;
use super::relative_path::RelativePath;
use super::seed::{Seed, Seeds};
use super::selector::BackendSelector;
use super::slice::Slice;
use super::tolerance::{BackendTolerance, OutputTolerance, Tolerance};
use super::yaml::FREE;
use crate::tolerance::Bound;
use crate::tolerance::Measure;
use crate::tolerance::NonNegative;

/// The schema of scenario files that name pipelines of the catalog.
#[must_use]
pub fn scenario_schema(catalog: &dyn Catalog) -> Schema {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let params = catalog.params_schemas(&mut generator);
    let mut schema = generator.into_root_schema_for::<ScenarioFile<Value>>();
    // `params` belongs to the pipeline.
    let names: Vec<&str> = params.iter().map(|(name, _)| *name).collect();
    if let Some(pipeline) = schema.pointer_mut("/properties/pipeline") {
        *pipeline = json!({ "enum": names, "description": "What computes the scenario." });
    }
    let branches: Vec<Value> = params
        .iter()
        .filter_map(|(name, params)| {
            let of_name = json!({ "properties": { "pipeline": { "const": name } } });
            let then = json!({ "properties": { "params": params.as_ref()? } });
            Some(json!({ "if": of_name, "then": then }))
        })
        .collect();
    schema.insert("allOf".into(), branches.into());
    // `<<` is not among the keys: a schema judges what was merged, and editors merge first.
    let free = json!({ "description": "Free, for instance for anchors." });
    schema.insert("patternProperties".into(), json!({ (format!("^{FREE}")): free }));
    schema.insert("title".into(), "A scenario of burn-repro, version 1".into());
    schema
}

/// Implements the schema of a type that is parsed by hand.
macro_rules! by_hand {
    ($($type:ty, $name:literal, $schema:tt;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

by_hand! {
    FormatVersion, "FormatVersion", { "const": 1 };
    Name, "Name", {
        "type": "string", "pattern": "^[A-Za-z0-9_]([A-Za-z0-9._-]{0,78}[A-Za-z0-9_-])?$"
    };
    OutputName, "OutputName", { "type": "string", "minLength": 1 };
    Sentence, "Sentence", { "type": "string", "minLength": 3 };
    Seed, "Seed", { "type": "integer", "minimum": i64::MIN, "maximum": u64::MAX };
    Seeds, "Seeds", {
        "description": "One seed, or one for each sample of the batch.",
        "oneOf": [
            { "type": "integer", "minimum": i64::MIN, "maximum": u64::MAX },
            {
                "type": "array",
                "minItems": 1,
                "items": { "type": "integer", "minimum": i64::MIN, "maximum": u64::MAX }
            }
        ]
    };
    Slice, "Slice", { "type": "string", "description": "As numpy writes it: [0, -3:, -3:, -1]." };
    DriverRange, "DriverRange", { "type": "string", "description": "As >=22.3, <23.1." };
    RelativePath, "RelativePath", { "type": "string", "description": "Below the scenario's own folder." };
    BackendSelector, "BackendSelector", {
        "type": "string",
        "anyOf": [
            { "enum": ["cpu", "wgpu", "cuda", "ndarray", "flex", "cubecl-cpu"] },
            { "pattern": "^(wgpu:.+|vulkan:.+|cuda:[+]?[0-9]+)$" }
        ]
    };
}

/// A mapping of bounds with further keys, of which some must be there.
fn bounds(
    generator: &mut SchemaGenerator,
    further: &[(&str, Schema)],
    required: &[&str],
) -> Schema {
    let mut properties = Map::new();
    for key in ["abs_sum", "pixel"] {
        properties.insert(key.into(), generator.subschema_for::<Bound>().to_value());
    }
    for measure in Measure::ALL {
        let number = generator.subschema_for::<NonNegative>();
        properties.insert(measure.as_str().into(), number.to_value());
    }
    for (key, schema) in further {
        properties.insert((*key).into(), schema.clone().to_value());
    }
    json_schema!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false
    })
}

impl JsonSchema for Tolerance {
    fn schema_name() -> Cow<'static, str> {
        "Tolerance".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let further = [
            ("outputs", generator.subschema_for::<Vec<OutputTolerance>>()),
            ("per_backend", generator.subschema_for::<Vec<BackendTolerance>>()),
        ];
        bounds(generator, &further, &[])
    }
}

impl JsonSchema for OutputTolerance {
    fn schema_name() -> Cow<'static, str> {
        "OutputTolerance".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let further = [("output", generator.subschema_for::<OutputName>())];
        bounds(generator, &further, &["output"])
    }
}

impl JsonSchema for BackendTolerance {
    fn schema_name() -> Cow<'static, str> {
        "BackendTolerance".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let further = [
            ("backend", generator.subschema_for::<BackendSelector>()),
            ("output", generator.subschema_for::<OutputName>()),
            ("reason", generator.subschema_for::<Sentence>()),
        ];
        bounds(generator, &further, &["backend", "reason"])
    }
}
