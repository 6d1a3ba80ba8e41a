//! From the text of a scenario file to typed values: keys that begin with `x-` are free at the top level, merge keys
//! (`<<`) are merged. What the keys mean is `file`'s matter.

use std::fmt;
use std::path::Path;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer,
    MapAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_yaml::Value;

use super::aliases::check_aliases;
use super::error::ProblemAt;
use super::merge::{MERGE, merge, place_of_merged};

/// Keys at the top level that begin with this are free: anchors stand there.
pub(super) const FREE: &str = "x-";

/// Parses YAML into a type; an error carries file, line and column.
pub(crate) fn from_yaml<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, ProblemAt> {
    let at = |error: serde_yaml::Error| ProblemAt::yaml(file, text, &error);
    check_aliases(text).map_err(at)?;
    if !text.contains(MERGE) {
        return typed(text).map_err(at);
    }
    let mut value: Value = match serde_yaml::from_str(text) {
        Ok(value) => value,
        // The error of the type says more, unless it stumbles over the merge key itself.
        Err(error) => {
            let of_type = typed::<T>(text).err();
            let of_type = of_type.filter(|error| !error.to_string().contains("`<<`"));
            return Err(at(of_type.unwrap_or(error)));
        }
    };
    match merge(&mut value) {
        Ok(false) => typed(text).map_err(at),
        Ok(true) => {
            let merged = serde_yaml::to_string(&value).map_err(at)?;
            typed(&merged).map_err(|error| {
                let place = place_of_merged(text, &merged, &error);
                ProblemAt { place, ..ProblemAt::yaml(file, text, &error) }
            })
        }
        Err(error) => {
            let place = place_of_merge(text);
            Err(ProblemAt { place, ..ProblemAt::yaml(file, text, &error) })
        }
    }
}

/// Where the first merge key stands.
fn place_of_merge(text: &str) -> Option<(usize, usize)> {
    let mut lines = (1..).zip(text.lines());
    lines.find_map(|(number, line)| Some((number, line.find(MERGE)? + 1)))
}

/// Parses a type from a text without merge keys.
fn typed<T: DeserializeOwned>(text: &str) -> Result<T, serde_yaml::Error> {
    T::deserialize(WithoutFree(serde_yaml::Deserializer::from_str(text)))
}

