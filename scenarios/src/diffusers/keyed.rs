//! Mappings that hold the keys of a struct and those of [`Parts`] beside them: `Keyed`, a configuration that may have
//! been written for another class, and `Joined`, where any other key is a mistake.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::keys::{is_known, nearest_key, pattern};
use super::parts::{Keys, Parts, over, values};
use super::{FileError, filter, read_json};

/// Names the keys whose values are not the writer's: the class's defaults are taken in place of them.
const DEFAULTED: &str = "_use_default_values";

/// What every saved file has, and nobody asks about.
const COMMON: [&str; 2] = ["_diffusers_version", "_name_or_path"];

/// A configuration, and how it was written.
///
/// As a part of a scenario, which a person wrote, a key that no class of diffusers has is refused; in a file that a
/// program wrote, see [`read`](Self::read), it is one more without effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyed<T, P = ()> {
    /// The struct.
    pub config: T,
    /// The keys of `P` that were written.
    pub written: Map<String, Value>,
    /// The other keys, which have no effect, sorted.
    pub ignored: Vec<String>,
    /// The keys of `P` that `_use_default_values` leaves to the default.
    pub defaulted: Vec<String>,
    parts: PhantomData<fn() -> P>,
}

impl<T: Default, P> Default for Keyed<T, P> {
    fn default() -> Self {
        let [ignored, defaulted] = Default::default();
        Self { config: T::default(), written: Map::new(), ignored, defaulted, parts: PhantomData }
    }
}

impl<T: DeserializeOwned + Serialize + Default, P: Parts> Keyed<T, P> {
    /// Reads a file that a program wrote.
    ///
    /// # Errors
    /// A file that cannot be read, or one of its own keys with a value it cannot have.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        read_json(path, |text| {
            let mut file = serde_json::Deserializer::from_str(text);
            let keyed = Self::parse(&mut file, Beside::OfAProgram)?;
            file.end().map(|()| keyed)
        })
    }

    fn parse<'de, D: Deserializer<'de>>(file: D, beside: Beside) -> Result<Self, D::Error> {
        let mut others = Others::<P>::new(beside);
        let mut config: T = filter::read(file, &mut others)?;
        let Others { mut written, mut ignored, mut defaulted, parts, .. } = others;
        ignored.sort();
        if !defaulted.is_empty() {
            let default =
                values(&T::default()).into_iter().filter(|(key, _)| defaulted.contains(key));
            let kept = values(&config).into_iter().chain(default).collect();
            config = serde_json::from_value(kept).map_err(D::Error::custom)?;
        }
        defaulted.retain(|key| written.remove(key).is_some());
        Ok(Self { config, written, ignored, defaulted, parts })
    }
}

impl<'de, T: DeserializeOwned + Serialize + Default, P: Parts> Deserialize<'de> for Keyed<T, P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(deserializer, Beside::OfAPerson)
    }
}

/// A struct, and keys of `P` in the same mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined<T, P> {
    /// The struct.
    pub own: T,
    /// The keys of `P` that were written.
    pub written: Map<String, Value>,
    parts: PhantomData<fn() -> P>,
}

impl<T: Default, P> Default for Joined<T, P> {
    fn default() -> Self {
        Self { own: T::default(), written: Map::new(), parts: PhantomData }
    }
}

impl<T, P> Joined<T, P> {
    /// A struct of `P`: its defaults, with those of its keys that were written.
    ///
    /// # Errors
    /// A value that the struct's type does not take.
    pub fn part<K: Keys>(&self) -> serde_json::Result<K> {
        over(&K::default(), &self.written)
    }
}

impl<'de, T: Deserialize<'de>, P: Parts> Deserialize<'de> for Joined<T, P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut others = Others::<P>::new(Beside::Nothing);
        let own = filter::read(deserializer, &mut others)?;
        Ok(Self { own, written: others.written, parts: PhantomData })
    }
}

/// Keys as sentences name them. What they hold comes from outside, so that control characters are escaped.
pub(crate) fn listed<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) -> String {
    let quoted = |key: K| format!("`{}`", key.as_ref().escape_debug());
    keys.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// What else may stand in the mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    /// Keys of other classes.
    OfAPerson,
    /// Any key.
    OfAProgram,
}

/// The keys beside the struct's own, as they go by.
pub(super) struct Others<P> {
    beside: Beside,
    /// The keys of `P`, with their defaults.
    known: Map<String, Value>,
    written: Map<String, Value>,
    ignored: Vec<String>,
    defaulted: Vec<String>,
    unknown: Vec<String>,
    parts: PhantomData<fn() -> P>,
}

impl<P: Parts> Others<P> {
    fn new(beside: Beside) -> Self {
        let (known, written) = (P::defaults(), Map::new());
        let [ignored, defaulted, unknown] = Default::default();
        Self { beside, known, written, ignored, defaulted, unknown, parts: PhantomData }
    }

    /// Refuses a key where it stands.
    pub(super) fn check(&self, key: &str, own: &[&str]) -> Result<(), String> {
        if self.beside != Beside::Nothing || self.known.contains_key(key) {
            return Ok(());
        }
        let keys = listed(own.iter().copied().chain(self.known.keys().map(String::as_str)));
        Err(format!("unknown field `{}`, expected one of {keys}", key.escape_debug()))
    }

    /// Reads the value of a key.
    pub(super) fn take<'de, A: MapAccess<'de>>(
        &mut self,
        key: String,
        map: &mut A,
    ) -> Result<(), A::Error> {
        if self.known.contains_key(&key) {
            if self.written.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
            let value = P::read(&key, map)?;
            self.written.insert(key, value);
            return Ok(());
        }
        if key == DEFAULTED {
            self.defaulted = map.next_value::<Option<_>>()?.unwrap_or_default();
        } else {
            map.next_value::<IgnoredAny>()?;
        }
        if !COMMON.contains(&key.as_str()) {
            let known = self.beside == Beside::OfAProgram || is_known(&key);
            let list = if known { &mut self.ignored } else { &mut self.unknown };
            list.push(key);
        }
        Ok(())
    }

    /// Refuses keys that nobody knows, all together.
    pub(super) fn end(&self, own: &[&str]) -> Result<(), String> {
        let own: Vec<&str> =
            own.iter().copied().chain(self.known.keys().map(String::as_str)).collect();
        let told: Vec<String> = self.unknown.iter().map(|key| told(key, &own)).collect();
        if told.is_empty() { Ok(()) } else { Err(told.join("; ")) }
    }
}

fn told(key: &str, own: &[&str]) -> String {
    let key = key.escape_debug();
    match nearest_key(&key.to_string(), own) {
        Some(near) => format!("unknown field `{key}`, did you mean `{near}`?"),
        None => format!("unknown field `{key}`: expected a key of a diffusers configuration"),
    }
}

impl<T: JsonSchema, P: Parts> JsonSchema for Joined<T, P> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        // A struct without keys of its own has no list of them.
        let none = || Value::Object(Map::new());
        let properties = schema.ensure_object().entry("properties").or_insert_with(none);
        if let Value::Object(properties) = properties {
            properties.extend(P::properties(generator));
        }
        schema
    }
}

/// The schema of the configuration, with the keys of every class beside its own.
impl<T: JsonSchema, P: Parts> JsonSchema for Keyed<T, P> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Joined::<T, P>::json_schema(generator);
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

#[cfg(test)]
mod tests;
