//! Keys of several structs in one mapping, such as those of all samplers in one `scheduler_config.json`.
//!
//! Each value is read by the type that its struct gives the key, where it stands, so that a wrong one is told with
//! its line and column. It is then kept as JSON until one of the structs is made of those keys that are its own.

use std::fmt::Debug;
use std::slice;

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess};
use serde_json::{Map, Value};

/// A struct of keys that may all be left out: `#[serde(default)]`.
pub trait Keys:
    Serialize
    + DeserializeOwned
    + JsonSchema
    + Default
    + Debug
    + Clone
    + PartialEq
    + Send
    + Sync
    + 'static
{
}

/// The keys of a struct, of the two of a pair, or none. A key that both of a pair have is read by the first's type, and
/// what that has read has to be readable by the second's.
pub trait Parts: 'static {
    /// Every key with its default.
    fn defaults() -> Map<String, Value>;

    /// Reads the value of one of the keys.
    ///
    /// # Errors
    /// A value that its type does not take.
    fn read<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Value, A::Error>;

    /// The schema of every key.
    fn properties(generator: &mut SchemaGenerator) -> Map<String, Value>;
}

impl<T: Keys> Parts for T {
    fn defaults() -> Map<String, Value> {
        values(&T::default())
    }

    fn read<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Value, A::Error> {
        let entry = MapAccessDeserializer::new(Entry { key: Some(key), map });
        let value = values(&T::deserialize(entry)?).remove(key).unwrap_or_default();
        // JSON has neither NaN nor infinity, and has made null of them.
        let list = value.as_array().map_or(slice::from_ref(&value), Vec::as_slice);
        let read = Map::from_iter([(key.to_owned(), value.clone())]);
        if list.contains(&Value::Null) && over(&T::default(), &read).is_err() {
            return Err(A::Error::custom(format_args!("`{key}` has to be a finite number")));
        }
        Ok(value)
    }

    fn properties(generator: &mut SchemaGenerator) -> Map<String, Value> {
        match T::json_schema(generator).remove("properties") {
            Some(Value::Object(properties)) => properties,
            _ => Map::new(),
        }
    }
}

impl Parts for () {
    fn defaults() -> Map<String, Value> {
        Map::new()
    }

    fn read<'de, A: MapAccess<'de>>(_key: &str, map: &mut A) -> Result<Value, A::Error> {
        map.next_value()
    }

    fn properties(_generator: &mut SchemaGenerator) -> Map<String, Value> {
        Map::new()
    }
}

impl<T: Parts, U: Parts> Parts for (T, U) {
    fn defaults() -> Map<String, Value> {
        U::defaults().into_iter().chain(T::defaults()).collect()
    }

    fn read<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Value, A::Error> {
        if T::defaults().contains_key(key) { T::read(key, map) } else { U::read(key, map) }
    }

    fn properties(generator: &mut SchemaGenerator) -> Map<String, Value> {
        U::properties(generator).into_iter().chain(T::properties(generator)).collect()
    }
}

/// A mapping of one entry: a key that has been read, and the value that comes next.
struct Entry<'a, A> {
    key: Option<&'a str>,
    map: &'a mut A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entry<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.key.take().map(|key| seed.deserialize(StrDeserializer::new(key))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// The values of a struct by their keys.
///
/// # Panics
/// If the struct holds something else than plain values.
pub(crate) fn values<T: Serialize>(keys: &T) -> Map<String, Value> {
    match serde_json::to_value(keys) {
        Ok(Value::Object(values)) => values,
        other => unreachable!("keys and plain values, not {other:?}"),
    }
}

/// The struct with those of its keys that were written.
///
/// # Errors
/// A value that the struct's type does not take.
pub(crate) fn over<T: Keys>(defaults: &T, written: &Map<String, Value>) -> serde_json::Result<T> {
    if written.is_empty() {
        return Ok(defaults.clone());
    }
    let written = |(key, default)| {
        let value = written.get(&key).cloned().unwrap_or(default);
        (key, value)
    };
    serde_json::from_value(values(defaults).into_iter().map(written).collect())
}
