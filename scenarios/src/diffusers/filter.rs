//! Reads a struct from a mapping that holds other keys beside its own.
//!
//! serde would refuse every other key by itself, the first one alone, or swallow them all; its `flatten` would copy
//! the mapping, and errors in it would lose their line and column. Here a filter stands between the file and the
//! struct's own parser. What becomes of the other keys is [`Others`]' knowledge.

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

use super::keyed::Others;
use super::parts::Parts;

/// Reads the struct, and the other keys into `others`.
pub(super) fn read<'de, T: Deserialize<'de>, P: Parts, D: Deserializer<'de>>(
    file: D,
    others: &mut Others<P>,
) -> Result<T, D::Error> {
    T::deserialize(Filter { inner: file, own: &[], others })
}

/// A part of serde's way from a file to a struct: in turn the deserializer, the struct's visitor, and the mapping.
struct Filter<'a, I, P> {
    inner: I,
    own: &'static [&'static str],
    others: &'a mut Others<P>,
}

impl<'de, D: Deserializer<'de>, P: Parts> Deserializer<'de> for Filter<'_, D, P> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        own: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_map(Filter { inner: visitor, own, others: self.others })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>, P: Parts> Visitor<'de> for Filter<'_, V, P> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.expecting(formatter)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let Self { inner, own, others } = self;
        let value = inner.visit_map(Filter { inner: map, own, others: &mut *others })?;
        // Inside the visitor, so that the mapping's place is told.
        others.end(own).map_err(A::Error::custom)?;
        Ok(value)
    }
}

impl<'de, A: MapAccess<'de>, P: Parts> MapAccess<'de> for Filter<'_, A, P> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let mut seed = Some(seed);
        loop {
            let key = KeySeed { seed: &mut seed, own: self.own, others: self.others };
            match self.inner.next_key_seed(key)? {
                Some(Ok(own)) => return Ok(Some(own)),
                Some(Err(other)) => self.others.take(other, &mut self.inner)?,
                None => return Ok(None),
            }
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}

/// Reads a key: one of the struct's own as its seed does, or another as it is.
struct KeySeed<'a, K, P> {
    seed: &'a mut Option<K>,
    own: &'static [&'static str],
    others: &'a Others<P>,
}

impl<'de, K: DeserializeSeed<'de>, P: Parts> DeserializeSeed<'de> for KeySeed<'_, K, P> {
    type Value = Result<K::Value, String>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>, P: Parts> Visitor<'de> for KeySeed<'_, K, P> {
    type Value = Result<K::Value, String>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Self::Value, E> {
        match self.seed.take_if(|_| self.own.contains(&key)) {
            Some(seed) => seed.deserialize(StrDeserializer::<E>::new(key)).map(Ok),
            // Inside the visitor, so that the key's place is told.
            None => self.others.check(key, self.own).map_err(E::custom).map(|()| Err(key.into())),
        }
    }
}
