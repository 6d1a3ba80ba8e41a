//! `Keyed`: a configuration read by its own keys, beside a list of the others.
//!
//! serde would refuse every other key by itself, the first one alone, or swallow them all. Here a filter stands between
//! the file and the configuration's own parser, so that places in a file are still told by line and column.

use std::borrow::Cow;
use std::cell::RefCell;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::StringDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, IntoDeserializer, MapAccess,
    Visitor,
};
use serde::{Deserialize, Deserializer, Serialize, forward_to_deserialize_any};
use serde_json::{Map, Value};

use super::keys::{is_known, nearest_key, pattern};
use super::{FileError, read_json};

/// Names the keys whose values are not the writer's: the class's defaults are taken in place of them.
const DEFAULTED: &str = "_use_default_values";

/// What every saved file has, and nobody asks about.
const COMMON: [&str; 2] = ["_diffusers_version", "_name_or_path"];

/// A configuration, and how it was written.
///
/// As a part of a scenario, which a person wrote, a key that no class of diffusers has is refused; in a file that a
/// program wrote, see [`read`](Self::read), it is one more without effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyed<T> {
    /// The configuration.
    pub config: T,
    /// Its own keys that were written.
    pub written: Vec<String>,
    /// The other keys, which have no effect, sorted.
    pub ignored: Vec<String>,
    /// Its own keys that `_use_default_values` leaves to the default.
    pub defaulted: Vec<String>,
}

/// Whose keys they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writer {
    Person,
    Program,
}

impl<T: DeserializeOwned + Serialize + Default> Keyed<T> {
    /// Reads a file that a program wrote.
    ///
    /// # Errors
    /// A file that cannot be read, or one of its own keys with a value it cannot have.
    pub fn read(path: &std::path::Path) -> Result<Self, FileError> {
        read_json(path, |text| {
            let mut file = serde_json::Deserializer::from_str(text);
            let keyed = Self::parse(&mut file, Writer::Program)?;
            file.end().map(|()| keyed)
        })
    }

    /// The configuration with those of its keys that `other` writes taken from there.
    ///
    /// # Errors
    /// A number that JSON does not have.
    pub fn overridden_by(&self, other: &Self) -> serde_json::Result<T> {
        with(&self.config, &other.config, &other.written)
    }

    fn parse<'de, D: Deserializer<'de>>(file: D, writer: Writer) -> Result<Self, D::Error> {
        let seen = RefCell::new(Seen::default());
        let config = T::deserialize(Outer { inner: file, seen: &seen, writer })?;
        let Seen { mut written, mut ignored, defaulted, .. } = seen.into_inner();
        ignored.sort();
        if defaulted.is_empty() {
            return Ok(Self { config, written, ignored, defaulted });
        }
        let defaulted: Vec<String> =
            defaulted.into_iter().filter(|key| written.contains(key)).collect();
        written.retain(|key| !defaulted.contains(key));
        let config = with(&config, &T::default(), &defaulted).map_err(D::Error::custom)?;
        Ok(Self { config, written, ignored, defaulted })
    }
}

/// The values of a configuration by their keys.
pub(crate) fn values<T: Serialize>(config: &T) -> serde_json::Result<Map<String, Value>> {
    match serde_json::to_value(config)? {
        Value::Object(values) => Ok(values),
        _ => Ok(Map::new()),
    }
}

/// A configuration with some keys taken from another one.
fn with<T: DeserializeOwned + Serialize>(
    config: &T,
    other: &T,
    keys: &[String],
) -> serde_json::Result<T> {
    let (mut mixed, other) = (values(config)?, values(other)?);
    mixed.extend(other.into_iter().filter(|(key, _)| keys.contains(key)));
    serde_json::from_value(mixed.into())
}

/// Keys as sentences name them. What they hold comes from outside, so that control characters are escaped.
pub(crate) fn listed<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) -> String {
    let quoted = |key: K| format!("`{}`", key.as_ref().escape_debug());
    keys.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

impl<'de, T: DeserializeOwned + Serialize + Default> Deserialize<'de> for Keyed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(deserializer, Writer::Person)
    }
}

/// The schema of the configuration, with the keys of every class beside its own.
impl<T: JsonSchema> JsonSchema for Keyed<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.remove("additionalProperties");
        schema.insert("propertyNames".into(), generator.subschema_for::<Key>().to_value());
        if let Some(properties) = schema.get_mut("properties") {
            let names = json_schema!({ "type": ["array", "null"], "items": { "type": "string" } });
            properties[DEFAULTED] = names.to_value();
        }
        schema
    }
}

/// A key of any class.
struct Key;

impl JsonSchema for Key {
    fn schema_name() -> Cow<'static, str> {
        "DiffusersKey".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": pattern() })
    }
}

/// The keys that went by.
#[derive(Default)]
struct Seen {
    written: Vec<String>,
    ignored: Vec<String>,
    defaulted: Vec<String>,
    unknown: Vec<String>,
}

/// A deserializer of one struct.
struct Outer<'a, D> {
    inner: D,
    seen: &'a RefCell<Seen>,
    writer: Writer,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Outer<'_, D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let Self { inner, seen, writer } = self;
        inner.deserialize_map(Filtered { visitor, fields, seen, writer })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The struct's own visitor, which sees its own keys alone.
struct Filtered<'a, V> {
    visitor: V,
    fields: &'static [&'static str],
    seen: &'a RefCell<Seen>,
    writer: Writer,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Filtered<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.visitor.expecting(formatter)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let Self { visitor, fields, seen, writer } = self;
        let value = visitor.visit_map(Filter { inner: map, fields, seen, writer })?;
        let unknown = std::mem::take(&mut seen.borrow_mut().unknown);
        if unknown.is_empty() {
            return Ok(value);
        }
        let told: Vec<String> = unknown.iter().map(|key| told(key, fields)).collect();
        // Inside the visitor, so that the mapping's place is told.
        Err(de::Error::custom(told.join("; ")))
    }
}

fn told(key: &str, fields: &[&'static str]) -> String {
    let key = key.escape_debug();
    match nearest_key(&key.to_string(), fields) {
        Some(near) => format!("unknown field `{key}`, did you mean `{near}`?"),
        None => format!("unknown field `{key}`: expected a key of a diffusers configuration"),
    }
}

struct Filter<'a, A> {
    inner: A,
    fields: &'static [&'static str],
    seen: &'a RefCell<Seen>,
    writer: Writer,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Filter<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.inner.next_key::<String>()? {
            let mut seen = self.seen.borrow_mut();
            if self.fields.contains(&key.as_str()) {
                seen.written.push(key.clone());
                let key: StringDeserializer<A::Error> = key.into_deserializer();
                return seed.deserialize(key).map(Some);
            }
            if key == DEFAULTED {
                seen.defaulted = self.inner.next_value::<Option<_>>()?.unwrap_or_default();
            } else {
                self.inner.next_value::<IgnoredAny>()?;
            }
            if COMMON.contains(&key.as_str()) {
                continue;
            }
            let known = self.writer == Writer::Program || is_known(&key);
            let list = if known { &mut seen.ignored } else { &mut seen.unknown };
            list.push(key);
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests;