/// Leaves the free keys of the outermost mapping out.
struct WithoutFree<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for WithoutFree<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Outermost(visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Outermost<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Outermost<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(formatter)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(WithoutFree(map))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutFree<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        mut seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        loop {
            match self.0.next_key_seed(KeySeed(seed))? {
                Some(Key::Free(unused)) => {
                    self.0.next_value::<IgnoredAny>()?;
                    seed = unused;
                }
                Some(Key::Known(key)) => return Ok(Some(key)),
                None => return Ok(None),
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.0.next_value_seed(seed)
    }
}

/// A key, or the seed back where the key is free.
enum Key<K, T> {
    Free(K),
    Known(T),
}

/// Reads a key inside of the parser's visit, so that an error carries the key's own place.
struct KeySeed<K>(K);

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for KeySeed<K> {
    type Value = Key<K, K::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for KeySeed<K> {
    type Value = Key<K, K::Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        if key.starts_with(FREE) {
            return Ok(Key::Free(self.0));
        }
        let deserializer: StrDeserializer<'_, E> = key.into_deserializer();
        self.0.deserialize(deserializer).map(Key::Known)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde::Deserialize;

    use super::*;
    use crate::scenario::file::ScenarioFile;
    use crate::scenario::question::Question;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only parsed")]
    struct Params {
        a: u8,
        #[serde(default)]
        b: Vec<u8>,
    }

    fn question(text: &str) -> String {
        let file: ScenarioFile<Value> = from_yaml(Path::new("a.yaml"), text).unwrap();
        Question::new(&file).sha256()
    }

    fn error(text: &str) -> String {
        from_yaml::<ScenarioFile<Params>>(Path::new("a.yaml"), text).unwrap_err().to_string()
    }

    const PLAIN: &str =
        "version: 1\npipeline: p\nseed: 7\nsteps: 2\nparams: { a: 1, b: [2, { c: 3 }] }\n";

    /// Whatever is free, merged or repeated, the question is that of the file with everything written out. Also of this
    /// kind: a merge key beside an alias in one list, and free keys that merge free ones.
    #[rstest]
    #[case::free_keys(
        "x-a: 1\nx-: [{ y: 2 }]\nversion: 1\npipeline: p\nseed: 7\nsteps: 2\nx-b:\nparams: { a: 1, b: [2, { c: 3 }] }\n"
    )]
    #[case::alias(
        "x-c: &c { c: 3 }\nversion: 1\npipeline: p\nseed: 7\nsteps: 2\nparams: { a: 1, b: [2, *c] }\n"
    )]
    #[case::alias_of_a_field(
        "version: &one 1\npipeline: p\nseed: 7\nsteps: 2\nparams: { a: *one, b: [2, { c: 3 }] }\n"
    )]
    #[case::merge(
        "x-d: &d { a: 1, b: [] }\nversion: 1\npipeline: p\nseed: 7\nsteps: 2\nparams: { <<: *d, b: [2, { c: 3 }] }\n"
    )]
    #[case::merge_in_place(
        "version: 1\npipeline: p\nseed: 7\nsteps: 2\nparams:\n  <<: { a: 1 }\n  b: [2, { <<: { c: 3 } }]\n"
    )]
    #[case::merge_at_the_top(
        "x-d: &d { steps: 2, seed: 7 }\n<<: *d\nversion: 1\npipeline: p\nparams: { a: 1, b: [2, { c: 3 }] }\n"
    )]
    #[case::list_of_merges(
        "x-d: &d { a: 1 }\nx-e: &e { a: 9, b: [2, { c: 3 }] }\nversion: 1\npipeline: p\nseed: 7\nsteps: 2\nparams: { <<: [*d, *e] }\n"
    )]
    #[case::nested_merges(
        "x-d: &d { a: 1 }\nx-e: &e { <<: *d, b: [2, { c: 3 }] }\nversion: 1\npipeline: p\nseed: 7\nsteps: 2\nparams: { <<: *e }\n"
    )]
    #[case::no_merge_key(
        "version: 1\ndescription: a << b * c\npipeline: p\nseed: 7\nsteps: 2\nparams: { a: 1, b: [2, { c: 3 }] }\n"
    )]
    fn the_question_is_that_of_the_plain_file(#[case] text: &str) {
        assert_eq!(question(text), question(PLAIN));
    }

    const MERGED: &str =
        "version: 1\npipeline: p\nseed: 7\nsteps: 2\nparams:\n  <<: { b: [] }\n  a: 1\n";

    /// Without merge keys every error has the place of its value; with some, that of its key.
    #[rstest]
    #[case::free_key_above(
        "x-a: 1\nversion: 1\npipeline: p\nsede: 7\n",
        "a.yaml:4:1: unknown field `sede`"
    )]
    #[case::value_below_a_free_key(
        "x-a: &a 1\nversion: *a\npipeline: p\nseed: x\n",
        "a.yaml:4:7: "
    )]
    #[case::key_that_is_almost_free("x_a: 1\nversion: 1\n", "a.yaml:1:1: unknown field `x_a`")]
    #[case::free_key_below(
        "version: 1\nparams: { x-a: 1 }\n",
        "a.yaml:2:11: params: unknown field `x-a`"
    )]
    #[case::merged_value(&MERGED.replace("a: 1", "a: no"), "a.yaml:7:3: params.a: invalid type")]
    #[case::merged_key(&MERGED.replace("b: []", "c: 1"), "a.yaml:6:9: params: unknown field `c`")]
    #[case::value_beside(&MERGED.replace("steps: 2", "steps: -2"), "a.yaml:4:1: steps: invalid number of steps -2")]
    #[case::left_out(&MERGED.replace("pipeline: p\n", ""), ": missing field `pipeline`")]
    #[case::seed_beyond_every_number(&MERGED.replace("seed: 7", "seed: 99999999999999999999"), "a.yaml:3:7: seed: the seed")]
    #[case::not_a_mapping(&MERGED.replace("{ b: [] }", "1"), "a.yaml:6:3: expected a mapping or list of mappings for merging")]
    #[case::key_twice(&MERGED.replace("seed: 7", "seed: 7\nseed: 8"), "a.yaml:4:1: duplicate field `seed`")]
    #[case::merge_key_twice(&MERGED.replace("a: 1", "a: 1\n  <<: { b: [] }"), "duplicate entry with key \"<<\"")]
    #[case::broken(&MERGED.replace("a: 1", "a: 'one"), "a.yaml:8:1: ")]
    fn an_error_has_a_place(#[case] text: &str, #[case] said: &str) {
        let error = error(text);
        assert!(error.contains(said), "{error}");
    }

    /// What a file with aliases may repeat: a long list a few times, but not as often as the file is long. Also of this
    /// kind: ten lists of each other, below a free key, below parameters, and in merged mappings.
    #[rstest]
    #[case::few("[1, 2, 3]", "*a, *a", true)]
    #[case::long_list(&format!("[{}1]", "1, ".repeat(20_000)), &format!("{}*a", "*a, ".repeat(1_000)), false)]
    #[case::lists_of_lists(
        "[&b [&c [&d [1, 1, 1, 1, 1, 1, 1, 1], *d, *d, *d, *d, *d], *c, *c, *c, *c, *c, *c], *b, *b, *b, *b, *b, *b]",
        &format!("{}*a", "*a, ".repeat(200)),
        false
    )]
    #[case::itself("[*a]", "*a", false)]
    fn aliases_repeat_a_limited_number_of_values(
        #[case] anchor: &str,
        #[case] aliases: &str,
        #[case] fits: bool,
    ) {
        let head = "version: 1\npipeline: p\nseed: 7\nsteps: 2\n";
        let free = format!("x-a: &a {anchor}\nx-b: [{aliases}]\n{head}params: {{}}\n");
        let params = format!("{head}params: {{ a: &a {anchor}, b: [{aliases}] }}\n");
        let merged = format!("{head}params: {{ a: &a {anchor}, <<: {{ b: [{aliases}] }} }}\n");
        for text in [free, params, merged] {
            let parsed = from_yaml::<ScenarioFile<Value>>(Path::new("a.yaml"), &text);
            match parsed {
                Ok(_) => assert!(fits),
                Err(error) => assert!(!fits && error.to_string().starts_with("a.yaml"), "{error}"),
            }
        }
    }
}
